package dev.espalier.core.data;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.api.metric.AnswerDecoder;
import dev.espalier.api.metric.AnswerMetric;
import dev.espalier.api.metric.AnsweredQuestion;
import dev.espalier.api.metric.Metric;
import java.util.List;
import java.util.Objects;

/** What a metric says of predictions that are all right: whether it is defined on a set at all. */
public final class PerfectPredictor {
  private PerfectPredictor() {}

  /**
   * The score of a predictor that always answers what is expected.
   *
   * @param metric one that {@link EvaluationSet#fits} the set's head
   * @return NaN or infinite when the metric is undefined on the set
   */
  public static double score(EvaluationSet evaluation, Metric metric) {
    EncodedSet set = evaluation.set();
    if (set.head() instanceof Head.Spans) {
      return ((AnswerMetric) metric).compute(answers(evaluation));
    }
    int outputs = set.head().outputs();
    float[][] rows =
        set.examples().stream().map(each -> output(each.target(), outputs)).toArray(float[][]::new);
    return evaluation.score(List.<float[][]>of(rows), List.of(metric)).values().iterator().next();
  }

  private static float[] output(Target target, int outputs) {
    float[] row = new float[outputs];
    if (target instanceof Target.Label label) {
      row[label.index()] = 1;
    } else if (target instanceof Target.Value value) {
      row[0] = (float) value.value();
    }
    return row;
  }

  /** The decoder says which questions there are; what it answers is replaced. */
  private static List<AnsweredQuestion> answers(EvaluationSet evaluation) {
    AnswerDecoder decoder = Objects.requireNonNull(evaluation.decoder());
    float[][] flat =
        evaluation.set().examples().stream()
            .mapToInt(EncodedExample::length)
            .mapToObj(float[]::new)
            .toArray(float[][]::new);
    return decoder.decode(flat, flat).stream().map(PerfectPredictor::answered).toList();
  }

  private static AnsweredQuestion answered(AnsweredQuestion question) {
    List<String> accepted = question.accepted();
    return accepted.isEmpty()
        ? new AnsweredQuestion(question.id(), "", null, Double.POSITIVE_INFINITY, accepted)
        : new AnsweredQuestion(
            question.id(), accepted.get(0), accepted.get(0), Double.NEGATIVE_INFINITY, accepted);
  }
}
