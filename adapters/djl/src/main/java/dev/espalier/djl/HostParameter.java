package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import dev.espalier.core.model.Tensor;
import org.jspecify.annotations.Nullable;

/** One trained parameter: its true values, gradient, mask and optimizer state. */
final class HostParameter {
  /** Values of a piece that stays in the first cache, with its mask and its weights. */
  static final int PIECE = 2048;

  final String name;
  final float[] weights;
  final float[] gradient;
  final AdamW optimizer;
  final boolean decays;

  private final float @Nullable [] mask;
  private final NativeView engine;

  /**
   * Makes {@code leaf} an autograd leaf.
   *
   * @param weights W; owned from now on
   * @param pruned whether it has a mask
   */
  HostParameter(String name, NDArray leaf, float[] weights, boolean pruned) {
    this.name = name;
    this.engine = new NativeView(leaf);
    this.weights = weights;
    this.gradient = new float[weights.length];
    this.optimizer = new AdamW(weights.length);
    this.decays = engine.shape().length > 1;
    this.mask = pruned ? new float[weights.length] : null;
  }

  /** Takes over what the backward pass left, and clears it for the next one. */
  void takeGradient() {
    engine.takeGradient(gradient);
  }

  /** Lets the forward pass see the weights as they are. */
  void publish() {
    engine.publish(0, weights, weights.length);
  }

  /**
   * Lets the forward pass see M ⊙ W, piece by piece, so that a piece is copied while it is in the
   * cache.
   *
   * @param piece {@value #PIECE} values to overwrite
   */
  void publishMasked(float[] piece) {
    float[] values = mask();
    for (int from = 0; from < weights.length; from += PIECE) {
      int size = Math.min(PIECE, weights.length - from);
      for (int i = 0; i < size; i++) {
        piece[i] = weights[from + i] * values[from + i] + 0f;
      }
      engine.publish(from, piece, size);
    }
  }

  /**
   * Masks the gradient.
   *
   * @return its squared norm afterwards, as {@link HostEngine#sumOfSquares} has it
   */
  double maskGradient() {
    float[] g = gradient;
    float[] m = mask();
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < g.length; i += 4) {
      float p = g[i] * m[i] + 0f;
      float q = g[i + 1] * m[i + 1] + 0f;
      float r = g[i + 2] * m[i + 2] + 0f;
      float s = g[i + 3] * m[i + 3] + 0f;
      g[i] = p;
      g[i + 1] = q;
      g[i + 2] = r;
      g[i + 3] = s;
      a += (double) p * p;
      b += (double) q * q;
      c += (double) r * r;
      d += (double) s * s;
    }
    for (; i < g.length; i++) {
      float p = g[i] * m[i] + 0f;
      g[i] = p;
      a += (double) p * p;
    }
    return a + b + c + d;
  }

  /** Whether the parameter is pruned. */
  boolean isPruned() {
    return mask != null;
  }

  /**
   * M, one value per weight; the arrays' owner fills it.
   *
   * @throws IllegalStateException when the parameter is not pruned
   */
  float[] mask() {
    if (mask == null) {
      throw new IllegalStateException(name + " is not pruned");
    }
    return mask;
  }

  /** A copy of W' = M ⊙ W, or of W itself when the parameter is not pruned. */
  Tensor effective() {
    float[] values = weights.clone();
    if (mask != null) {
      multiply(values, mask, values);
    }
    return new Tensor(engine.shape(), values);
  }

  /** {@code out = a ⊙ b}, without negative zeros: what is masked is zero in every bit. */
  static void multiply(float[] a, float[] b, float[] out) {
    for (int i = 0; i < b.length; i++) {
      out[i] = a[i] * b[i] + 0f;
    }
  }
}
