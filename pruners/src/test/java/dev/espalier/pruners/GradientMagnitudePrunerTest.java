package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.testkit.PrunerContract;
import org.junit.jupiter.api.Test;

final class GradientMagnitudePrunerTest extends PrunerContract {
  GradientMagnitudePrunerTest() {
    super("gradient");
  }

  /** By hand: |G|; neither the weights nor what was before have a part in it. */
  @Test
  void scoresByTheLastGradient() {
    float[] scores = {9f, 9f, 9f, 9f};
    new GradientMagnitudePruner()
        .update(
            Created.STEP,
            new float[] {0.5f, -2f, 0f, -0.25f},
            new float[] {0f, 1f, 7f, -3f},
            new float[][] {scores});
    assertThat(scores).containsExactly(0.5f, 2f, 0f, 0.25f);
  }
}
