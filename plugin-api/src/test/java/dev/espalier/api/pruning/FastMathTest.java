package dev.espalier.api.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Against the math library in double precision, on a grid of 1/4096. */
final class FastMathTest {
  private static final float STEP = 1f / 4096;

  @Test
  void expIsAsExactAsItSays() {
    assertThat(largestRelativeError(15)).isLessThan(3e-5);
    assertThat(largestRelativeError(30)).isLessThan(2e-3);
  }

  private static double largestRelativeError(float limit) {
    double worst = 0;
    for (float x = -limit; x <= limit; x += STEP) {
      worst = Math.max(worst, Math.abs(FastMath.exp(x) / Math.exp(x) - 1));
    }
    return worst;
  }

  @Test
  void sigmoidIsAsExactAsItSays() {
    double worst = 0;
    for (float x = -40; x <= 40; x += STEP) {
      worst = Math.max(worst, Math.abs(FastMath.sigmoid(x) - 1 / (1 + Math.exp(-x))));
    }
    assertThat(worst).as("largest absolute error").isLessThan(4e-6);
  }

  @Test
  void isExactAtZero() {
    assertThat(FastMath.exp(0f)).isEqualTo(1f);
    assertThat(FastMath.exp(-0f)).isEqualTo(1f);
    assertThat(FastMath.sigmoid(0f)).isEqualTo(0.5f);
  }

  @Test
  void staysWithinItsLimits() {
    assertThat(FastMath.exp(31f)).isEqualTo(FastMath.exp(30f)).isFinite();
    assertThat(FastMath.exp(Float.POSITIVE_INFINITY)).isEqualTo(FastMath.exp(30f));
    assertThat(FastMath.exp(-31f)).isEqualTo(FastMath.exp(-30f)).isPositive();
    assertThat(FastMath.exp(Float.NEGATIVE_INFINITY)).isEqualTo(FastMath.exp(-30f));
    for (float x : new float[] {-1e30f, -30, 30, 1e30f}) {
      assertThat(FastMath.sigmoid(x)).isBetween(0f, 1f);
    }
  }

  @Test
  void letsNaNThrough() {
    assertThat(FastMath.exp(Float.NaN)).isNaN();
    assertThat(FastMath.sigmoid(Float.NaN)).isNaN();
  }

  @Test
  void expRises() {
    for (float x = -15; x < 15; x += STEP) {
      assertThat(FastMath.exp(x + STEP)).as("exp(%s)", x + STEP).isGreaterThan(FastMath.exp(x));
    }
  }
}
