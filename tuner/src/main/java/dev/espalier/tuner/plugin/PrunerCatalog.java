package dev.espalier.tuner.plugin;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The pruners that there are, by name. */
public final class PrunerCatalog {
  private static final String SERVICES = "META-INF/services/" + PrunerProvider.class.getName();

  private record Entry(PrunerProvider provider, PrunerDescriptor descriptor) {}

  private final SortedMap<String, Entry> entries = new TreeMap<>();

  /**
   * A catalog of {@code providers}.
   *
   * @throws ProblemException of kind CONFIGURATION when two have the same name, or of kind
   *     ENVIRONMENT when one cannot say what it is
   */
  public PrunerCatalog(Collection<? extends PrunerProvider> providers) {
    List<Problem> problems = new ArrayList<>();
    for (PrunerProvider provider : providers) {
      add(provider, problems);
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
    this(loader, List.of());
  }

  /**
   * The pruners on the class path, and those of plugins.
   *
   * @param classPath loader of the class path
   * @param plugins a loader for each plugin, a child of {@code classPath}, with the plugin's file
   *     for its {@linkplain ClassLoader#getName name}
   * @throws ProblemException of kind CONFIGURATION when two have the same name, of kind ENVIRONMENT
   *     when one cannot be loaded, or of kind INPUT when a plugin has none
   */
  public PrunerCatalog(ClassLoader classPath, List<? extends ClassLoader> plugins) {
    this(found(classPath, plugins));
  }

  /** What there is, by name. */
  public List<PrunerDescriptor> descriptors() {
    return entries.values().stream().map(Entry::descriptor).toList();
  }

  /**
   * Where a pruner comes from, for people: its provider's class, and the jar or folder it was
   * loaded from.
   *
   * @throws ProblemException of kind CONFIGURATION when there is no such pruner
   */
  public String origin(String name) {
    return origin(entry(name, null).provider());
  }

  /**
   * The descriptor of a pruner.
   *
   * @param asked where the name stands, or null when no file is concerned
   * @throws ProblemException of kind CONFIGURATION naming all pruners when there is none of that
   *     name
   */
  public PrunerDescriptor descriptor(String name, @Nullable Location asked) {
    return entry(name, asked).descriptor();
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
    Entry entry = entry(name, asked);
    try {
      return entry.provider().create(ParameterValues.of(entry.descriptor(), parameters));
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          List.of(new Problem(ProblemKind.CONFIGURATION, asked, messageOf(e), null)), e);
    }
  }

  private void add(PrunerProvider provider, List<Problem> problems) {
    PrunerDescriptor descriptor;
    try {
      descriptor = provider.descriptor();
    } catch (RuntimeException | LinkageError e) {
      problems.add(broken(null, origin(provider) + " cannot be described: " + messageOf(e)));
      return;
    }
    Entry first = entries.putIfAbsent(descriptor.name(), new Entry(provider, descriptor));
    if (first != null) {
      problems.add(duplicate(descriptor.name(), first.provider(), provider));
    }
  }

  private Entry entry(String name, @Nullable Location asked) {
    Entry entry = entries.get(name);
    if (entry == null) {
      String key = asked == null ? "" : "prune_type: ";
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.CONFIGURATION,
                  ProblemCode.UNKNOWN_NAME,
                  asked,
                  key + unknown(name),
                  advice(name))));
    }
    return entry;
  }

  private String unknown(String name) {
    return "there is no pruner \""
        + name
        + "\"; there "
        + (entries.isEmpty() ? "is none at all" : "is " + String.join(", ", entries.keySet()));
  }

  private String advice(String name) {
    String nearest =
        entries.isEmpty()
            ? ""
            : "Maybe \"" + Suggestions.nearest(name, entries.keySet(), 1).get(0) + "\" is meant; ";
    String own = "a pruner of your own needs its provider's class name in the file " + SERVICES;
    String text = nearest + own + " of a jar in the folder that --plugins names.";
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private static List<PrunerProvider> found(
      ClassLoader classPath, List<? extends ClassLoader> plugins) {
    List<PrunerProvider> all = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    // What is wrong with the class path would be found again through every plugin.
    boolean sound = load(classPath, null, type -> true, all, problems);
    for (ClassLoader plugin : sound ? plugins : List.<ClassLoader>of()) {
      Location jar = Location.ofFile(plugin.getName());
      int before = all.size();
      boolean loaded = load(plugin, jar, type -> type.getClassLoader() == plugin, all, problems);
      if (loaded && all.size() == before) {
        problems.add(noPruner(jar));
      }
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    return all;
  }

  /** Adds what {@code loader} finds and {@code own} accepts; false when that cannot be loaded. */
  private static boolean load(
      ClassLoader loader,
      @Nullable Location where,
      Predicate<Class<? extends PrunerProvider>> own,
      List<PrunerProvider> all,
      List<Problem> problems) {
    try {
      ServiceLoader.load(PrunerProvider.class, loader).stream()
          .filter(provider -> own.test(provider.type()))
          .map(ServiceLoader.Provider::get)
          .forEach(all::add);
      return true;
    } catch (ServiceConfigurationError | LinkageError e) {
      problems.add(broken(where, "a pruner plugin cannot be loaded: " + messageOf(e)));
      return false;
    }
  }

  private static Problem broken(@Nullable Location where, String message) {
    return new Problem(
        ProblemKind.ENVIRONMENT,
        where,
        message,
        "Maybe its jar is broken or was built for another version; remove the jar, or mend its"
            + " file "
            + SERVICES
            + ".");
  }

  private static Problem noPruner(Location jar) {
    return new Problem(
        ProblemKind.INPUT,
        jar,
        "this is probably not a plugin: it announces no pruner of its own in " + SERVICES,
        "Remove it from the folder; what a plugin needs beside plugin-api goes into the plugin's"
            + " own jar.");
  }

  private static Problem duplicate(String name, PrunerProvider first, PrunerProvider second) {
    return new Problem(
        ProblemKind.CONFIGURATION,
        null,
        "two pruners are named \"" + name + "\": " + origin(first) + " and " + origin(second),
        "Maybe there are two versions of one jar; remove one.");
  }

  private static String origin(PrunerProvider provider) {
    CodeSource source = provider.getClass().getProtectionDomain().getCodeSource();
    return provider.getClass().getName()
        + " in "
        + (source == null || source.getLocation() == null
            ? "an unknown place"
            : place(source.getLocation()));
  }

  private static String place(URL location) {
    try {
      return Path.of(location.toURI()).toString();
    } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
      return location.toString();
    }
  }

  private static String messageOf(Throwable e) {
    String message = e.getMessage() == null ? e.getClass().getName() : e.getMessage();
    return e.getCause() == null ? message : message + " (" + e.getCause() + ")";
  }
}
