package dev.espalier.tasks.metric;

import dev.espalier.api.metric.ClassificationMetric;

/**
 * The harmonic mean of precision and recall of the second of two classes: GLUE's second metric for
 * MRPC and QQP. Not defined when that class is neither there nor answered.
 */
public final class F1 implements ClassificationMetric {
  private static final int POSITIVE = 1;

  /** For {@link java.util.ServiceLoader}. */
  public F1() {}

  @Override
  public String name() {
    return "f1";
  }

  @Override
  public boolean higherIsBetter() {
    return true;
  }

  @Override
  public boolean fits(int classes) {
    return classes == 2;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException when there is no example, or not one label per row
   */
  @Override
  public double compute(float[][] logits, int[] labels) {
    int[] answers = Answers.of(name(), logits, labels);
    int hits = 0;
    int either = 0;
    for (int i = 0; i < labels.length; i++) {
      hits += answers[i] == POSITIVE && labels[i] == POSITIVE ? 1 : 0;
      either += (answers[i] == POSITIVE ? 1 : 0) + (labels[i] == POSITIVE ? 1 : 0);
    }
    return 2.0 * hits / either; // NaN for 0/0
  }
}
