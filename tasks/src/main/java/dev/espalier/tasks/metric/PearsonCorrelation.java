package dev.espalier.tasks.metric;

import dev.espalier.api.metric.RegressionMetric;

/**
 * Pearson's correlation of predicted and true values, from −1 to 1: GLUE's metric for STS-B. Not
 * defined, and NaN, when one of them is constant.
 */
public final class PearsonCorrelation implements RegressionMetric {
  /** For {@link java.util.ServiceLoader}. */
  public PearsonCorrelation() {}

  @Override
  public String name() {
    return "pearson";
  }

  @Override
  public boolean higherIsBetter() {
    return true;
  }

  @Override
  public double compute(double[] predicted, double[] expected) {
    return correlation(predicted, expected);
  }

  /**
   * The correlation of two series.
   *
   * @throws IllegalArgumentException when they are empty or of different lengths
   */
  static double correlation(double[] x, double[] y) {
    if (x.length == 0 || x.length != y.length) {
      throw new IllegalArgumentException(
          "a correlation needs two series of a length, found " + x.length + " and " + y.length);
    }
    if (isConstant(x) || isConstant(y)) {
      return Double.NaN;
    }
    double meanX = mean(x);
    double meanY = mean(y);
    double products = 0;
    double squaresX = 0;
    double squaresY = 0;
    for (int i = 0; i < x.length; i++) {
      products += (x[i] - meanX) * (y[i] - meanY);
      squaresX += (x[i] - meanX) * (x[i] - meanX);
      squaresY += (y[i] - meanY) * (y[i] - meanY);
    }
    // rounding may leave a perfect correlation above 1
    double correlation = products / (Math.sqrt(squaresX) * Math.sqrt(squaresY));
    return Math.max(-1, Math.min(1, correlation));
  }

  /** Compared and not computed: a mean is rounded, and a constant would seem to vary. */
  private static boolean isConstant(double[] values) {
    for (double value : values) {
      if (value != values[0]) {
        return false;
      }
    }
    return true;
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }
}
