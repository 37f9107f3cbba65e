package dev.espalier.api.metric;

import java.util.List;

/** A metric of answers that are stretches of a text. */
public non-sealed interface AnswerMetric extends Metric {
  /**
   * Computes the metric over a whole set.
   *
   * @param questions every question of the set, with what the model answered
   * @return the value; NaN where it is not defined
   */
  double compute(List<AnsweredQuestion> questions);
}
