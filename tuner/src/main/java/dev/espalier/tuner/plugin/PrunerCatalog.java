package dev.espalier.tuner.plugin;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.pruning.Need;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The pruners that there are, by name. */
public final class PrunerCatalog {
  private static final Catalog.Kind<PrunerProvider, PrunerDescriptor> PRUNERS =
      new Catalog.Kind<>(
          PrunerProvider.class,
          "pruner",
          "pruners",
          "prune_type",
          PrunerProvider::descriptor,
          PrunerDescriptor::name);

  private final Catalog<PrunerProvider, PrunerDescriptor> catalog;

  /**
   * A catalog of {@code providers}.
   *
   * @throws ProblemException of kind CONFIGURATION when two have the same name, or of kind PLUGIN
   *     when one cannot say what it is
   */
  public PrunerCatalog(Collection<? extends PrunerProvider> providers) {
    this.catalog = new Catalog<>(PRUNERS, providers);
  }

  /**
   * The pruners that {@link java.util.ServiceLoader} finds through {@code loader}.
   *
   * @throws ProblemException of kind CONFIGURATION when two have the same name, or of kind PLUGIN
   *     when one cannot be loaded
   */
  public PrunerCatalog(ClassLoader loader) {
    this(loader, List.of());
  }

  /**
   * The pruners on the class path, and those of plugins.
   *
   * @param classPath loader of the class path
   * @param plugins a loader for each plugin, a child of {@code classPath}, with the plugin's file
   *     for its {@linkplain ClassLoader#getName name}
   * @throws ProblemException of kind CONFIGURATION when two have the same name, of kind PLUGIN when
   *     one cannot be loaded, or of kind INPUT when a plugin announces nothing
   */
  public PrunerCatalog(ClassLoader classPath, List<? extends ClassLoader> plugins) {
    this.catalog = new Catalog<>(PRUNERS, classPath, plugins);
  }

  /** What there is, by name. */
  public List<PrunerDescriptor> descriptors() {
    return catalog.descriptors();
  }

  /**
   * Where a pruner comes from, for people: its provider's class, and the jar or folder it was
   * loaded from.
   *
   * @throws ProblemException of kind CONFIGURATION when there is no such pruner
   */
  public String origin(String name) {
    return catalog.origin(name);
  }

  /**
   * The descriptor of a pruner.
   *
   * @param asked where the name stands, or null when no file is concerned
   * @throws ProblemException of kind CONFIGURATION naming all pruners when there is none of that
   *     name
   */
  public PrunerDescriptor descriptor(String name, @Nullable Location asked) {
    return catalog.entry(name, asked).descriptor();
  }

  /**
   * What a pruner with the default of each parameter needs beside the weights.
   *
   * @throws ProblemException as {@link #create}
   */
  public Set<Need> needs(String name) {
    return Need.of(create(name, Map.of(), null));
  }

  /**
   * Creates a pruner.
   *
   * @param name the pruner's name
   * @param parameters what the user set; defaults complete it
   * @param asked where the pruner is configured, or null when no file is concerned
   * @throws ProblemException of kind CONFIGURATION when there is no such pruner, a parameter is
   *     unknown or out of range, or the provider refuses the combination
   */
  public Pruner create(String name, Map<String, ?> parameters, @Nullable Location asked) {
    Catalog.Entry<PrunerProvider, PrunerDescriptor> entry = catalog.entry(name, asked);
    Pruner pruner =
        Catalog.created(
            asked,
            () -> {
              ParameterValues values = ParameterValues.of(entry.descriptor(), parameters);
              return entry.<Pruner>created(provider -> provider.create(values));
            });
    return entry.code() == null ? pruner : GuardedPruners.of(pruner, entry.code());
  }
}
