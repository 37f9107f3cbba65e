package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.pruning.TopShare;
import dev.espalier.testkit.PrunerContract;
import org.junit.jupiter.api.Test;

final class MagnitudePrunerTest extends PrunerContract {
  MagnitudePrunerTest() {
    super("magnitude");
  }

  /** By hand: |W| of each element, then the three largest, which are 2.5, 2 and 1. */
  @Test
  void keepsTheLargestAbsoluteValues() {
    float[] weights = {
      0.5f, -2f, 0f, //
      1f, -0.25f, 2.5f
    };

    float[] importance = new float[6];
    new MagnitudePruner().importance(Created.STEP, weights, importance);
    assertThat(importance).containsExactly(0.5f, 2f, 0f, 1f, 0.25f, 2.5f);

    assertThat(mask(3, weights))
        .containsExactly(
            0f, 1f, 0f, //
            1f, 0f, 1f);
  }

  /** By hand: four weights of magnitude 1 compete for two places; the first two win. */
  @Test
  void breaksTiesOfOppositeSignByIndex() {
    assertThat(mask(2, -1f, 0.5f, 1f, -1f, 1f, 0f)).containsExactly(1f, 0f, 1f, 0f, 0f, 0f);
  }

  private static float[] mask(int keep, float... weights) {
    float[] importance = new float[weights.length];
    new MagnitudePruner().importance(Created.STEP, weights, importance);
    float[] mask = new float[weights.length];
    new TopShare().select(importance, keep, mask);
    return mask;
  }
}
