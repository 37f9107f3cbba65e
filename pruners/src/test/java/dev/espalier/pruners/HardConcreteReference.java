package dev.espalier.pruners;

/**
 * The hard concrete distribution in double precision, word for word after Louizos, Welling and
 * Kingma (2018), equations 10 to 12, and the evaluation of Sanh et al.'s reference.
 */
final class HardConcreteReference {
  private static final double L = -0.1;
  private static final double R = 1.1;
  private static final double B = 2.0 / 3;

  private HardConcreteReference() {}

  /** What is clamped to [0, 1] for M while training, for one u. */
  static double stretched(double score, double u) {
    return concrete(score, u) * (R - L) + L;
  }

  /** ∂M/∂S while training, for one u. */
  static double slope(double score, double u) {
    double s = concrete(score, u);
    double stretched = stretched(score, u);
    return stretched < 0 || stretched > 1 ? 0 : (R - L) / B * s * (1 - s);
  }

  /** M for good. */
  static double decide(double score) {
    return clamp(sigmoid(score) * (R - L) + L, 0, 1);
  }

  /** P(M > 0). */
  static double open(double score) {
    return sigmoid(score - B * Math.log(-L / R));
  }

  private static double concrete(double score, double uniform) {
    double u = clamp(uniform, 1e-4, 0.9999);
    return sigmoid((Math.log(u) - Math.log(1 - u) + score) / B);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  static double clamp(double x, double least, double most) {
    return Math.min(most, Math.max(least, x));
  }
}
