package dev.espalier.tuner.plugin;

import dev.espalier.api.metric.AnswerMetric;
import dev.espalier.api.metric.ClassificationMetric;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.ProblemException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** The metrics that there are. */
public final class MetricCatalog {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  static final Catalog.Kind<Metric, Named> METRICS =
      new Catalog.Kind<>(
          Metric.class,
          "metric",
          "metrics",
          "evaluation.accuracy.metric",
          MetricCatalog::described,
          Named::inWords);

  private MetricCatalog() {}

  /**
   * A metric. Two of different kinds may share a name.
   *
   * @param provider as it was found
   * @param metric the same, guarded if it is not ours
   */
  record Named(Metric provider, Metric metric) {
    String inWords() {
      String kind =
          metric instanceof ClassificationMetric
              ? "classes"
              : metric instanceof AnswerMetric ? "answers" : "values";
      return metric.name() + " of " + kind;
    }
  }

  /**
   * The metrics on the class path, and those of plugins.
   *
   * @param own those that are not announced
   * @param classPath loader of the class path
   * @param plugins a loader for each plugin, as for {@link PrunerCatalog}
   * @throws ProblemException as {@link PrunerCatalog}
   */
  public static List<Metric> of(
      List<? extends Metric> own, ClassLoader classPath, List<? extends ClassLoader> plugins) {
    List<Metric> all = new ArrayList<>(own);
    all.addAll(Catalog.found(METRICS, classPath, plugins));
    return new Catalog<>(METRICS, all)
        .descriptors().stream()
            .sorted(Comparator.comparingInt(named -> all.indexOf(named.provider())))
            .map(Named::metric)
            .toList();
  }

  private static Named described(Metric metric) {
    if (PluginCode.isOurs(metric)) {
      return new Named(metric, metric);
    }
    PluginCode code = PluginCode.of("a metric", metric, new Surroundings());
    String name = code.call(metric, "name", metric::name);
    if (!NAME.matcher(name).matches()) {
      throw code.broken(metric, "name returned \"" + name + "\", which must match " + NAME);
    }
    PluginCode named = PluginCode.of("metric \"" + name + "\"", metric, code.surroundings());
    return new Named(metric, GuardedMetrics.of(metric, name, named));
  }
}
