package dev.espalier.tuner.run;

import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.tuner.config.Configuration;
import dev.espalier.tuner.config.Configuration.AccuracyCriterion;
import dev.espalier.tuner.config.Configuration.Data;
import dev.espalier.tuner.config.ResolvedConfiguration;
import dev.espalier.tuner.plan.Plan;
import dev.espalier.tuner.plan.Planner;
import dev.espalier.tuner.port.EvaluationSet;
import dev.espalier.tuner.port.PretrainedModel;
import dev.espalier.tuner.port.TaskSource;
import dev.espalier.tuner.port.TaskSource.TaskData;
import dev.espalier.tuner.result.Criterion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that can be found wrong before hours of training begin: the cheap checks first, then
 * model and data, then the plan.
 */
final class Preparation {
  /**
   * What the stages work with.
   *
   * @param resolved what was asked for
   * @param model what training starts from
   * @param data what it is trained and judged on
   * @param plan what is done when nothing is varied, and for the baseline
   * @param variants what is done when something is
   * @param strategy what decides which trial comes next
   * @param metrics what is measured
   * @param criterion how it is judged
   */
  record Prepared(
      ResolvedConfiguration resolved,
      PretrainedModel model,
      TaskData data,
      Plan plan,
      Variants variants,
      TuningStrategy strategy,
      List<Metric> metrics,
      Criterion criterion) {
    /** What was asked for. */
    Configuration configuration() {
      return resolved.configuration();
    }
  }

  /** Dense and pruned, as checkpoint and ONNX, and a quarter of it for int8. */
  private static final double COPIES_OF_THE_MODEL = 4.25;

  private final ResolvedConfiguration resolved;
  private final Configuration configuration;
  private final RunServices services;
  private final Disk disk;

  Preparation(ResolvedConfiguration resolved, RunServices services, Disk disk) {
    this.resolved = resolved;
    this.configuration = resolved.configuration();
    this.services = services;
    this.disk = disk;
  }

  Prepared prepare() {
    List<Problem> problems = Preflight.of(services).of(resolved);
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    Planner planner = new Planner(resolved, services.pruners());
    Pruner pruner = planner.pruner();
    TuningStrategy strategy = Preflight.strategy(resolved, services.strategies());
    Path workspace = configuration.tuning().workspace().path();
    RunDirectory.check(workspace, 0, disk);
    PretrainedModel model = services.models().load(configuration.model().checkpoint());
    RunDirectory.check(
        workspace, (long) (COPIES_OF_THE_MODEL * model.weights().size() * Float.BYTES), disk);
    checkLengths(model);
    Data data = configuration.data();
    TaskData sets =
        services
            .tasks()
            .load(
                new TaskSource.Request(
                    data.task(),
                    data.train(),
                    data.evaluation(),
                    data.trainExamples(),
                    data.evaluationExamples(),
                    data.maxSequenceLength(),
                    configuration.tuning().randomSeed()),
                model.tokenizerJson());
    int examples = sets.train().size();
    Plan plan = planner.plan(pruner, model.weights(), examples, 1);
    Variants variants = new Variants(resolved, services, model.weights(), examples);
    List<Problem> untriable = variants.problems();
    if (!untriable.isEmpty()) {
      throw new ProblemException(untriable);
    }
    Judged judged = judged(sets);
    return new Prepared(
        resolved,
        model,
        sets,
        plan,
        variants,
        strategy,
        judged.measured(),
        criterion(judged.name(), judged.metric()));
  }

  private void checkLengths(PretrainedModel model) {
    int longest = model.weights().architecture().maxPositions();
    List<Problem> problems = new ArrayList<>();
    checkLength(
        "data.max_sequence_length", configuration.data().maxSequenceLength(), longest, problems);
    checkLength(
        "evaluation.performance.sequence_length",
        configuration.evaluation().performance().sequenceLength(),
        longest,
        problems);
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  private void checkLength(String key, int length, int longest, List<Problem> problems) {
    if (length > longest) {
      problems.add(
          new Problem(
              ProblemKind.CONFIGURATION,
              ProblemCode.OUT_OF_RANGE,
              resolved.locate(key),
              key + ": must be at most " + longest + ", the model's positions, found " + length,
              "Maybe " + longest + " is meant."));
    }
  }

  /** What is measured, and which of it is judged, on which set: the name ends with the set's. */
  record Judged(List<Metric> measured, String name, Metric metric) {}

  /**
   * The task's own metrics, and the configured one.
   *
   * @throws ProblemException of kind CONFIGURATION when the configured one does not go with the
   *     task
   */
  Judged judged(TaskData data) {
    List<Metric> fitting =
        services.metrics().stream()
            .filter(metric -> EvaluationSet.fits(metric, data.head()))
            .toList();
    String asked = configuration.evaluation().accuracy().metric();
    String name = asked == null ? data.metrics().get(0) : asked;
    for (EvaluationSet set : data.evaluations()) {
      for (Metric metric : fitting) {
        if (name.equals(metric.name() + set.suffix())) {
          List<Metric> measured =
              fitting.stream()
                  .filter(each -> each == metric || data.metrics().contains(each.name()))
                  .toList();
          return new Judged(measured, name, metric);
        }
      }
    }
    List<String> names =
        data.evaluations().stream()
            .flatMap(set -> fitting.stream().map(metric -> metric.name() + set.suffix()))
            .sorted()
            .toList();
    throw new ProblemException(
        List.of(
            new Problem(
                ProblemKind.CONFIGURATION,
                ProblemCode.CONTRADICTION,
                resolved.locate("evaluation.accuracy.metric"),
                "evaluation.accuracy.metric: "
                    + name
                    + " does not go with the task "
                    + configuration.data().task()
                    + (names.isEmpty() ? "" : "; there is " + String.join(", ", names)),
                names.isEmpty()
                    ? "Maybe a jar is missing on the class path."
                    : "Maybe \"" + data.metrics().get(0) + "\" is meant.")));
  }

  Criterion criterion(String name, Metric metric) {
    AccuracyCriterion asked = configuration.tuning().accuracyCriterion();
    Double relative = asked.relative();
    Double absolute = asked.absolute();
    if (relative != null) {
      return new Criterion(name, metric.higherIsBetter(), Criterion.Kind.RELATIVE, relative);
    }
    if (absolute != null) {
      return new Criterion(name, metric.higherIsBetter(), Criterion.Kind.ABSOLUTE, absolute);
    }
    Location at = resolved.locate("tuning.accuracy_criterion");
    throw ProblemException.at(
        ProblemKind.CONFIGURATION, at, "tuning.accuracy_criterion: neither is set", null);
  }
}
