package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.testkit.PrunerContract;
import org.junit.jupiter.api.Test;

final class MagnitudePrunerTest extends PrunerContract {
  MagnitudePrunerTest() {
    super("magnitude");
  }

  private static final float[] NO_SCORES = {};

  /** By hand: |W| of each element, then the three largest, which are 2.5, 2 and 1. */
  @Test
  void keepsTheLargestAbsoluteValues() {
    float[] weights = {
      0.5f, -2f, 0f, //
      1f, -0.25f, 2.5f
    };

    float[] importance = new MagnitudePruner().importance(weights, NO_SCORES, new float[6]);
    assertThat(importance).containsExactly(0.5f, 2f, 0f, 1f, 0.25f, 2.5f);

    float[] mask = new float[6];
    new TopShare().select(importance, 3, mask);
    assertThat(mask)
        .containsExactly(
            0f, 1f, 0f, //
            1f, 0f, 1f);
  }

  /** By hand: four weights of magnitude 1 compete for two places; the first two win. */
  @Test
  void breaksTiesOfOppositeSignByIndex() {
    float[] weights = {-1f, 0.5f, 1f, -1f, 1f, 0f};

    float[] mask = new float[6];
    new TopShare()
        .select(new MagnitudePruner().importance(weights, NO_SCORES, new float[6]), 2, mask);

    assertThat(mask).containsExactly(1f, 0f, 1f, 0f, 0f, 0f);
  }

  @Test
  void learnsNoScores() {
    Pruner pruner = new MagnitudePruner();
    assertThat(pruner.learnsScores()).isFalse();
  }
}
