package dev.espalier.tuner.prepare;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.TaskSource;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.tuner.directory.Disk;
import dev.espalier.tuner.run.Fakes;
import dev.espalier.tuner.run.Run;
import dev.espalier.tuner.run.RunResult;
import dev.espalier.tuner.run.SmokeRun;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataChecksTest {
  private static final Head CLASSES = new Head.Classification(List.of("neg", "neu", "pos"));

  private static final TaskSource.Request REQUEST =
      new TaskSource.Request(
          "csv",
          null,
          null,
          null,
          null,
          new TaskSource.Columns(null, null, null, null),
          List.of(),
          0,
          0,
          32,
          new TaskSource.Questions(1, 1, 1, 1, 0),
          1);

  @TempDir Path folder;

  @Test
  void differentTargetsAreFine() {
    EncodedSet classes = classes("train", 0, 1, 2);
    EncodedSet values = values("train", 1, 2);

    assertThat(problems(new Share(), data(classes, List.of("share"), at("", classes)))).isEmpty();
    assertThat(problems(new Spread(), data(values, List.of("spread"), at("", values)))).isEmpty();
  }

  @Test
  void aTrainingSetOfOneTargetIsRefused() {
    assertThat(
            problems(
                new Share(),
                data(
                    classes("train", 2, 2), List.of("share"), at("", classes("evaluation", 0, 1)))))
        .containsExactly(
            "data.train: all 2 examples of a file are of the class \"pos\", so a model learns nothing"
                + " but that");
    assertThat(
            problems(
                new Spread(),
                data(values("train", 3), List.of("spread"), at("", values("evaluation", 1, 2)))))
        .containsExactly(
            "data.train: the only example of a file is 3.0, so a model learns nothing but that");
  }

  @Test
  void anEvaluationSetOfOneTargetIsRefusedWhateverTheMetric() {
    assertThat(
            problems(
                new Share(),
                data(
                    classes("train", 0, 1), List.of("share"), at("", classes("evaluation", 1, 1)))))
        .containsExactly(
            "data.evaluation: all 2 examples of a file are of the class \"neu\", so a model that never"
                + " looks at its input is right");
    assertThat(
            problems(
                new Spread(),
                data(
                    values("train", 0, 1),
                    List.of("spread"),
                    at("", values("evaluation", 3, 3, 3)))))
        .containsExactly(
            "data.evaluation: all 3 examples of a file are 3.0, so a model that never looks at its"
                + " input is right");
  }

  @Test
  void aMetricThatIsUndefinedForAPerfectModelIsRefused() {
    TaskData data =
        data(classes("train", 0, 1), List.of("positives"), at("", classes("evaluation", 0, 1)));

    List<String> problems = problems(new Positives(), data);

    assertThat(problems)
        .containsExactly(
            "data.evaluation: positives is undefined on a file, even for a perfect model");
  }

  @Test
  void onlyWhatIsJudgedMatters() {
    EncodedSet train = classes("train", 0, 1);
    TaskData data =
        data(
            train,
            List.of("share"),
            at("", classes("evaluation", 0, 1)),
            at("_mismatched", classes("evaluation_mismatched", 1, 1)));

    assertThat(problems(new Share(), data)).isEmpty();
    assertThat(problems(new Share(), data, "evaluation.accuracy.metric=share_mismatched"))
        .singleElement()
        .asString()
        .startsWith("data.evaluation_mismatched: all 2 examples of a file are of the class");
  }

  @Test
  void questionsWithoutAnswersAreRefused() {
    Target somewhere = new Target.Span(1, 1);
    Target nowhere = new Target.Span(0, 0);
    EncodedSet answered = set("train", new Head.Spans(), Stream.of(somewhere, nowhere));
    EncodedSet unanswered = set("train", new Head.Spans(), Stream.of(nowhere, nowhere));
    EncodedSet judged = set("evaluation", new Head.Spans(), Stream.of(nowhere, nowhere));

    assertThat(
            problems(
                new Exact(),
                data(answered, List.of("exact"), questions(judged, List.of(), List.of("a")))))
        .isEmpty();
    assertThat(
            problems(
                new Exact(),
                data(unanswered, List.of("exact"), questions(judged, List.of(), List.of()))))
        .containsExactly(
            "data.train: all 2 examples of a file are without an answer, so a model learns nothing"
                + " but that",
            "data.evaluation: no answer is as good as every answer by exact on a file");
  }

  @Test
  void classesWithoutTrainingExamplesAreNamed() {
    TaskData data =
        data(classes("train", 0, 0), List.of("share"), at("", classes("evaluation", 0, 1)));

    assertThat(DataChecks.notes(data))
        .containsExactly("No training example is of the class \"neu\", judged or \"pos\".");
  }

  @Test
  void whatTheSetsHaveToTellIsToldAlsoInASmokeRun() {
    EncodedSet set = classes("train", 0, 1, 2);
    TaskData data =
        new TaskData(set, null, List.of(at("", set)), List.of("share"), List.of("a note"));

    assertThat(DataChecks.notes(data)).containsExactly("a note");
    assertThat(
            DataChecks.notes(
                SmokeRun.services(with(new Fakes().services(), data))
                    .tasks()
                    .load(REQUEST, new byte[0])))
        .containsExactly("a note");
  }

  @Test
  void nothingIsTrainedOnWhatCannotBeJudged() {
    Fakes fakes = new Fakes();
    ResolvedConfiguration resolved = Fakes.configuration(folder);
    List<RunEvent> events = new ArrayList<>();

    EncodedSet constant = classes("evaluation", 1, 1);
    RunResult result =
        new Run(
                null,
                resolved,
                with(fakes.services(), new TaskData(classes("train", 0, 1), constant)),
                events::add,
                Clock.systemUTC(),
                new Disk())
            .execute();

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.problems()).extracting(Problem::kind).containsOnly(ProblemKind.INPUT);
    assertThat(fakes.calls).noneMatch(call -> call.startsWith("train"));
  }

  /** The first 100 of 10,000 examples are of one class, as in a sorted file. */
  @Test
  void aSmokeRunSeesMoreThanOneClassOfASortedFile() {
    for (int positive : new int[] {1, 50, 5_000}) {
      EncodedSet full =
          classes(
              "evaluation", IntStream.range(0, 10_000).map(i -> i < positive ? 1 : 0).toArray());
      TaskData small =
          SmokeRun.services(with(new Fakes().services(), new TaskData(full, full)))
              .tasks()
              .load(REQUEST, new byte[0]);

      assertThat(small.train().size()).isEqualTo(1_000);
      assertThat(small.evaluations().get(0).set().size()).isEqualTo(100);
      assertThat(small.train().examples()).extracting(EncodedExample::label).contains(0, 1);
      assertThat(small.evaluations().get(0).set().examples())
          .extracting(EncodedExample::label)
          .contains(0, 1);
    }
  }

  private static RunServices with(RunServices full, TaskData data) {
    return new RunServices(
        full.models(),
        (request, tokenizer) -> data,
        full.finePruner(),
        full.checkpoints(),
        full.onnx(),
        full.scripts(),
        full.archives(),
        full.pruners(),
        full.strategies(),
        full.metrics(),
        full.libraryVersions());
  }

  private List<String> problems(Metric metric, TaskData data, String... assignments) {
    ResolvedConfiguration resolved = Fakes.configuration(folder, assignments);
    DataChecks checks = new DataChecks(resolved);
    List<Problem> problems = new ArrayList<>(checks.training(data));
    problems.addAll(checks.evaluation(data, EvaluationPlan.of(resolved, List.of(metric), data)));
    return problems.stream().map(Problem::message).toList();
  }

  private static TaskData data(
      EncodedSet train, List<String> metrics, EvaluationSet... evaluations) {
    return new TaskData(train, null, List.of(evaluations), metrics);
  }

  private static EvaluationSet at(String suffix, EncodedSet set) {
    return new EvaluationSet(suffix, set, null);
  }

  private static EvaluationSet questions(EncodedSet set, List<String> first, List<String> second) {
    List<AnsweredQuestion> answered =
        Stream.of(first, second).map(each -> new AnsweredQuestion("q", "b", "b", 0, each)).toList();
    AnswerDecoder decoder = (start, end) -> answered;
    return new EvaluationSet("", set, decoder);
  }

  private static EncodedSet classes(String name, int... labels) {
    return set(name, CLASSES, IntStream.of(labels).mapToObj(Target.Label::new));
  }

  private static EncodedSet values(String name, double... values) {
    return set(name, new Head.Regression(), DoubleStream.of(values).mapToObj(Target.Value::new));
  }

  private static EncodedSet set(String name, Head head, Stream<? extends Target> targets) {
    List<EncodedExample> examples =
        targets
            .map(target -> new EncodedExample(new int[] {1, 2}, new int[] {0, 0}, target))
            .toList();
    return new EncodedSet(name, "a file", "", head, examples);
  }

  /** The share of right answers, defined everywhere. */
  private record Share() implements ClassificationMetric {
    @Override
    public String name() {
      return "share";
    }

    @Override
    public boolean higherIsBetter() {
      return true;
    }

    @Override
    public double compute(float[][] logits, int[] labels) {
      return IntStream.range(0, labels.length)
          .mapToDouble(i -> logits[i][labels[i]])
          .average()
          .orElseThrow();
    }
  }

  /** The same of the last class only. */
  private record Positives() implements ClassificationMetric {
    @Override
    public String name() {
      return "positives";
    }

    @Override
    public boolean higherIsBetter() {
      return true;
    }

    @Override
    public double compute(float[][] logits, int[] labels) {
      return IntStream.range(0, labels.length)
          .filter(i -> labels[i] == 2)
          .mapToDouble(i -> logits[i][2])
          .average()
          .orElse(Double.NaN);
    }
  }

  /** Undefined, as a correlation, where the truth is constant. */
  private record Spread() implements RegressionMetric {
    @Override
    public String name() {
      return "spread";
    }

    @Override
    public boolean higherIsBetter() {
      return true;
    }

    @Override
    public double compute(double[] predicted, double[] expected) {
      return DoubleStream.of(expected).distinct().count() > 1
          ? DoubleStream.of(predicted).max().orElseThrow()
          : Double.NaN;
    }
  }

  /** The share of answers that are accepted; where none is, that there is none. */
  private record Exact() implements AnswerMetric {
    @Override
    public String name() {
      return "exact";
    }

    @Override
    public boolean higherIsBetter() {
      return true;
    }

    @Override
    public double compute(List<AnsweredQuestion> questions) {
      return questions.stream()
          .filter(
              each ->
                  each.accepted().isEmpty()
                      ? "".equals(each.answer())
                      : each.accepted().contains(each.answer()))
          .count();
    }
  }
}
