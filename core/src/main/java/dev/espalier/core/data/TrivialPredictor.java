package dev.espalier.core.data;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.api.metric.AnswerDecoder;
import dev.espalier.api.metric.AnswerMetric;
import dev.espalier.api.metric.AnsweredQuestion;
import dev.espalier.api.metric.Metric;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * The best score that is reached without looking at the input. A model that does not beat it has
 * learned nothing, so keeping that score says nothing about pruning.
 *
 * <p>Everything is taken from the evaluation set, not from the training set, so that the score is
 * an upper bound for every predictor of its kind:
 *
 * <ul>
 *   <li>classification: always the commonest class; of two classes the one with the better score,
 *       because F1 counts one of them only
 *   <li>regression: always the mean
 *   <li>spans: the empty answer, or the first span that the decoder finds when all tokens are
 *       equally likely, whichever scores better
 * </ul>
 *
 * <p>A metric that is undefined for such a predictor, as every correlation is, counts as 0; one of
 * which less is better, as infinite.
 *
 * @param metric the metric's name with the set's suffix
 * @param higherIsBetter whether a larger score is better
 * @param predictor what is predicted, for messages: {@code always "positive"}, {@code the mean,
 *     2.5}, {@code no answer}
 * @param score what the metric says of it
 */
public record TrivialPredictor(
    String metric, boolean higherIsBetter, String predictor, double score) {

  /**
   * The best trivial predictor.
   *
   * @param metric one that {@link EvaluationSet#fits} the set's head
   */
  public static TrivialPredictor of(EvaluationSet evaluation, Metric metric) {
    EncodedSet set = evaluation.set();
    List<TrivialPredictor> candidates;
    if (set.head() instanceof Head.Classification classes) {
      candidates =
          constantClasses(set, classes)
              .mapToObj(
                  index ->
                      scored(
                          evaluation,
                          metric,
                          "always \"" + classes.labels().get(index) + "\"",
                          constant(set.size(), oneHot(classes.outputs(), index))))
              .toList();
    } else if (set.head() instanceof Head.Regression) {
      double mean = mean(set);
      candidates =
          List.of(
              scored(
                  evaluation,
                  metric,
                  "the mean, " + (float) mean,
                  constant(set.size(), new float[] {(float) mean})));
    } else {
      candidates = spans(evaluation, (AnswerMetric) metric);
    }
    Comparator<TrivialPredictor> byScore = Comparator.comparingDouble(TrivialPredictor::score);
    return candidates.stream()
        .reduce(
            (first, second) ->
                (metric.higherIsBetter() ? byScore : byScore.reversed()).compare(second, first) > 0
                    ? second
                    : first)
        .orElseThrow();
  }

  /** Whether a model with {@code other} is better than this; never for NaN. */
  public boolean isBeatenBy(double other) {
    return higherIsBetter ? other > score : other < score;
  }

  /** The classes that are tried, the commonest first, of equally common ones the first. */
  private static IntStream constantClasses(EncodedSet set, Head.Classification classes) {
    long[] counts = new long[classes.outputs()];
    set.examples().forEach(each -> counts[each.label()]++);
    return IntStream.range(0, counts.length)
        .boxed()
        .sorted(Comparator.comparingLong((Integer index) -> counts[index]).reversed())
        .mapToInt(Integer::intValue)
        .limit(counts.length == 2 ? 2 : 1);
  }

  private static float[] oneHot(int length, int index) {
    float[] logits = new float[length];
    logits[index] = 1;
    return logits;
  }

  private static double mean(EncodedSet set) {
    return set.examples().stream()
        .mapToDouble(each -> ((Target.Value) each.target()).value())
        .average()
        .orElseThrow();
  }

  /** The same output for every example; the rows share their array. */
  private static List<float[][]> constant(int examples, float[] output) {
    float[][] outputs = new float[examples][];
    Arrays.fill(outputs, output);
    return List.<float[][]>of(outputs);
  }

  private static TrivialPredictor scored(
      EvaluationSet evaluation, Metric metric, String predictor, List<float[][]> outputs) {
    double score = evaluation.score(outputs, List.of(metric)).values().iterator().next();
    return of(evaluation, metric, predictor, score);
  }

  private static List<TrivialPredictor> spans(EvaluationSet evaluation, AnswerMetric metric) {
    AnswerDecoder decoder = Objects.requireNonNull(evaluation.decoder());
    float[][] flat =
        evaluation.set().examples().stream()
            .mapToInt(EncodedExample::length)
            .mapToObj(float[]::new)
            .toArray(float[][]::new);
    List<AnsweredQuestion> first = decoder.decode(flat, flat);
    List<AnsweredQuestion> none =
        first.stream()
            .map(
                each ->
                    new AnsweredQuestion(
                        each.id(), "", null, Double.POSITIVE_INFINITY, each.accepted()))
            .toList();
    return List.of(
        of(evaluation, metric, "no answer", metric.compute(none)),
        of(evaluation, metric, "the first span", metric.compute(first)));
  }

  private static TrivialPredictor of(
      EvaluationSet evaluation, Metric metric, String predictor, double score) {
    double undefined = metric.higherIsBetter() ? 0 : Double.POSITIVE_INFINITY;
    return new TrivialPredictor(
        metric.name() + evaluation.suffix(),
        metric.higherIsBetter(),
        predictor,
        Double.isNaN(score) ? undefined : score);
  }
}
