package dev.espalier.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.api.metric.AnswerDecoder;
import dev.espalier.api.metric.AnswerMetric;
import dev.espalier.api.metric.AnsweredQuestion;
import dev.espalier.api.metric.ClassificationMetric;
import dev.espalier.api.metric.RegressionMetric;
import java.util.List;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TrivialPredictorTest {
  @Test
  void commonestClassIsTakenFromTheEvaluationSet() {
    EvaluationSet set = classes(List.of("a", "b", "c"), "_mismatched", 2, 1, 2, 0, 2);

    TrivialPredictor trivial = TrivialPredictor.of(set, new Share("accuracy", true, null));

    assertThat(trivial)
        .isEqualTo(new TrivialPredictor("accuracy_mismatched", true, "always \"c\"", 0.6));
    assertThat(trivial.isBeatenBy(0.61)).isTrue();
    assertThat(trivial.isBeatenBy(0.6)).isFalse();
    assertThat(trivial.isBeatenBy(Double.NaN)).isFalse();
  }

  @Test
  void firstOfEquallyCommonClassesIsTaken() {
    TrivialPredictor trivial =
        TrivialPredictor.of(
            classes(List.of("a", "b", "c"), "", 2, 1, 0), new Share("accuracy", true, null));

    assertThat(trivial.predictor()).isEqualTo("always \"a\"");
    assertThat(trivial.score()).isEqualTo(1 / 3.0);
  }

  @Test
  void ofTwoClassesTheOneThatTheMetricCountsIsTaken() {
    EvaluationSet rarePositives = classes(List.of("no", "yes"), "", 0, 0, 0, 1);

    TrivialPredictor trivial = TrivialPredictor.of(rarePositives, new Share("recall", true, 1));

    assertThat(trivial).isEqualTo(new TrivialPredictor("recall", true, "always \"yes\"", 1));
  }

  @Test
  void lessIsBetterForAnError() {
    TrivialPredictor trivial =
        TrivialPredictor.of(
            classes(List.of("no", "yes"), "", 0, 0, 0, 1), new Share("error", false, null));

    assertThat(trivial).isEqualTo(new TrivialPredictor("error", false, "always \"no\"", 0.25));
    assertThat(trivial.isBeatenBy(0.2)).isTrue();
    assertThat(trivial.isBeatenBy(0.25)).isFalse();
  }

  @Test
  void meanIsPredictedForValues() {
    TrivialPredictor trivial =
        TrivialPredictor.of(
            values(1, 2, 6),
            new Of("squared_error", false, TrivialPredictorTest::meanSquaredError));

    assertThat(trivial.predictor()).isEqualTo("the mean, 3.0");
    assertThat(trivial.score()).isCloseTo((4 + 1 + 9) / 3.0, within(1e-6));
  }

  @Test
  void undefinedIsNothing() {
    ToDoubleBiFunction<double[], double[]> undefined = (predicted, expected) -> Double.NaN;

    TrivialPredictor correlation =
        TrivialPredictor.of(values(1, 2), new Of("pearson", true, undefined));
    TrivialPredictor error = TrivialPredictor.of(values(1, 2), new Of("error", false, undefined));

    assertThat(correlation.score()).isZero();
    assertThat(correlation.isBeatenBy(-0.1)).isFalse();
    assertThat(correlation.isBeatenBy(0.1)).isTrue();
    assertThat(error.isBeatenBy(1e9)).isTrue();
  }

  @Test
  void emptyAnswerIsRightWhereThereIsNone() {
    EvaluationSet set = questions(List.of(List.of("the"), List.of(), List.of(), List.of("end")));

    assertThat(TrivialPredictor.of(set, new Answered("exact", TrivialPredictorTest::exact)))
        .isEqualTo(new TrivialPredictor("exact", true, "no answer", 0.5));
  }

  @Test
  void firstSpanIsTriedForQuestionsThatHaveAnAnswer() {
    EvaluationSet set = questions(List.of(List.of("the"), List.of("the"), List.of("end")));

    assertThat(TrivialPredictor.of(set, new Answered("exact", TrivialPredictorTest::exact)))
        .isEqualTo(new TrivialPredictor("exact", true, "the first span", 2 / 3.0));
  }

  private static EvaluationSet classes(List<String> labels, String suffix, int... targets) {
    return set(
        new Head.Classification(labels),
        suffix,
        IntStream.of(targets).mapToObj(Target.Label::new),
        null);
  }

  private static EvaluationSet values(double... targets) {
    return set(
        new Head.Regression(), "", DoubleStream.of(targets).mapToObj(Target.Value::new), null);
  }

  /** The decoder answers "the" to logits that are all alike, as it would the first word. */
  private static EvaluationSet questions(List<List<String>> accepted) {
    AnswerDecoder decoder =
        (start, end) ->
            IntStream.range(0, start.length)
                .mapToObj(i -> new AnsweredQuestion("q" + i, "the", "the", 0, accepted.get(i)))
                .toList();
    return set(new Head.Spans(), "", accepted.stream().map(each -> new Target.Span(0, 0)), decoder);
  }

  private static EvaluationSet set(
      Head head, String suffix, Stream<? extends Target> targets, @Nullable AnswerDecoder decoder) {
    List<EncodedExample> examples =
        targets
            .map(target -> new EncodedExample(new int[] {1, 2}, new int[] {0, 0}, target))
            .toList();
    return new EvaluationSet(
        suffix, new EncodedSet("evaluation", "a test", "", head, examples), decoder);
  }

  private static double meanSquaredError(double[] predicted, double[] expected) {
    return IntStream.range(0, predicted.length)
        .mapToDouble(i -> Math.pow(predicted[i] - expected[i], 2))
        .average()
        .orElseThrow();
  }

  private static double exact(List<AnsweredQuestion> questions) {
    return questions.stream()
        .mapToDouble(
            each ->
                each.accepted().contains(each.answer())
                        || (each.accepted().isEmpty() && "".equals(each.answer()))
                    ? 1
                    : 0)
        .average()
        .orElseThrow();
  }

  /** The share of right (or, where less is better, wrong) answers, of one class or of all. */
  private record Share(String name, boolean higherIsBetter, @Nullable Integer only)
      implements ClassificationMetric {
    @Override
    public double compute(float[][] logits, int[] labels) {
      return IntStream.range(0, labels.length)
          .filter(i -> only == null || labels[i] == only)
          .mapToDouble(i -> (logits[i][labels[i]] == 1) == higherIsBetter ? 1 : 0)
          .average()
          .orElseThrow();
    }
  }

  private record Of(
      String name, boolean higherIsBetter, ToDoubleBiFunction<double[], double[]> value)
      implements RegressionMetric {
    @Override
    public double compute(double[] predicted, double[] expected) {
      return value.applyAsDouble(predicted, expected);
    }
  }

  private record Answered(String name, ToDoubleFunction<List<AnsweredQuestion>> value)
      implements AnswerMetric {
    @Override
    public boolean higherIsBetter() {
      return true;
    }

    @Override
    public double compute(List<AnsweredQuestion> questions) {
      return value.applyAsDouble(questions);
    }
  }
}
