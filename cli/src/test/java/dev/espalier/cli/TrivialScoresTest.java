package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.api.metric.AnswerDecoder;
import dev.espalier.api.metric.AnsweredQuestion;
import dev.espalier.api.metric.Metric;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.PerfectPredictor;
import dev.espalier.core.data.TrivialPredictor;
import dev.espalier.tasks.TaskLoader;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The built-in metrics on predictors that look at nothing, and on those that know everything. */
class TrivialScoresTest {
  private static final EvaluationSet CLASSES =
      set(
          new Head.Classification(List.of("no", "yes")),
          IntStream.of(0, 0, 0, 1).mapToObj(Target.Label::new),
          null);

  /** F1 of always "yes" is 2 · 0.25 / 1.25. */
  @ParameterizedTest
  @CsvSource({"accuracy, no, 0.75", "f1, yes, 0.4", "mcc, no, 0"})
  void classes(String metric, String always, double score) {
    TrivialPredictor trivial = TrivialPredictor.of(CLASSES, metric(metric, CLASSES));

    assertThat(trivial.predictor()).isEqualTo("always \"" + always + "\"");
    assertThat(trivial.score()).isCloseTo(score, within(1e-12));
    assertThat(PerfectPredictor.score(CLASSES, metric(metric, CLASSES))).isEqualTo(1);
  }

  /**
   * The mean of 0.1, 0.2 and 0.7 is no number of single precision: all rows are one all the same.
   */
  @ParameterizedTest
  @CsvSource({"pearson", "spearman"})
  void values(String metric) {
    EvaluationSet values = values(0.1, 0.2, 0.7);
    EvaluationSet constant = values(3, 3, 3);

    assertThat(TrivialPredictor.of(values, metric(metric, values)).score()).isZero();
    assertThat(PerfectPredictor.score(values, metric(metric, values))).isCloseTo(1, within(1e-6));
    assertThat(PerfectPredictor.score(constant, metric(metric, constant))).isNaN();
  }

  @ParameterizedTest
  @CsvSource({"f1, 0.5, 1", "exact, 0.5, 1", "no_ans_f1, 1, 1", "has_ans_exact, 0, 1"})
  void answers(String metric, double trivial, double perfect) {
    EvaluationSet set = questions(List.of("the end"), List.of());

    assertThat(TrivialPredictor.of(set, metric(metric, set)).score()).isEqualTo(trivial);
    assertThat(PerfectPredictor.score(set, metric(metric, set))).isEqualTo(perfect);
  }

  @Test
  void whatNoQuestionIsAboutIsUndefined() {
    EvaluationSet set = questions(List.of(), List.of());

    assertThat(PerfectPredictor.score(set, metric("has_ans_f1", set))).isNaN();
    assertThat(PerfectPredictor.score(set, metric("f1", set))).isEqualTo(1);
  }

  private static Metric metric(String name, EvaluationSet set) {
    return Stream.concat(
            ServiceLoader.load(Metric.class).stream().map(ServiceLoader.Provider::get),
            TaskLoader.metrics().stream())
        .filter(metric -> metric.name().equals(name))
        .filter(metric -> EvaluationSet.fits(metric, set.set().head()))
        .findFirst()
        .orElseThrow();
  }

  private static EvaluationSet values(double... values) {
    return set(new Head.Regression(), DoubleStream.of(values).mapToObj(Target.Value::new), null);
  }

  private static EvaluationSet questions(List<String> first, List<String> second) {
    List<AnsweredQuestion> answered =
        Stream.of(first, second)
            .map(accepted -> new AnsweredQuestion("q", "word", "word", 0, accepted))
            .toList();
    return set(
        new Head.Spans(),
        Stream.of(new Target.Span(0, 0), new Target.Span(0, 0)),
        (start, end) -> answered);
  }

  private static EvaluationSet set(
      Head head, Stream<? extends Target> targets, @Nullable AnswerDecoder decoder) {
    List<EncodedExample> examples =
        targets
            .map(target -> new EncodedExample(new int[] {1, 2}, new int[] {0, 0}, target))
            .toList();
    return new EvaluationSet(
        "", new EncodedSet("evaluation", "a test", "", head, examples), decoder);
  }
}
