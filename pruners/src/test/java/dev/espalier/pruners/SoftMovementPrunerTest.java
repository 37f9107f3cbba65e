package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.ScorePenalty;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.testkit.PrunerContract;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SoftMovementPrunerTest extends PrunerContract {
  SoftMovementPrunerTest() {
    super("soft_movement");
  }

  @Test
  void isTheReferencesRecipeByDefault() {
    ScorePruner pruner = create(Map.of());
    assertThat(pruner.maskRule()).isEqualTo(new MaskRule.Threshold(0, 0.1, 0.005));
    assertThat(pruner.penalty()).contains(new ScorePenalty(400, 0));

    float[] scores = {1, 1};
    pruner.initializeScores(Created.STEP, Created.NO_WEIGHTS, scores);
    assertThat(scores).containsOnly(0f);
  }

  @Test
  void isWhatItIsToldToBe() {
    ScorePruner pruner =
        create(
            Map.of(
                "initial_threshold", 0.05,
                "final_threshold", 0.5,
                "floor", 0,
                "final_lambda", 25,
                "score_scale", 2));
    assertThat(pruner.maskRule()).isEqualTo(new MaskRule.Threshold(0.05, 0.5, 0));
    assertThat(pruner.penalty()).contains(new ScorePenalty(25, 0));

    float[] scores = {0, 0};
    pruner.initializeScores(Created.STEP, Created.NO_WEIGHTS, scores);
    assertThat(scores).containsOnly(2f);
  }

  /** By hand: σ(S) > 0.1 ⇔ S > −ln 9 = −2.1972; in the beginning all are kept. */
  @Test
  void keepsWhatExceedsTheThreshold() {
    MaskRule.Threshold rule = (MaskRule.Threshold) create(Map.of()).maskRule();
    float[] scores = {
      0f, -2.2f, //
      -2.19f, -3f
    };
    float[] mask = new float[4];
    new TopShare().selectAbove(scores, rule.last(), rule.floor(), mask);
    assertThat(mask)
        .containsExactly(
            1f, 0f, //
            1f, 0f);
    new TopShare().selectAbove(scores, rule.initial(), rule.floor(), mask);
    assertThat(mask).containsOnly(1f);
  }

  /** By hand: ∂L/∂M as it comes. With σ' it would be a quarter at S = 0. */
  @Test
  void scoreGradientIsStraightThrough() {
    float[] maskGradient = {1f, -6f, 0f, -1f};
    float[] gradient = new float[4];
    create(Map.of())
        .scoreGradient(
            Created.STEP,
            maskGradient,
            new float[] {0f, 0f, 5f, -5f},
            new float[] {1f, 1f, 1f, 0f},
            gradient);
    assertThat(gradient).containsExactly(1f, -6f, 0f, -1f);
  }

  /** By hand: the mean of σ at 0, ln 3 and −ln 3 is (½ + ¾ + ¼) / 3. */
  @Test
  void punishesHighScores() {
    float ln3 = (float) Math.log(3);
    ScorePenalty penalty = create(Map.of()).penalty().orElseThrow();
    assertThat(penalty.value(new float[] {0, ln3, -ln3})).isCloseTo(0.5, within(1e-7));
  }

  private static ScorePruner create(Map<String, ?> given) {
    return Created.by(new SoftMovementPruner.Provider(), ScorePruner.class, given);
  }
}
