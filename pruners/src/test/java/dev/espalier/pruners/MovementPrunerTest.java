package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.testkit.PrunerContract;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MovementPrunerTest extends PrunerContract {
  private final ScorePruner pruner = new MovementPruner();

  MovementPrunerTest() {
    super("movement");
  }

  @Test
  void startsFromZero() {
    float[] scores = {1, 1, 1, 1};
    pruner.initializeScores(Created.STEP, Created.NO_WEIGHTS, scores);
    assertThat(scores).containsOnly(0f);

    float[] byDefault = {1, 1, 1, 1};
    Created.by(new MovementPruner.Provider(), ScorePruner.class, Map.of())
        .initializeScores(Created.STEP, Created.NO_WEIGHTS, byDefault);
    assertThat(byDefault).containsOnly(0f);
  }

  @Test
  void startsWhereItIsTold() {
    float[] scores = new float[4];
    Created.by(new MovementPruner.Provider(), ScorePruner.class, Map.of("score_scale", 0.5))
        .initializeScores(Created.STEP, Created.NO_WEIGHTS, scores);
    assertThat(scores).containsOnly(0.5f);
  }

  /** By hand: the scores as they are, sign and all, so −3 ranks last and not first. */
  @Test
  void ranksScoresWithTheirSign() {
    assertThat(pruner.maskRule()).isEqualTo(MaskRule.SHARE);
    assertThat(mask(2, -3f, 0.5f, 2f, -1f)).containsExactly(0f, 1f, 1f, 0f);
  }

  /** By hand: G ⊙ W as it comes; neither the scores nor the mask have a part in it. */
  @Test
  void scoreGradientIsStraightThrough() {
    float[] maskGradient = times(new float[] {0.5f, -2f, 0f, 4f}, new float[] {2f, 3f, 7f, -0.25f});
    float[] scores = {1f, -1f, 100f, -100f};
    float[] mask = {1f, 0f, 1f, 0f};

    float[] gradient = new float[4];
    pruner.scoreGradient(Created.STEP, maskGradient, scores, mask, gradient);

    assertThat(gradient).containsExactly(1f, -6f, 0f, -1f);
  }

  @Test
  void hasNoPenalty() {
    assertThat(pruner.penalty()).isEmpty();
  }

  /**
   * By hand, one step of gradient descent with rate 1 on scores of zero, S = −G ⊙ W:
   *
   * <table>
   *   <caption>The four cases of figure 1 in the paper</caption>
   *   <tr><th>W</th><th>G</th><th>descent moves W</th><th>S</th></tr>
   *   <tr><td>+1</td><td>−0.5</td><td>up, away from zero</td><td>+0.5, kept</td></tr>
   *   <tr><td>+1</td><td>+0.5</td><td>down, towards zero</td><td>−0.5</td></tr>
   *   <tr><td>−2</td><td>+0.5</td><td>down, away from zero</td><td>+1, kept</td></tr>
   *   <tr><td>−2</td><td>−0.5</td><td>up, towards zero</td><td>−1</td></tr>
   * </table>
   */
  @Test
  void keepsWhatMovesAwayFromZero() {
    float[] weights = {1f, 1f, -2f, -2f};
    float[] effectiveGradient = {-0.5f, 0.5f, 0.5f, -0.5f};

    float[] scores = new float[4];
    float[] gradient = new float[4];
    pruner.scoreGradient(
        Created.STEP, times(effectiveGradient, weights), scores, new float[4], gradient);
    for (int i = 0; i < scores.length; i++) {
      scores[i] -= gradient[i];
    }
    assertThat(scores).containsExactly(0.5f, -0.5f, 1f, -1f);
    assertThat(mask(2, scores)).containsExactly(1f, 0f, 1f, 0f);
  }

  private static float[] mask(int keep, float... scores) {
    float[] mask = new float[scores.length];
    new TopShare().select(scores, keep, mask);
    return mask;
  }

  private static float[] times(float[] gradient, float[] weights) {
    float[] product = new float[weights.length];
    for (int i = 0; i < product.length; i++) {
      product[i] = gradient[i] * weights[i];
    }
    return product;
  }
}
