package dev.espalier.api.metric;

/**
 * A number that says how good a classifier's answers are. Implementations are found by {@link
 * java.util.ServiceLoader} and keep no state.
 */
public interface Metric {
  /** How configurations and results name it: snake_case. */
  String name();

  /** Whether a larger value is a better one. */
  boolean higherIsBetter();

  /**
   * Computes the metric over a whole set.
   *
   * @param logits one row per example, one column per class
   * @param labels the true class of each example
   * @return the value, as a share and not as a percentage where it is one
   */
  double compute(float[][] logits, int[] labels);
}
