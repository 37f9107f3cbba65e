package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.espalier.api.pruning.PrunableParameter;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.djl.TrainedParameter.Masking;
import dev.espalier.pruners.MovementPruner;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * One step on a 2 x 2 matrix, worked out by hand. The loss is Σ cᵢ·w'ᵢ, so that G = c whatever the
 * weights are.
 */
class FusedStepTest {
  private static final float[] C = {-3f, 4f, 12f, 0f};
  private static final float[] W = {1f, -2f, 0.5f, 4f};

  private final Pruner movement = new MovementPruner();
  private NDManager manager;
  private NDArray leaf;
  private Masking masking;
  private TrainedParameter parameter;
  private FusedStep step;

  @BeforeEach
  void oneMaskedMatrix() {
    manager = Torch.newManager();
    leaf = NativeArrays.create(manager, new Shape(2, 2), DataType.FLOAT32, W);
    masking = new Masking(new PrunableParameter("w", 2, 2), movement, 1);
    parameter = new TrainedParameter("w", leaf, W.clone(), masking);
    step = new FusedStep(List.of(parameter), movement, 1);
  }

  @AfterEach
  void free() {
    step.close();
    manager.close();
  }

  @Test
  @DisplayName("the norm is over masked weight gradients and straight-through score gradients")
  void norm() {
    masking.mask[2] = 0;
    backward();
    // G⊙M = (−3, 4, 0, 0): 25. G⊙W = (−3, −8, 6, 0): 109.
    assertThat(step.takeGradients()).isCloseTo(Math.sqrt(25 + 109), within(1e-6));
  }

  @Test
  @DisplayName("negative gradients count and are clipped like positive ones")
  void clipsBothSigns() {
    backward();
    step.takeGradients();
    // With Adam's first step, v = (1−β₂)g² and m = (1−β₁)g: the move is lr·√(1−β₂)/(1−β₁) ·
    // 0.1·g/(√0.001·|g| + ε) = lr·sign(g) up to ε, whatever the clipping.
    step.update(1 / 13f, rates(0.1, 0), 1);
    assertThat(parameter.weights[0]).isCloseTo(1.1f, within(1e-5f));
    assertThat(parameter.weights[1]).isCloseTo(-2.1f, within(1e-5f));
    assertThat(parameter.weights[2]).isCloseTo(0.4f, within(1e-5f));
    assertThat(parameter.weights[3]).isEqualTo(4f);
  }

  @Test
  @DisplayName("scores move against G⊙W, also those of masked weights; the mask follows the scores")
  void movementMask() {
    masking.mask[1] = 0;
    backward();
    step.takeGradients();
    // S moves by −lr·sign(G⊙W) = (+, +, −, 0)·0.01: half of the elements keeps 0 and 1.
    step.update(1, rates(0, 0.01), 0.5);
    assertThat(masking.scores)
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(0.01f, 0.01f, -0.01f, 0f);
    assertThat(masking.mask).containsExactly(1f, 1f, 0f, 0f);
    assertThat(leaf.toFloatArray()).containsExactly(1f, -2f, 0f, 0f);
    assertThat(parameter.weights).as("W itself is kept").containsExactly(W);
  }

  @Test
  @DisplayName("a masked weight that moves by momentum stays zero in the forward pass")
  void maskHolds() {
    backward();
    step.takeGradients();
    step.update(1, rates(0.1, 0.01), 0.5);
    backward();
    step.takeGradients();
    step.update(1, rates(0.1, 0.01), 0.5);
    assertThat(masking.mask[2]).isZero();
    assertThat(parameter.weights[2]).as("momentum moves it on").isLessThan(0.4f);
    assertThat(leaf.toFloatArray()[2]).as("but nobody sees it").isZero();
  }

  @Test
  @DisplayName("taking gradients clears them for the next backward pass")
  void clearsGradients() {
    backward();
    step.takeGradients();
    backward();
    step.takeGradients();
    assertThat(parameter.gradient).containsExactly(C);
  }

  private void backward() {
    try (NDManager arrays = manager.newSubManager();
        GradientCollector collector = Torch.engine().newGradientCollector()) {
      NDArray c = NativeArrays.create(arrays, new Shape(2, 2), DataType.FLOAT32, C);
      collector.backward(c.mul(leaf).sum());
    }
  }

  private static FusedStep.Rates rates(double weights, double scores) {
    AdamW.Step plain = AdamW.Step.of(1, weights, 0, 1e-8);
    return new FusedStep.Rates(plain, plain, AdamW.Step.of(1, scores, 0, 1e-8));
  }
}
