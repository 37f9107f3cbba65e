package dev.espalier.tuner.plugin;

import dev.espalier.api.problem.ProblemException;
import java.util.List;
import java.util.stream.Stream;

/** What plugins announce beside pruners, for people. */
public final class PluginList {
  private PluginList() {}

  /**
   * Tuning strategies, metrics and run listeners of plugins, a line each: what it is, its name, and
   * where it comes from.
   *
   * @param classPath loader of the class path
   * @param plugins a loader for each plugin, as for {@link PrunerCatalog}
   * @throws ProblemException as {@link PrunerCatalog}
   */
  public static List<String> besidePruners(
      ClassLoader classPath, List<? extends ClassLoader> plugins) {
    return Stream.of(StrategyCatalog.STRATEGIES, MetricCatalog.METRICS, RunListeners.KIND)
        .flatMap(kind -> lines(kind, classPath, plugins))
        .toList();
  }

  private static <P, D> Stream<String> lines(
      Catalog.Kind<P, D> kind, ClassLoader classPath, List<? extends ClassLoader> plugins) {
    return new Catalog<>(kind, classPath, plugins)
        .entries().stream()
            .filter(entry -> entry.code() != null)
            .map(
                entry ->
                    kind.noun()
                        + " "
                        + kind.name().apply(entry.descriptor())
                        + ", "
                        + Catalog.origin(entry.provider()));
  }
}
