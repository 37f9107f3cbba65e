package dev.espalier.tasks.metric;

import dev.espalier.api.metric.ClassificationMetric;

/**
 * The share of examples whose highest logit is the true class: GLUE's metric for most tasks.
 *
 * <p>Of equal logits the lowest class index is the answer. An example without a finite answer, all
 * logits NaN, counts as wrong.
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
    int[] answers = Answers.of(name(), logits, labels);
    int correct = 0;
    for (int i = 0; i < labels.length; i++) {
      if (answers[i] == labels[i]) {
        correct++;
      }
    }
    return (double) correct / labels.length;
  }
}
