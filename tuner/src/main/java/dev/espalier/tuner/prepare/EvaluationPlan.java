package dev.espalier.tuner.prepare;

import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.config.Configuration;
import dev.espalier.config.Configuration.AccuracyCriterion;
import dev.espalier.config.Configuration.JudgedMetric;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.tuner.result.Criterion;
import dev.espalier.tuner.result.LossLimit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is measured of each exported file, and how it is judged.
 *
 * @param measured the task's own metrics and those that are judged
 * @param criterion on which of them, by their names with the suffix of the set that they belong to
 */
public record EvaluationPlan(List<Metric> measured, Criterion criterion) {
  private static final String ACCURACY = "evaluation.accuracy";

  /**
   * Looks up what is configured, or else the task's first metric.
   *
   * @param metrics the metrics that there are
   * @throws ProblemException of kind CONFIGURATION with every metric that does not go with the task
   */
  public static EvaluationPlan of(
      ResolvedConfiguration resolved, List<? extends Metric> metrics, TaskData data) {
    Configuration configuration = resolved.configuration();
    Configuration.Accuracy asked = configuration.evaluation().accuracy();
    AccuracyCriterion shared = configuration.tuning().accuracyCriterion();
    List<Metric> fitting = new ArrayList<>();
    metrics.stream().filter(each -> EvaluationSet.fits(each, data.head())).forEach(fitting::add);
    List<Problem> problems = new ArrayList<>();
    List<Metric> judged = new ArrayList<>();
    List<LossLimit> limits = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    List<JudgedMetric> several = asked.multiMetrics();
    for (int i = 0; i < Math.max(1, several.size()); i++) {
      JudgedMetric one = several.isEmpty() ? null : several.get(i);
      String name = one == null ? asked.metric() : one.metric();
      String known = name == null ? data.metrics().get(0) : name;
      Optional<Metric> metric = find(known, fitting, data);
      if (metric.isEmpty()) {
        String path = ACCURACY + (one == null ? ".metric" : ".multi_metrics[" + i + "].metric");
        problems.add(unfitting(resolved, path, known, names(fitting, data)));
        continue;
      }
      judged.add(metric.get());
      limits.add(limit(known, metric.get(), one, shared));
      if (one != null && one.weight() != null) {
        weights.add(one.weight());
      }
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    List<Metric> measured =
        fitting.stream()
            .filter(each -> judged.contains(each) || data.metrics().contains(each.name()))
            .toList();
    return new EvaluationPlan(measured, new Criterion(limits, weights));
  }

  private static Optional<Metric> find(String name, List<Metric> fitting, TaskData data) {
    return fitting.stream()
        .filter(
            metric ->
                data.evaluations().stream()
                    .anyMatch(set -> name.equals(metric.name() + set.suffix())))
        .findFirst();
  }

  /** The names that may be written: the task's own metrics first, each with every set's suffix. */
  private static List<String> names(List<Metric> fitting, TaskData data) {
    List<String> names =
        data.evaluations().stream()
            .flatMap(set -> fitting.stream().map(metric -> metric.name() + set.suffix()))
            .sorted()
            .collect(Collectors.toCollection(ArrayList::new));
    String first = data.metrics().get(0);
    if (names.remove(first)) {
      names.add(0, first);
    }
    return names;
  }

  /** A metric's own limit, or else the one that is set for all. */
  private static LossLimit limit(
      String name, Metric metric, @Nullable JudgedMetric own, AccuracyCriterion shared) {
    boolean isOwn = own != null && (own.relative() != null || own.absolute() != null);
    Double relative = isOwn ? own.relative() : shared.relative();
    Double absolute = isOwn ? own.absolute() : shared.absolute();
    if (relative != null) {
      return new LossLimit(name, metric.higherIsBetter(), LossLimit.Kind.RELATIVE, relative);
    }
    if (absolute != null) {
      return new LossLimit(name, metric.higherIsBetter(), LossLimit.Kind.ABSOLUTE, absolute);
    }
    throw new IllegalStateException("the loader lets no criterion without a limit pass");
  }

  /**
   * A metric that there is, but not for the task.
   *
   * @param names of those that there are for it, the likeliest to be meant first
   */
  static Problem unfitting(
      ResolvedConfiguration resolved, String path, String name, List<String> names) {
    return resolved.problem(
        ProblemCode.CONTRADICTION,
        path,
        name
            + " does not go with the task "
            + resolved.configuration().data().task()
            + (names.isEmpty() ? "" : "; there is " + String.join(", ", names)),
        names.isEmpty()
            ? "Maybe a jar is missing on the class path."
            : Suggestions.advice(name, names));
  }
}
