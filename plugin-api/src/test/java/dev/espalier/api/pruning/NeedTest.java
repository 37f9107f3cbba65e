package dev.espalier.api.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class NeedTest {
  @Test
  void followsFromTheKindAndTheRule() {
    assertThat(Need.of((WeightPruner) (step, weights, importance) -> {}))
        .containsExactly(Need.TARGET_SPARSITY);
    assertThat(Need.of((GradientPruner) (step, gradient, weights, statistics) -> {}))
        .containsExactly(Need.TARGET_SPARSITY, Need.GRADIENTS);
    assertThat(Need.of(new ScorePruner() {}))
        .containsExactly(Need.TARGET_SPARSITY, Need.LEARNED_SCORES);
    assertThat(Need.of((ConstantPruner) (step, weights, mask) -> {})).isEmpty();
    ScorePruner threshold =
        new ScorePruner() {
          @Override
          public MaskRule maskRule() {
            return new MaskRule.Threshold(0, 0.1, 0);
          }
        };
    assertThat(Need.of(threshold)).containsExactly(Need.LEARNED_SCORES);
  }
}
