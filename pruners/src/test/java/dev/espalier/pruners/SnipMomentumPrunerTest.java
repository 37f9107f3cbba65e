package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.testkit.PrunerContract;
import java.util.Map;
import org.assertj.core.api.AbstractFloatArrayAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SnipMomentumPrunerTest extends PrunerContract {
  SnipMomentumPrunerTest() {
    super("snip_momentum");
  }

  /** By hand: |W·G| is 6, then 2, then 4, so 6, 6m + 2, and (6m + 2)m + 4. */
  @ParameterizedTest(name = "momentum {0}: {1}, {2}, {3}")
  @CsvSource({
    "0,    6, 2,   4", // snip
    "0.5,  6, 5,   6.5",
    "0.9,  6, 7.4, 10.66",
    "1,    6, 8,   12", // the sum
  })
  void remembersTheSensitivity(double momentum, float first, float second, float third) {
    assertThatScoresOf(
            Created.by(
                new SnipMomentumPruner.Provider(),
                GradientPruner.class,
                Map.of("momentum", momentum)))
        .containsExactly(new float[] {first, second, third}, within(1e-5f));
  }

  @Test
  void hasAMomentumOfNineTenths() {
    assertThatScoresOf(
            Created.by(new SnipMomentumPruner.Provider(), GradientPruner.class, Map.of()))
        .containsExactly(new float[] {6f, 7.4f, 10.66f}, within(1e-5f));
  }

  private static AbstractFloatArrayAssert<?> assertThatScoresOf(GradientPruner pruner) {
    float[] score = {0};
    float[] scores = new float[3];
    float[][] steps = {{2, -3}, {-1, -2}, {8, 0.5f}};
    for (int i = 0; i < steps.length; i++) {
      pruner.update(
          Created.STEP,
          new float[] {steps[i][0]},
          new float[] {steps[i][1]},
          new float[][] {score});
      scores[i] = score[0];
    }
    return assertThat(scores);
  }
}
