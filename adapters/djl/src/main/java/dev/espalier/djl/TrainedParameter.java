package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import dev.espalier.api.pruning.PrunableParameter;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.tuner.port.Tensor;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One trained parameter: its true values, its optimizer state, and views of the native memory where
 * the engine reads its effective values and writes its gradient.
 */
final class TrainedParameter {
  final String name;
  final float[] weights;
  final float[] gradient;
  final AdamW optimizer;
  final boolean decays;
  final @Nullable Masking masking;

  private final NDArray leaf;
  private final FloatBuffer effective;
  private @Nullable FloatBuffer nativeGradient;

  /**
   * Makes {@code leaf} an autograd leaf.
   *
   * @param weights W; owned from now on
   * @param masking how it is pruned, or null
   */
  TrainedParameter(String name, NDArray leaf, float[] weights, @Nullable Masking masking) {
    this.name = name;
    this.leaf = leaf;
    this.weights = weights;
    this.gradient = new float[weights.length];
    this.optimizer = new AdamW(weights.length);
    this.decays = leaf.getShape().dimension() > 1;
    this.masking = masking;
    leaf.setRequiresGradient(true);
    this.effective = leaf.toByteBuffer(true).asFloatBuffer();
  }

  /**
   * Takes over what the backward pass left, and clears it for the next one. The gradient's memory
   * stays where the first backward pass put it, because later ones add to it in place.
   */
  void takeGradient() {
    if (nativeGradient == null) {
      nativeGradient = leaf.getGradient().toByteBuffer(true).asFloatBuffer();
    }
    nativeGradient.get(0, gradient);
    // Clears by copying zeros: the buffer has no fill of its own.
    for (int from = 0; from < gradient.length; from += ZEROS.length) {
      nativeGradient.put(from, ZEROS, 0, Math.min(ZEROS.length, gradient.length - from));
    }
  }

  /** Lets the engine see {@code values} as this parameter. */
  void publish(float[] values) {
    effective.put(0, values, 0, weights.length);
  }

  /** W' = M ⊙ W, or W itself when nothing is pruned. */
  float[] effectiveWeights() {
    float[] values = weights.clone();
    if (masking != null) {
      multiply(values, masking.mask, values);
    }
    return values;
  }

  /** {@code out = a ⊙ b}. */
  static void multiply(float[] a, float[] b, float[] out) {
    for (int i = 0; i < b.length; i++) {
      out[i] = a[i] * b[i];
    }
  }

  /** The shape with these values. */
  Tensor tensor(float[] values) {
    int[] shape = Arrays.stream(leaf.getShape().getShape()).mapToInt(Math::toIntExact).toArray();
    return new Tensor(shape, values);
  }

  private static final float[] ZEROS = new float[16_384];

  /** What a pruned matrix has beside its weights. */
  static final class Masking {
    final PrunableParameter parameter;
    final float[] mask;
    final float[] scores;
    final @Nullable AdamW scoreOptimizer;

    /** All elements kept, and the scores as the pruner initializes them. */
    Masking(PrunableParameter parameter, Pruner pruner, long seed) {
      this.parameter = parameter;
      this.mask = new float[parameter.size()];
      Arrays.fill(mask, 1f);
      if (pruner.learnsScores()) {
        this.scores = new float[parameter.size()];
        this.scoreOptimizer = new AdamW(parameter.size());
        pruner.initializeScores(
            parameter, scores, new SplittableRandom(seed ^ parameter.name().hashCode()));
      } else {
        this.scores = new float[0];
        this.scoreOptimizer = null;
      }
    }
  }
}
