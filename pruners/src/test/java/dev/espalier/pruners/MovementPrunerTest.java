package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.pruning.PrunableParameter;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.testkit.PrunerContract;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MovementPrunerTest extends PrunerContract {
  MovementPrunerTest() {
    super("movement");
  }

  @Test
  void startsFromZero() {
    float[] scores = new float[4];
    new MovementPruner()
        .initializeScores(new PrunableParameter("any", 2, 2), scores, new Random(1));
    assertThat(scores).containsOnly(0f);
  }

  /** By hand: the scores as they are, sign and all, so −3 ranks last and not first. */
  @Test
  void ranksScoresWithTheirSign() {
    float[] weights = {9f, 9f, 0f, 0f};
    float[] scores = {-3f, 0.5f, 2f, -1f};

    float[] mask = new float[4];
    new TopShare().select(new MovementPruner().importance(weights, scores, new float[4]), 2, mask);

    assertThat(mask).containsExactly(0f, 1f, 1f, 0f);
  }

  /** By hand: the products of the elements; the scores themselves have no part in it. */
  @Test
  void scoreGradientIsGradientTimesWeight() {
    float[] effectiveGradient = {0.5f, -2f, 0f, 4f};
    float[] weights = {2f, 3f, 7f, -0.25f};
    float[] scores = {1f, -1f, 100f, -100f};

    float[] gradient = new float[4];
    new MovementPruner().scoreGradient(effectiveGradient, weights, scores, gradient);

    assertThat(gradient).containsExactly(1f, -6f, 0f, -1f);
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
    Pruner pruner = new MovementPruner();

    float[] scores = new float[4];
    float[] gradient = new float[4];
    pruner.scoreGradient(effectiveGradient, weights, scores, gradient);
    for (int i = 0; i < scores.length; i++) {
      scores[i] -= gradient[i];
    }
    assertThat(scores).containsExactly(0.5f, -0.5f, 1f, -1f);

    float[] mask = new float[4];
    new TopShare().select(pruner.importance(weights, scores, new float[4]), 2, mask);
    assertThat(mask).containsExactly(1f, 0f, 1f, 0f);
  }

  @Test
  void learnsScores() {
    assertThat(new MovementPruner().learnsScores()).isTrue();
  }
}
