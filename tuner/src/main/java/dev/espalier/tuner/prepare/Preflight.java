package dev.espalier.tuner.prepare;

import dev.espalier.api.data.Head;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.config.Configuration;
import dev.espalier.config.Configuration.JudgedMetric;
import dev.espalier.config.Configuration.PrunerChoice;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.TaskSource;
import dev.espalier.core.files.Folders;
import dev.espalier.core.model.PretrainedModels;
import dev.espalier.core.model.TorchScript;
import dev.espalier.tuner.plan.DataRequest;
import dev.espalier.tuner.plan.KeysWithoutEffect;
import dev.espalier.tuner.plan.Planner;
import dev.espalier.tuner.plan.SearchSpaces;
import dev.espalier.tuner.plugin.PrunerCatalog;
import dev.espalier.tuner.plugin.StrategyCatalog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What can be checked in milliseconds, before model and data are read: the pruner with its
 * parameters, the names of metric, task and model, and whether the data files are there.
 */
public final class Preflight implements ConfigurationLoader.Check {
  /** What is asked of models when none is looked for: any name may be one. */
  private static final PretrainedModels UNKNOWN =
      reference -> {
        throw new IllegalStateException("no model is loaded by a check");
      };

  private final PrunerCatalog pruners;
  private final StrategyCatalog strategies;
  private final List<Metric> metrics;
  private final TaskSource tasks;
  private final PretrainedModels models;
  private final Scope scope;

  /** How much is looked at; each looks at all that those before it do. */
  private enum Scope {
    /** Names alone: neither model nor data. */
    NAMES,
    /** What one trial may have otherwise than another, so not the data. */
    TRIAL,
    /** All that is read. */
    RESUMED_RUN,
    /** Where it is written, too. */
    RUN;

    boolean includes(Scope other) {
      return compareTo(other) >= 0;
    }
  }

  private Preflight(
      PrunerCatalog pruners,
      StrategyCatalog strategies,
      List<Metric> metrics,
      TaskSource tasks,
      PretrainedModels models,
      Scope scope) {
    this.pruners = pruners;
    this.strategies = strategies;
    this.metrics = metrics;
    this.tasks = tasks;
    this.models = models;
    this.scope = scope;
  }

  /** All checks, against what {@code services} has. */
  public static Preflight of(RunServices services) {
    return new Preflight(
        services.pruners(),
        services.strategies(),
        services.metrics(),
        services.tasks(),
        services.models(),
        Scope.RUN);
  }

  /** The same for a run that is resumed, which has its folder. */
  public Preflight withoutWorkspace() {
    return within(Scope.RESUMED_RUN);
  }

  /**
   * The same for a trial of a run that has been checked: of its files only what may vary is read.
   */
  Preflight ofTrial() {
    return within(Scope.TRIAL);
  }

  private Preflight within(Scope other) {
    return new Preflight(pruners, strategies, metrics, tasks, models, other);
  }

  /**
   * The checks that need neither model nor data: not whether the data files are there, and the
   * model's name is taken as it is.
   *
   * @param pruners the pruners that there are
   * @param strategies the tuning strategies that there are
   * @param metrics the metrics that there are
   * @param tasks the tasks that there are, of which no file is read
   */
  public static Preflight ofNames(
      PrunerCatalog pruners,
      StrategyCatalog strategies,
      List<? extends Metric> metrics,
      TaskSource tasks) {
    return new Preflight(pruners, strategies, List.copyOf(metrics), tasks, UNKNOWN, Scope.NAMES);
  }

  /**
   * Creates the configured tuning strategy.
   *
   * @throws ProblemException of kind CONFIGURATION when there is none of that name, or a parameter
   *     is wrong
   */
  static TuningStrategy strategy(ResolvedConfiguration resolved, StrategyCatalog strategies) {
    Configuration.Strategy asked = resolved.configuration().tuning().strategy();
    return strategies.create(asked.name(), asked.parameters(), resolved.locate("tuning.strategy"));
  }

  /** What is no mistake, but probably not meant: one line each, with its place. */
  public List<String> notes(ResolvedConfiguration resolved) {
    return KeysWithoutEffect.notes(resolved, pruners);
  }

