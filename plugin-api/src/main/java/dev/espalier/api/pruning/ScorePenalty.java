package dev.espalier.api.pruning;

/**
 * A price on keeping: {@code λ · mean over matrices of (mean over the matrix of σ(S − shift))}, so
 * that a large matrix counts as much as a small one.
 *
 * <p>With shift 0 this is the penalty of soft movement pruning; with {@link #HARD_CONCRETE_SHIFT}
 * it is the expected share of open hard-concrete gates (Louizos, Welling and Kingma, "Learning
 * Sparse Neural Networks through L0 Regularization", 2018, section 2.2, equation 12). Means in
 * place of the papers' sums are the reference implementation's.
 *
 * @param finalLambda λ at the end of the schedule, at least 0; before, λ follows the threshold
 * @param shift what is taken off each score
 */
public record ScorePenalty(double finalLambda, double shift) {
  /** {@code b·ln(−l/r)} with b = 2/3, l = −0.1, r = 1.1: −1.5986. */
  public static final double HARD_CONCRETE_SHIFT = 2.0 / 3 * Math.log(0.1 / 1.1);

  /** Checks the range. */
  public ScorePenalty {
    if (!(finalLambda >= 0 && Double.isFinite(finalLambda) && Double.isFinite(shift))) {
      throw new IllegalArgumentException(
          "lambda must be at least 0 and finite, found " + finalLambda + " with shift " + shift);
    }
  }

  /** The mean of {@code σ(S − shift)} over one matrix, in [0, 1]. */
  public double value(float[] scores) {
    double sum = 0;
    for (float score : scores) {
      sum += 1 / (1 + Math.exp(shift - score));
    }
    return sum / scores.length;
  }

  /**
   * Adds {@code factor · σ'(S − shift)} to a gradient. For the penalty's gradient the factor is
   * {@code λ / (K·n)}, with K matrices of which this one has n scores.
   *
   * @param scores S
   * @param factor what σ' is multiplied by
   * @param gradient ∂L/∂S, to be added to
   */
  public void addGradient(float[] scores, double factor, float[] gradient) {
    float scale = (float) factor;
    float offset = (float) shift;
    for (int i = 0; i < gradient.length; i++) {
      float open = FastMath.sigmoid(scores[i] - offset);
      gradient[i] += scale * open * (1 - open);
    }
  }
}
