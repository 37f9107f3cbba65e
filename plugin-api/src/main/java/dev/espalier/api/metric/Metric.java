package dev.espalier.api.metric;

/**
 * A number that says how good a model's answers are. Implementations are found by {@link
 * java.util.ServiceLoader}, are of one of the three kinds, and keep no state. Two metrics of
 * different kinds may have the same name.
 *
 * <p>Shares are between 0 and 1, not percentages. A value that is not defined on a set, such as a
 * correlation with a constant, is NaN; nothing is judged by it.
 */
public sealed interface Metric permits ClassificationMetric, RegressionMetric, AnswerMetric {
  /** How configurations and results name it: snake_case. */
  String name();

  /** Whether a larger value is a better one. */
  boolean higherIsBetter();
}
