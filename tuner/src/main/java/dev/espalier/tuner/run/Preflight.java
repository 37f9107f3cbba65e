package dev.espalier.tuner.run;

import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.tuner.config.ResolvedConfiguration;
import dev.espalier.tuner.plan.Planner;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What can be found wrong with a loaded configuration before model and data are read. */
public final class Preflight {
  private static final String METRIC = "evaluation.accuracy.metric";
  private static final String TASK = "data.task";

  private final ResolvedConfiguration resolved;
  private final PrunerCatalog pruners;
  private final List<Metric> metrics;

  /**
   * @param resolved what is checked
   * @param pruners the pruners that there are
   * @param metrics the metrics that there are
   */
  public Preflight(
      ResolvedConfiguration resolved, PrunerCatalog pruners, List<? extends Metric> metrics) {
    this.resolved = resolved;
    this.pruners = pruners;
    this.metrics = List.copyOf(metrics);
  }

  /**
   * Everything that is wrong; empty when nothing is. The pruner is created.
   *
   * @param tasks names of the tasks that there are
   */
  public List<Problem> problems(List<String> tasks) {
    List<Problem> problems = new ArrayList<>();
    Planner planner = new Planner(resolved, pruners);
    collect(() -> task(tasks), problems);
    collect(planner::checkSchedule, problems);
    collect(
        () -> {
          Pruner unused = planner.pruner();
        },
        problems);
    collect(
        () -> {
          Metric unused = metric();
        },
        problems);
    return problems;
  }

  /**
   * The metric that the configuration names.
   *
   * @throws ProblemException of kind CONFIGURATION naming all metrics when there is none of that
   *     name
   */
  Metric metric() {
    String name = resolved.configuration().evaluation().accuracy().metric();
    return metrics.stream()
        .filter(metric -> metric.name().equals(name))
        .findFirst()
        .orElseThrow(() -> unknown(METRIC, "metric", name, metrics.stream().map(Metric::name)));
  }

  private void task(List<String> tasks) {
    String name = resolved.configuration().data().task();
    if (!tasks.contains(name)) {
      throw unknown(TASK, "task", name, tasks.stream());
    }
  }

  private ProblemException unknown(String key, String kind, String name, Stream<String> there) {
    List<String> names = there.sorted().toList();
    return ProblemException.at(
        ProblemKind.CONFIGURATION,
        resolved.locate(key),
        "%s: there is no %s \"%s\"; there is %s"
            .formatted(key, kind, name, names.isEmpty() ? "none at all" : String.join(", ", names)),
        names.isEmpty()
            ? null
            : "Maybe \"" + Suggestions.nearest(name, names, 1).get(0) + "\" is meant.");
  }

  private static void collect(Runnable check, List<Problem> problems) {
    try {
      check.run();
    } catch (ProblemException e) {
      problems.addAll(e.problems());
    }
  }
}
