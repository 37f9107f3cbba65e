package dev.espalier.api.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ScorePenaltyTest {
  private static final ScorePenalty SOFT_MOVEMENT = new ScorePenalty(400, 0);
  private static final ScorePenalty L0 = new ScorePenalty(125, ScorePenalty.HARD_CONCRETE_SHIFT);

  /**
   * By hand: σ(0) = ½ and σ(±ln 3) = ¾, ¼. The hard concrete's shift is (2/3)·ln(1/11), so σ(0 −
   * shift) = x/(1 + x) with x = 11^(2/3) = 4.9461; and at 2.197 = ln 9 it is σ(3.7956).
   */
  @Test
  void isTheMeanOfTheLogisticFunction() {
    float ln3 = (float) Math.log(3);
    assertThat(SOFT_MOVEMENT.value(new float[] {0})).isEqualTo(0.5);
    assertThat(SOFT_MOVEMENT.value(new float[] {ln3})).isCloseTo(0.75, within(1e-7));
    assertThat(SOFT_MOVEMENT.value(new float[] {ln3, -ln3, ln3, ln3}))
        .isCloseTo(0.625, within(1e-7));

    assertThat(ScorePenalty.HARD_CONCRETE_SHIFT).isCloseTo(-1.5986, within(5e-5));
    assertThat(L0.value(new float[] {0})).isCloseTo(4.9461 / 5.9461, within(1e-5));
    assertThat(L0.value(new float[] {-1.5986f})).isCloseTo(0.5, within(1e-5));
    assertThat(L0.value(new float[] {2.197f})).isCloseTo(0.978, within(5e-4));
  }

  /** By hand: σ'(0) = ¼, and λ/(K·n) of BERT-base's 72 matrices, for one of 768 x 768. */
  @Test
  void hasTheGradientOfTheReference() {
    float[] gradient = {0};
    SOFT_MOVEMENT.addGradient(new float[] {0}, 400.0 / (72 * 768 * 768), gradient);
    assertThat(gradient[0]).isCloseTo(2.35e-6f, within(1e-8f));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1.5986, 2})
  void hasTheGradientOfItsValue(double shift) {
    ScorePenalty penalty = new ScorePenalty(1, shift);
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    float[] scores = new float[50];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) (4 * random.nextGaussian());
    }
    float[] gradient = new float[scores.length];

    penalty.addGradient(scores, 1.0, gradient); // n times that of the mean

    float step = 1f / 256;
    for (int i = 0; i < scores.length; i++) {
      float score = scores[i];
      scores[i] = score + step;
      double above = penalty.value(scores);
      double up = scores[i];
      scores[i] = score - step;
      double below = penalty.value(scores);
      double expected = scores.length * (above - below) / (up - scores[i]);
      scores[i] = score;
      assertThat((double) gradient[i])
          .as("score %s, shift %s, seed %d", score, shift, seed)
          .isCloseTo(expected, within(1e-5));
    }
  }

  @Test
  void addsToTheGradientThatIsThere() {
    float[] gradient = {1, -1};
    SOFT_MOVEMENT.addGradient(new float[] {0, 0}, 4, gradient); // 4·σ'(0) = 1
    assertThat(gradient).containsExactly(2f, 0f);
  }

  @Test
  void isFlatFarFromTheShift() {
    float[] gradient = {0, 0};
    SOFT_MOVEMENT.addGradient(new float[] {1_000, -1_000}, 1, gradient);
    assertThat(gradient[0]).isBetween(0f, 1e-9f);
    assertThat(gradient[1]).isBetween(0f, 1e-9f);
  }

  @Test
  void letsNaNThrough() {
    float[] gradient = {0};
    SOFT_MOVEMENT.addGradient(new float[] {Float.NaN}, 1, gradient);
    assertThat(gradient[0]).isNaN();
    assertThat(SOFT_MOVEMENT.value(new float[] {Float.NaN})).isNaN();
  }

  @ParameterizedTest(name = "lambda {0}, shift {1}")
  @CsvSource({"-1, 0", "NaN, 0", "Infinity, 0", "1, NaN", "1, Infinity"})
  void refusesWhatIsNoPenalty(double lambda, double shift) {
    assertThatThrownBy(() -> new ScorePenalty(lambda, shift))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("lambda must be at least 0 and finite, found %s with shift %s", lambda, shift);
  }
}
