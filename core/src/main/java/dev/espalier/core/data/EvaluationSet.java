package dev.espalier.core.data;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.api.metric.AnswerDecoder;
import dev.espalier.api.metric.AnswerMetric;
import dev.espalier.api.metric.AnsweredQuestion;
import dev.espalier.api.metric.ClassificationMetric;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.metric.RegressionMetric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A set that a model is judged on.
 *
 * @param suffix what is put behind the name of each metric that is measured on it; empty for a
 *     task's first set
 * @param set the tokenized examples
 * @param decoder makes answers of spans; null for other heads
 */
public record EvaluationSet(String suffix, EncodedSet set, @Nullable AnswerDecoder decoder) {
  /** Checks that spans can be decoded. */
  public EvaluationSet {
    if (set.head() instanceof Head.Spans && decoder == null) {
      throw new IllegalArgumentException("spans need a decoder: " + set.source());
    }
  }

  /** A task's only set, of classes or values. */
  public EvaluationSet(EncodedSet set) {
    this("", set, null);
  }

  /** Whether {@code metric} is of the kind that goes with {@code head}. */
  public static boolean fits(Metric metric, Head head) {
    if (head instanceof Head.Classification) {
      return metric instanceof ClassificationMetric classes && classes.fits(head.outputs());
    }
    return head instanceof Head.Regression
        ? metric instanceof RegressionMetric
        : metric instanceof AnswerMetric;
  }

  /** The first examples only. */
  public EvaluationSet first(int count) {
    List<EncodedExample> all = set.examples();
    return new EvaluationSet(
        suffix, set.with(all.subList(0, Math.min(count, all.size()))), decoder);
  }

  /**
   * Computes metrics.
   *
   * @param outputs what the model says, one matrix for each output of the head: [examples, classes]
   *     or [examples, 1], or two of [examples, tokens], which may be of different lengths
   * @param metrics of the kind that goes with the head
   * @return the value of each metric by its name with the suffix, in the order of {@code metrics}
   */
  public Map<String, Double> score(List<float[][]> outputs, List<Metric> metrics) {
    Map<String, Double> values = new LinkedHashMap<>();
    @Nullable List<AnsweredQuestion> answers =
        decoder == null ? null : decoder.decode(outputs.get(0), outputs.get(1));
    for (Metric metric : metrics) {
      values.put(metric.name() + suffix, value(metric, outputs.get(0), answers));
    }
    return values;
  }

  private double value(Metric metric, float[][] first, @Nullable List<AnsweredQuestion> answers) {
    if (metric instanceof ClassificationMetric classes) {
      return classes.compute(
          first, set.examples().stream().mapToInt(EncodedExample::label).toArray());
    }
    if (metric instanceof RegressionMetric regression) {
      double[] predicted = new double[first.length];
      for (int i = 0; i < first.length; i++) {
        predicted[i] = first[i][0];
      }
      return regression.compute(
          predicted,
          set.examples().stream()
              .mapToDouble(each -> ((Target.Value) each.target()).value())
              .toArray());
    }
    if (metric instanceof AnswerMetric answer && answers != null) {
      return answer.compute(answers);
    }
    throw new IllegalArgumentException(metric.name() + " does not go with " + set.head());
  }
}