  @Override
  public List<Problem> of(ResolvedConfiguration draft) {
    List<Problem> problems = new ArrayList<>();
    Configuration configuration = draft.configuration();
    checkPruner(draft, problems);
    checkSearch(draft, problems);
    Configuration.Data data = configuration.data();
    checkModel(
        draft, "model.checkpoint", configuration.model().checkpoint(), Scope.RESUMED_RUN, problems);
    Configuration.Distillation distillation = configuration.distillation();
    if (distillation != null
        && !distillation.teacher().equals(Configuration.Distillation.BASELINE)) {
      checkModel(draft, "distillation.teacher", distillation.teacher(), Scope.TRIAL, problems);
    }
    List<String> names = tasks.names();
    checkName(draft, "data.task", "task", data.task(), names, problems);
    Optional<Head> head =
        names.contains(data.task()) ? checkData(draft, problems) : Optional.empty();
    String metric = configuration.evaluation().accuracy().metric();
    if (metric != null) {
      checkMetric(draft, "evaluation.accuracy.metric", metric, head, problems);
    }
    List<JudgedMetric> several = configuration.evaluation().accuracy().multiMetrics();
    for (int i = 0; i < several.size(); i++) {
      String path = "evaluation.accuracy.multi_metrics[" + i + "].metric";
      checkMetric(draft, path, several.get(i).metric(), head, problems);
    }
    if (scope.includes(Scope.RESUMED_RUN)) {
      checkFile(draft, "data.train", data.train(), problems);
      checkFile(draft, "data.calibration", data.calibration(), problems);
      checkFile(draft, "data.evaluation", data.evaluation(), problems);
      checkFile(draft, "data.evaluation_mismatched", data.evaluationMismatched(), problems);
      Path dense = configuration.tuning().baseline().checkpoint();
      if (dense != null && BaselineSource.find(dense).isEmpty()) {
        problems.addAll(BaselineSource.missing(draft, dense, lookThere()).problems());
      }
    }
    if (scope.includes(Scope.RUN)) {
      checkWorkspace(draft, problems);
    }
    return problems;
  }

  /** What to do about a file that is missing: the paths of a run that began do not change. */
  private String lookThere() {
    return scope.includes(Scope.RUN)
        ? BaselineSource.LOOK_THERE
        : "A run keeps the absolute paths that it began with: put it back there, or a link to it.";
  }

  /** Whether the run's folder can be made: no file may be where it, or one above it, has to be. */
  private static void checkWorkspace(ResolvedConfiguration draft, List<Problem> problems) {
    String key = "tuning.workspace.path";
    Path workspace = draft.configuration().tuning().workspace().path();
    Folders.inTheWayOf(workspace)
        .or(() -> Folders.inTheWayOf(workspace.resolve(draft.configuration().model().name())))
        .ifPresent(
            file ->
                problems.add(
                    draft.problem(
                        ProblemCode.CONTRADICTION,
                        key,
                        "must be a folder that is there or can be made, and "
                            + file
                            + (Files.exists(file) ? " is a file" : " is a link that leads nowhere"),
                        "Name another folder, or move the file away.")));
  }

  /** Whether there is such a strategy, such a search space, and anything for the one to try. */
  private void checkSearch(ResolvedConfiguration draft, List<Problem> problems) {
    Optional<TuningStrategy> strategy = collect(() -> strategy(draft, strategies), problems);
    Optional<SearchSpace> space = collect(() -> SearchSpaces.of(draft, pruners), problems);
    Configuration.Tuning tuning = draft.configuration().tuning();
    if (strategy.isEmpty()
        || space.isEmpty()
        || strategy.get().next(space.get(), List.of(), tuning.randomSeed()).isPresent()) {
      return;
    }
    problems.add(
        draft.problem(
            ProblemCode.CONTRADICTION,
            "tuning.strategy.name",
            tuning.strategy().name() + " has nothing to try in this search space",
            "Maybe tuning.search_space lacks what it searches; docs/configuration.md says"
                + " what each strategy needs."));
  }

  private void checkPruner(ResolvedConfiguration draft, List<Problem> problems) {
    List<PrunerChoice> choices =
        draft.configuration().pruning().approach().weightCompression().pruners();
    if (choices.isEmpty()) {
      return; // only a draft has none, and then that was said
    }
    Planner planner = new Planner(draft, pruners);
    collect(
        () -> {
          planner.checkSchedule();
          return planner;
        },
        problems);
    collect(planner::pruner, problems);
    problems.addAll(KeysWithoutEffect.searched(draft, pruners));
    for (int i = 1; i < choices.size(); i++) {
      problems.addAll(planner.mistakes(i));
    }
  }

  /** What {@code check} finds; empty when it fails, with {@code problems} saying why. */
  private static <T> Optional<T> collect(Supplier<T> check, List<Problem> problems) {
    try {
      return Optional.of(check.get());
    } catch (ProblemException e) {
      problems.addAll(e.problems());
      return Optional.empty();
    }
  }

