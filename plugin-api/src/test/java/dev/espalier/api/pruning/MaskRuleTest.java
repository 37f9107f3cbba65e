package dev.espalier.api.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link MaskRule.Threshold}, as {@link TopShare#selectAbove} applies it. */
final class MaskRuleTest {
  private static final double NO_FLOOR = 0;
  private static final TopShare SELECTION = new TopShare();

  /** By hand: σ(S) > τ ⇔ S > ln(τ/(1−τ)), and ln(0.1/0.9) = −2.19722, ln(0.9/0.1) = 2.19722. */
  @ParameterizedTest(name = "threshold {0}, score {1}: {2}")
  @CsvSource({
    "0.1, -2.1973, 0",
    "0.1, -2.1972, 1",
    "0.5,  0,      0", // σ(0) = 0.5 does not exceed 0.5
    "0.5, -0.0,    0",
    "0.5,  1e-30,  1",
    "0.9,  2.1972, 0",
    "0.9,  2.1973, 1",
    "0,   -1e30,   1",
    "0,    0,      1",
    "1,    0,      0",
    "1,    1e30,   0",
  })
  void keepsWhatExceedsTheThreshold(double threshold, float score, float kept) {
    assertThat(mask(NO_FLOOR, threshold, score)).containsExactly(kept);
  }

  @Test
  void agreesWithTheLogisticFunction() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 10_000; i++) {
      double threshold = random.nextDouble();
      float score = (float) (3 * random.nextGaussian());
      double open = 1 / (1 + Math.exp(-score));
      if (Math.abs(open - threshold) > 1e-12) {
        assertThat(mask(NO_FLOOR, threshold, score))
            .as("threshold %s, score %s, seed %d", threshold, score, seed)
            .containsExactly(open > threshold ? 1f : 0f);
      }
    }
  }

  @Test
  void keepsFewerAsTheThresholdRises() {
    float[] scores = {-3, -2, -1, 0, 1, 2, 3};
    // σ: 0.047, 0.119, 0.269, 0.5, 0.731, 0.881, 0.953
    assertThat(mask(NO_FLOOR, 0.1, scores)).containsExactly(0, 1, 1, 1, 1, 1, 1);
    assertThat(mask(NO_FLOOR, 0.3, scores)).containsExactly(0, 0, 0, 1, 1, 1, 1);
    assertThat(mask(NO_FLOOR, 0.9, scores)).containsExactly(0, 0, 0, 0, 0, 0, 1);
  }

  @ParameterizedTest(name = "{0} of {1}: {2}")
  @CsvSource({
    "0.005,    1,    1",
    "0.005,  199,    1", // ⌊0.995⌋ + 1
    "0.005,  200,    2", // ⌊1⌋ + 1
    "0.005, 1000,    6",
    "0.5,    100,   51",
    "1,      100,  100", // not 101
    "0,      100,    0",
  })
  void keepsTheFloorThoughNoneExceedsTheThreshold(double floor, int size, int kept) {
    float[] tied = new float[size];
    Arrays.fill(tied, -5f);
    float[] expected = new float[size];
    Arrays.fill(expected, 0, kept, 1f);
    for (double threshold : new double[] {0.1, 1}) {
      assertThat(mask(floor, threshold, tied)).isEqualTo(expected);
    }
  }

  /** By hand: ⌊0.5·4⌋ + 1 = 3. */
  @Test
  void fillsTheFloorWithTheHighest() {
    assertThat(mask(0.5, 0.5, -1f, 5f, -3f, -2f)).containsExactly(1, 1, 0, 1);
  }

  @Test
  void hasNoFloorWhereEnoughExceedTheThreshold() {
    assertThat(mask(0.5, 0.5, 1f, 5f, 3f, -2f)).containsExactly(1, 1, 1, 0);
    assertThat(mask(0.5, 0.5, 1f, 5f, 3f, 2f)).containsExactly(1, 1, 1, 1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.005, 1})
  void refusesNaN(double floor) {
    assertThatThrownBy(() -> mask(floor, 0.1, 1f, Float.NaN, 2f))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the importance of element 1 is NaN");
  }

  @ParameterizedTest(name = "{0} to {1}, floor {2}")
  @CsvSource({
    "-0.1, 0.1, 0", "1.1, 0.1, 0", "NaN, 0.1, 0",
    "0, -0.1, 0", "0, 1.1, 0", "0, NaN, 0",
    "0, 0.1, -0.1", "0, 0.1, 1.1", "0, 0.1, NaN",
  })
  void refusesWhatIsNoShare(double initial, double last, double floor) {
    assertThatThrownBy(() -> new MaskRule.Threshold(initial, last, floor))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "thresholds and floor must lie in [0, 1], found %s, %s and %s", initial, last, floor);
  }

  private static float[] mask(double floor, double threshold, float... scores) {
    float[] before = scores.clone();
    float[] mask = new float[scores.length];
    Arrays.fill(mask, Float.NaN);
    SELECTION.selectAbove(scores, threshold, floor, mask);
    assertThat(scores).isEqualTo(before);
    return mask;
  }
}
