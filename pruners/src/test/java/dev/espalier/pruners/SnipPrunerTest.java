package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.testkit.PrunerContract;
import org.junit.jupiter.api.Test;

final class SnipPrunerTest extends PrunerContract {
  SnipPrunerTest() {
    super("snip");
  }

  /** By hand: |G·W|; what was before has no part in it. */
  @Test
  void scoresByTheLastSensitivity() {
    float[] scores = {9f, 9f, 9f, 9f};
    new SnipPruner()
        .update(
            Created.STEP,
            new float[] {0.5f, -2f, 0f, -0.25f},
            new float[] {0f, 1.5f, 7f, -4f},
            new float[][] {scores});
    assertThat(scores).containsExactly(0f, 3f, 0f, 1f);
  }

  /**
   * By hand, where the loss is a quadratic and the first order is exact up to the curvature: L(m) =
   * ½(2m − 1)², one weight of 2, target 1, at m = 1. G = 2 − 1 = 1, so |G·W| = 2 = |∂L/∂m|.
   */
  @Test
  void isTheLosssSensitivityToTheMask() {
    float[] score = {0};
    new SnipPruner().update(Created.STEP, new float[] {1}, new float[] {2}, new float[][] {score});

    double step = 1e-4;
    double slope = (loss(1 + step) - loss(1 - step)) / (2 * step);
    assertThat((double) score[0]).isCloseTo(Math.abs(slope), within(1e-6));
  }

  private static double loss(double mask) {
    double error = 2 * mask - 1;
    return error * error / 2;
  }
}