  /**
   * Checks that there is such a metric. Behind its name there may be the suffix of a task's further
   * set, which only the data know.
   */
  private void checkMetric(
      ResolvedConfiguration draft,
      String path,
      String name,
      Optional<Head> head,
      List<Problem> problems) {
    if (name.isEmpty()) {
      return;
    }
    List<String> known = names(metrics.stream());
    if (known.stream().noneMatch(each -> name.matches(suffixed(each)))) {
      problems.add(unknown(draft, path, "metric", name, known));
      return;
    }
    List<String> fitting =
        head.map(one -> names(metrics.stream().filter(each -> EvaluationSet.fits(each, one))))
            .orElse(known);
    if (fitting.stream().noneMatch(each -> name.matches(suffixed(each)))) {
      problems.add(EvaluationPlan.unfitting(draft, path, name, fitting));
    }
  }

  private static List<String> names(Stream<Metric> metrics) {
    return metrics.map(Metric::name).sorted().distinct().toList();
  }

  /** What the task says of its keys; and what a model answers with, when that is known already. */
  private Optional<Head> checkData(ResolvedConfiguration draft, List<Problem> problems) {
    TaskSource.Request request = DataRequest.of(draft.configuration());
    Optional<List<Problem>> mistakes = collect(() -> tasks.check(request), problems);
    if (mistakes.isEmpty()) {
      return Optional.empty();
    }
    mistakes.get().stream().map(draft::located).forEach(problems::add);
    if (request.train() == null && request.calibration() != null) {
      problems.add(
          draft.problem(
              ProblemCode.MISSING_KEY,
              "data.train",
              "is missing; only espalier quantize can do with data.calibration alone",
              "Add it."));
    }
    if (!mistakes.get().isEmpty()) {
      return Optional.empty();
    }
    if (scope.includes(Scope.RESUMED_RUN)) {
      problems.addAll(tasks.checkColumns(request));
    }
    return tasks.head(request);
  }

  private static String suffixed(String metric) {
    return Pattern.quote(metric) + "([_-].+)?";
  }

  /**
   * A name must be known, a folder or TorchScript file must be there.
   *
   * @param files from which scope on files are looked at
   */
  private void checkModel(
      ResolvedConfiguration draft, String key, String model, Scope files, List<Problem> problems) {
    if (!PretrainedModels.isElsewhere(model) && !PretrainedModels.isFolder(model)) {
      checkName(draft, key, "pretrained model", model, models.references(), problems);
    } else if (!PretrainedModels.isElsewhere(model)
        && scope.includes(files)
        && !Files.isDirectory(Path.of(model))
        && !(Files.isRegularFile(Path.of(model)) && TorchScript.isFile(Path.of(model)))) {
      problems.add(
          new Problem(
              ProblemKind.INPUT,
              ProblemCode.MISSING_FILE,
              draft.locate(key),
              key,
              (TorchScript.isFile(Path.of(model)) ? "the file " : "the folder ")
                  + model
                  + (Files.exists(Path.of(model)) ? " is a file" : " does not exist"),
              lookThere()));
    } else if (scope.includes(files)) {
      models.check(model).stream()
          .map(problem -> ofModel(draft, key, model, problem))
          .forEach(problems::add);
    }
  }

  /** A problem with the model as a whole is one with the key that names it. */
  private static Problem ofModel(
      ResolvedConfiguration draft, String key, String model, Problem problem) {
    return problem.location() == null || problem.location().file().equals(model)
        ? new Problem(
            problem.kind(),
            problem.code(),
            draft.locate(key),
            key,
            model + ": " + problem.message(),
            problem.advice())
        : problem;
  }

  /** Checks that {@code name} is one of {@code known}, if that is known at all. */
  private static void checkName(
      ResolvedConfiguration draft,
      String key,
      String what,
      String name,
      List<String> known,
      List<Problem> problems) {
    if (!known.isEmpty() && !known.contains(name)) {
      problems.add(unknown(draft, key, what, name, known));
    }
  }

  private static Problem unknown(
      ResolvedConfiguration draft, String key, String what, String name, List<String> known) {
    return draft.problem(
        ProblemCode.UNKNOWN_NAME,
        key,
        "there is no "
            + what
            + " \""
            + name
            + "\"; there is "
            + (known.isEmpty() ? "none at all" : String.join(", ", known)),
        known.isEmpty()
            ? "Maybe a jar is missing on the class path."
            : Suggestions.advice(name, known));
  }

  private void checkFile(
      ResolvedConfiguration draft, String key, @Nullable String reference, List<Problem> problems) {
    if (reference == null || PretrainedModels.isElsewhere(reference)) {
      return; // only whoever keeps it knows
    }
    Path file = Path.of(reference);
    if (Files.isReadable(file) && !Files.isDirectory(file)) {
      return;
    }
    String what =
        Files.isDirectory(file)
            ? " is a folder, not a file"
            : Files.exists(file) ? " cannot be read" : " does not exist";
    problems.add(
        new Problem(
            ProblemKind.INPUT,
            ProblemCode.MISSING_FILE,
            draft.locate(key),
            key,
            "the file " + file + what,
            lookThere()));
  }
}
