package dev.espalier.tuner.plugin;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The pruners that there are, by name. */
public final class PrunerCatalog {
  private static final String SERVICES = "META-INF/services/" + PrunerProvider.class.getName();

  private final SortedMap<String, PrunerProvider> providers = new TreeMap<>();

  /**
   * A catalog of {@code providers}.
   *
   * @throws ProblemException of kind CONFIGURATION when two have the same name
   */
  public PrunerCatalog(Collection<? extends PrunerProvider> providers) {
    List<Problem> problems = new ArrayList<>();
    for (PrunerProvider provider : providers) {
      String name = provider.descriptor().name();
      PrunerProvider first = this.providers.putIfAbsent(name, provider);
      if (first != null) {
        problems.add(duplicate(name, first, provider));
      }
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  /**
   * The pruners that {@link ServiceLoader} finds through {@code loader}.
   *
   * @throws ProblemException of kind CONFIGURATION when two have the same name, or of kind
   *     ENVIRONMENT when one cannot be loaded
   */
  public PrunerCatalog(ClassLoader loader) {
    this(found(loader));
  }

  /** What there is, by name. */
  public List<PrunerDescriptor> descriptors() {
    return providers.values().stream().map(PrunerProvider::descriptor).toList();
  }

  /**
   * The descriptor of a pruner.
   *
   * @param asked where the name stands, or null when no file is concerned
   * @throws ProblemException of kind CONFIGURATION naming all pruners when there is none of that
   *     name
   */
  public PrunerDescriptor descriptor(String name, @Nullable Location asked) {
    return provider(name, asked).descriptor();
  }

  /**
   * Creates a pruner.
   *
   * @param name the pruner's name
   * @param parameters what the user set; defaults complete it
   * @param asked where the pruner is configured, or null when no file is concerned
   * @throws ProblemException of kind CONFIGURATION when there is no such pruner, or a parameter is
   *     unknown or out of range
   */
  public Pruner create(String name, Map<String, Double> parameters, @Nullable Location asked) {
    PrunerProvider provider = provider(name, asked);
    ParameterValues values;
    try {
      values = ParameterValues.of(provider.descriptor(), parameters);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          List.of(new Problem(ProblemKind.CONFIGURATION, asked, messageOf(e), null)), e);
    }
    return provider.create(values);
  }

  private PrunerProvider provider(String name, @Nullable Location asked) {
    PrunerProvider provider = providers.get(name);
    if (provider == null) {
      throw new ProblemException(
          List.of(new Problem(ProblemKind.CONFIGURATION, asked, unknown(name), advice(name))));
    }
    return provider;
  }

  private String unknown(String name) {
    return "prune_type: there is no pruner \""
        + name
        + "\"; there "
        + (providers.isEmpty() ? "is none at all" : "is " + String.join(", ", providers.keySet()));
  }

  private String advice(String name) {
    String nearest =
        providers.isEmpty()
            ? ""
            : "Maybe \""
                + Suggestions.nearest(name, providers.keySet(), 1).get(0)
                + "\" is meant; ";
    String own = "a pruner of your own needs its provider's class name in the file " + SERVICES;
    String text = nearest + own + " of a jar on the class path.";
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private static List<PrunerProvider> found(ClassLoader loader) {
    try {
      return ServiceLoader.load(PrunerProvider.class, loader).stream()
          .map(ServiceLoader.Provider::get)
          .toList();
    } catch (ServiceConfigurationError e) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.ENVIRONMENT,
                  null,
                  "a pruner plugin cannot be loaded: " + messageOf(e),
                  "Maybe its jar is broken or was built for another version; remove it from the"
                      + " class path or fix its file "
                      + SERVICES
                      + ".")),
          e);
    }
  }

  private static Problem duplicate(String name, PrunerProvider first, PrunerProvider second) {
    return new Problem(
        ProblemKind.CONFIGURATION,
        null,
        "two pruners are named \""
            + name
            + "\": "
            + first.getClass().getName()
            + " in "
            + jar(first)
            + " and "
            + second.getClass().getName()
            + " in "
            + jar(second),
        "Maybe the class path holds two versions of one jar; remove one.");
  }

  private static String jar(PrunerProvider provider) {
    CodeSource source = provider.getClass().getProtectionDomain().getCodeSource();
    return source == null || source.getLocation() == null
        ? "an unknown place"
        : source.getLocation().toString();
  }

  private static String messageOf(Throwable e) {
    return e.getMessage() == null ? e.getClass().getName() : e.getMessage();
  }
}
