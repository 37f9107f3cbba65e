package dev.espalier.tuner.plugin;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.tuning.StrategyDescriptor;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.api.tuning.TuningStrategyProvider;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tuning strategies that there are, by name. */
public final class StrategyCatalog {
  static final Catalog.Kind<TuningStrategyProvider, StrategyDescriptor> STRATEGIES =
      new Catalog.Kind<>(
          TuningStrategyProvider.class,
          "tuning strategy",
          "tuning strategies",
          "tuning.strategy.name",
          TuningStrategyProvider::descriptor,
          StrategyDescriptor::name);

  private final Catalog<TuningStrategyProvider, StrategyDescriptor> catalog;

  /**
   * A catalog of {@code providers}.
   *
   * @throws ProblemException of kind CONFIGURATION when two have the same name, or of kind PLUGIN
   *     when one cannot say what it is
   */
  public StrategyCatalog(Collection<? extends TuningStrategyProvider> providers) {
    this.catalog = new Catalog<>(STRATEGIES, providers);
  }

  /**
   * The strategies on the class path, and those of plugins.
   *
   * @param classPath loader of the class path
   * @param plugins a loader for each plugin, as for {@link PrunerCatalog}
   * @throws ProblemException as {@link PrunerCatalog}
   */
  public StrategyCatalog(ClassLoader classPath, List<? extends ClassLoader> plugins) {
    this.catalog = new Catalog<>(STRATEGIES, classPath, plugins);
  }

  /** What there is, by name. */
  public List<StrategyDescriptor> descriptors() {
    return catalog.descriptors();
  }

  /**
   * Creates a strategy.
   *
   * @param name the strategy's name
   * @param parameters what the user set; defaults complete it
   * @param asked where the strategy is configured, or null when no file is concerned
   * @throws ProblemException of kind CONFIGURATION when there is no such strategy, a parameter is
   *     unknown or out of range, or the provider refuses the combination
   */
  public TuningStrategy create(String name, Map<String, ?> parameters, @Nullable Location asked) {
    Catalog.Entry<TuningStrategyProvider, StrategyDescriptor> entry = catalog.entry(name, asked);
    StrategyDescriptor descriptor = entry.descriptor();
    String owner = "strategy " + descriptor.name();
    TuningStrategy strategy =
        Catalog.created(
            asked,
            () -> {
              ParameterValues values =
                  ParameterValues.of(owner, descriptor.parameters(), parameters);
              return entry.<TuningStrategy>created(provider -> provider.create(values));
            });
    return entry.code() == null ? strategy : new GuardedStrategy(strategy, entry.code());
  }
}
