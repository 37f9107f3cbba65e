package dev.espalier.api.metric;

/** A metric of answers that are numbers. */
public non-sealed interface RegressionMetric extends Metric {
  /**
   * Computes the metric over a whole set.
   *
   * @param predicted the model's number for each example
   * @param expected the true one
   * @return the value; NaN where it is not defined
   */
  double compute(double[] predicted, double[] expected);
}
