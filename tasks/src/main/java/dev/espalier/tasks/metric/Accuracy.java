package dev.espalier.tasks.metric;

import dev.espalier.api.metric.ClassificationMetric;

/**
 * The share of examples whose highest logit is the true class: GLUE's metric for SST-2.
 *
 * <p>Of equal logits the lowest class index is the answer, as with NumPy's argmax. An example
 * without a finite answer, all logits NaN, counts as wrong.
 */
public final class Accuracy implements ClassificationMetric {
  /** For {@link java.util.ServiceLoader}. */
  public Accuracy() {}

  @Override
  public String name() {
    return "accuracy";
  }

  @Override
  public boolean higherIsBetter() {
    return true;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException when there is no example, or not one label per row
   */
  @Override
  public double compute(float[][] logits, int[] labels) {
    if (logits.length == 0 || logits.length != labels.length) {
      throw new IllegalArgumentException(
          "accuracy needs one label per row of logits, found "
              + labels.length
              + " labels and "
              + logits.length
              + " rows");
    }
    int correct = 0;
    for (int i = 0; i < labels.length; i++) {
      if (argmax(logits[i]) == labels[i]) {
        correct++;
      }
    }
    return (double) correct / labels.length;
  }

  /** The index of the largest value, −1 when there is none. */
  private static int argmax(float[] values) {
    int best = -1;
    for (int i = 0; i < values.length; i++) {
      if (!Float.isNaN(values[i]) && (best < 0 || values[i] > values[best])) {
        best = i;
      }
    }
    return best;
  }
}
