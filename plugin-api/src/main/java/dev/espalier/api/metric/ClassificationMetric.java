package dev.espalier.api.metric;

/** A metric of answers that are classes. */
public non-sealed interface ClassificationMetric extends Metric {
  /** Whether the metric is defined for that many classes. */
  default boolean fits(int classes) {
    return true;
  }

  /**
   * Computes the metric over a whole set.
   *
   * @param logits one row per example, one column per class
   * @param labels the true class of each example
   * @return the value; NaN where it is not defined
   */
  double compute(float[][] logits, int[] labels);
}
