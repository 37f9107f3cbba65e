package dev.espalier.djl;

/**
 * Adam with decoupled weight decay, as Hugging Face's scripts have it: epsilon is added before the
 * bias correction, which matters for scores, whose gradients are tiny (Loshchilov and Hutter,
 * "Decoupled Weight Decay Regularization", 2019; reference implementation of movement pruning).
 *
 * <p>{@code m = β₁m + (1−β₁)g}, {@code v = β₂v + (1−β₂)g²}, {@code p −= lr·√(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v
 * + ε)}, then {@code p −= lr·decay·p}.
 */
final class AdamW {
  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.999;

  private final float[] mean;
  private final float[] variance;

  /** State for {@code size} parameters, all zero. */
  AdamW(int size) {
    this.mean = new float[size];
    this.variance = new float[size];
  }

  /** The running mean of the gradients, live. */
  float[] mean() {
    return mean;
  }

  /** The running mean of the squared gradients, live. */
  float[] variance() {
    return variance;
  }

  /**
   * What one step has in common for all parameters of a group.
   *
   * @param stepSize lr·√(1−β₂ᵗ)/(1−β₁ᵗ)
   * @param decay lr·weight decay
   * @param epsilon added to √v
   */
  record Step(float stepSize, float decay, float epsilon) {
    /** The values for optimizer step {@code number}, counted from 1. */
    static Step of(long number, double learningRate, double weightDecay, double epsilon) {
      double count = (double) number;
      double correction = Math.sqrt(1 - Math.pow(BETA_2, count)) / (1 - Math.pow(BETA_1, count));
      return new Step(
          (float) (learningRate * correction),
          (float) (learningRate * weightDecay),
          (float) epsilon);
    }
  }

  /**
   * Moves {@code values} along {@code scale · gradient}. One simple loop, so that it vectorizes.
   */
  void update(float[] values, float[] gradient, float scale, Step step) {
    float[] m = mean;
    float[] v = variance;
    float rate = step.stepSize();
    float epsilon = step.epsilon();
    float keep = 1 - step.decay();
    float beta1 = (float) BETA_1;
    float beta2 = (float) BETA_2;
    for (int i = 0; i < values.length; i++) {
      float g = gradient[i] * scale;
      float mi = beta1 * m[i] + (1 - beta1) * g;
      float vi = beta2 * v[i] + (1 - beta2) * g * g;
      m[i] = mi;
      v[i] = vi;
      values[i] = (values[i] - rate * mi / ((float) Math.sqrt(vi) + epsilon)) * keep;
    }
  }
}
