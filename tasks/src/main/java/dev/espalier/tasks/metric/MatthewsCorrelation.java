package dev.espalier.tasks.metric;

import dev.espalier.api.metric.ClassificationMetric;

/**
 * Matthews' correlation of true and answered classes, from −1 to 1: GLUE's metric for CoLA. For
 * more than two classes it is Gorodkin's R<sub>K</sub> (2004), which is the same for two.
 *
 * <p>Not defined, and NaN, when only one class is there or only one is answered.
 */
public final class MatthewsCorrelation implements ClassificationMetric {
  /** For {@link java.util.ServiceLoader}. */
  public MatthewsCorrelation() {}

  @Override
  public String name() {
    return "mcc";
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
    // row 0 is for what has no answer
    long[] answered = new long[logits[0].length + 1];
    long[] there = new long[answered.length];
    long hits = 0;
    for (int i = 0; i < labels.length; i++) {
      answered[answers[i] + 1]++;
      there[labels[i] + 1]++;
      hits += answers[i] == labels[i] ? 1 : 0;
    }
    double all = labels.length;
    double both = 0;
    double squaresAnswered = 0;
    double squaresThere = 0;
    for (int k = 0; k < answered.length; k++) {
      both += (double) answered[k] * there[k];
      squaresAnswered += (double) answered[k] * answered[k];
      squaresThere += (double) there[k] * there[k];
    }
    double spread = (all * all - squaresAnswered) * (all * all - squaresThere);
    return spread == 0 ? Double.NaN : (hits * all - both) / Math.sqrt(spread);
  }
}
