package dev.espalier.tuner.plugin;

import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.run.RunListener;
import dev.espalier.api.tuning.TuningStrategyProvider;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The plugins of one kind that there are, by name.
 *
 * @param <P> what announces a plugin
 * @param <D> what describes one
 */
final class Catalog<P, D> {
  /** Everything that a jar can announce; a plugin announces at least one of it. */
  private static final List<Class<?>> KINDS =
      List.of(PrunerProvider.class, TuningStrategyProvider.class, Metric.class, RunListener.class);

  /**
   * What a catalog holds.
   *
   * @param provider what announces a plugin
   * @param noun what a plugin is called
   * @param plural what two are called
   * @param key the configuration key that names one
   * @param describe reads a descriptor off a provider
   * @param name reads the name off a descriptor
   */
  record Kind<P, D>(
      Class<P> provider,
      String noun,
      String plural,
      String key,
      Function<P, D> describe,
      Function<D, String> name) {
    private String services() {
      return Catalog.services(provider);
    }
  }

  /**
   * A plugin that was found.
   *
   * @param code whom to blame for what goes wrong in it, or null when it is ours
   */
  record Entry<P, D>(P provider, D descriptor, @Nullable PluginCode code) {
    /**
     * What {@code create} makes of the provider.
     *
     * @throws IllegalArgumentException when the provider refuses its parameters
     * @throws ProblemException of kind PLUGIN for anything else that a plugin throws
     */
    <T> T created(Function<? super P, ? extends @Nullable T> create) {
      if (code == null) {
        return Objects.requireNonNull(create.apply(provider), () -> provider + " created nothing");
      }
      return code.created(provider, () -> create.apply(provider));
    }
  }

  private final Kind<P, D> kind;
  private final Surroundings surroundings = new Surroundings();
  private final SortedMap<String, Entry<P, D>> entries = new TreeMap<>();

  /**
   * A catalog of {@code providers}.
   *
   * @throws ProblemException of kind CONFIGURATION when two have the same name, or of kind PLUGIN
   *     when one cannot say what it is
   */
  Catalog(Kind<P, D> kind, Collection<? extends P> providers) {
    this.kind = kind;
    List<Problem> problems = new ArrayList<>();
    for (P provider : providers) {
      add(provider, problems);
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  /**
   * The plugins on the class path, and those of jars.
   *
   * @param classPath loader of the class path
   * @param plugins a loader for each jar, a child of {@code classPath}, with the jar's file for its
   *     {@linkplain ClassLoader#getName name}
   * @throws ProblemException of kind CONFIGURATION when two have the same name, of kind PLUGIN when
   *     one cannot be loaded, or of kind INPUT when a jar announces nothing at all
   */
  Catalog(Kind<P, D> kind, ClassLoader classPath, List<? extends ClassLoader> plugins) {
    this(kind, found(kind, classPath, plugins));
  }

  /** What there is, by name. */
  List<D> descriptors() {
    return entries.values().stream().map(Entry::descriptor).toList();
  }

  /** All of them, by name. */
  List<Entry<P, D>> entries() {
    return List.copyOf(entries.values());
  }

  /** Where a plugin comes from, for people. */
  String origin(String name) {
    return origin(entry(name, null).provider());
  }

  /**
   * A plugin.
   *
   * @param asked where the name stands, or null when no file is concerned
   * @throws ProblemException of kind CONFIGURATION naming all plugins when there is none of that
   *     name
   */
  Entry<P, D> entry(String name, @Nullable Location asked) {
    Entry<P, D> entry = entries.get(name);
    if (entry == null) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.CONFIGURATION,
                  ProblemCode.UNKNOWN_NAME,
                  asked,
                  asked == null ? null : kind.key(),
                  unknown(name),
                  advice(name))));
    }
    return entry;
  }

  /**
   * What {@code create} makes.
   *
   * @throws ProblemException of kind CONFIGURATION with the message of its IllegalArgumentException
   */
  static <T> T created(@Nullable Location asked, Supplier<T> create) {
    try {
      return create.get();
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          List.of(new Problem(ProblemKind.CONFIGURATION, asked, messageOf(e), null)), e);
    }
  }

  private void add(P provider, List<Problem> problems) {
    D descriptor;
    String name;
    try {
      descriptor = described(provider);
      name = kind.name().apply(descriptor);
    } catch (ProblemException e) {
      problems.addAll(e.problems());
      return;
    } catch (Throwable e) {
      problems.add(
          broken(kind, null, origin(provider) + " cannot be described: " + PluginCode.inFull(e)));
      return;
    }
    PluginCode code =
        PluginCode.isOurs(provider)
            ? null
            : PluginCode.of(kind.noun() + " \"" + name + "\"", provider, surroundings);
    Entry<P, D> first = entries.putIfAbsent(name, new Entry<>(provider, descriptor, code));
    if (first != null) {
      problems.add(duplicate(name, first.provider(), provider));
    }
  }

  private D described(P provider) {
    boolean interrupted = Thread.currentThread().isInterrupted();
    D descriptor;
    try {
      descriptor = kind.describe().apply(provider);
    } finally {
      surroundings.restore(interrupted, () -> origin(provider));
    }
    if (descriptor == null) {
      throw new IllegalStateException("descriptor returned null");
    }
    return descriptor;
  }

  private String unknown(String name) {
    return "there is no "
        + kind.noun()
        + " \""
        + name
        + "\"; there "
        + (entries.isEmpty() ? "is none at all" : "is " + String.join(", ", entries.keySet()));
  }

  private String advice(String name) {
    String nearest =
        Suggestions.closest(name, entries.keySet())
            .map(near -> "Maybe \"" + near + "\" is meant; ")
            .orElse("");
    String own =
        "a "
            + kind.noun()
            + " of your own needs its provider's class name in the file "
            + kind.services();
    String text = nearest + own + " of a jar in the folder that --plugins names.";
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  /** What can be loaded, in the order in which it is found. */
  static <P, D> List<P> found(
      Kind<P, D> kind, ClassLoader classPath, List<? extends ClassLoader> plugins) {
    List<P> all = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    // What is wrong with the class path would be found again through every plugin.
    boolean sound = load(kind, classPath, null, type -> true, all, problems);
    for (ClassLoader plugin : sound ? plugins : List.<ClassLoader>of()) {
      Location jar = Location.ofFile(plugin.getName());
      int before = all.size();
      boolean loaded =
          load(kind, plugin, jar, type -> type.getClassLoader() == plugin, all, problems);
      if (loaded && all.size() == before && !announcesAnother(kind, plugin)) {
        problems.add(nothing(kind, jar));
      }
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    return all;
  }

  /** Adds what {@code loader} finds and {@code own} accepts; false when that cannot be loaded. */
  private static <P, D> boolean load(
      Kind<P, D> kind,
      ClassLoader loader,
      @Nullable Location where,
      Predicate<Class<? extends P>> own,
      List<P> all,
      List<Problem> problems) {
    Surroundings surroundings = new Surroundings();
    boolean interrupted = Thread.currentThread().isInterrupted();
    try {
      ServiceLoader.load(kind.provider(), loader).stream()
          .filter(provider -> own.test(provider.type()))
          .map(ServiceLoader.Provider::get)
          .forEach(all::add);
      return true;
    } catch (Throwable e) {
      // Loading runs constructors and initializers, which may throw whatever they like.
      problems.add(
          broken(kind, where, "a " + kind.noun() + " plugin cannot be loaded: " + messageOf(e)));
      return false;
    } finally {
      surroundings.restore(interrupted, () -> (where == null ? "loading" : where + ": loading"));
    }
  }

  /** Whether the jar itself, and not the class path, has a services file of another kind. */
  private static boolean announcesAnother(Kind<?, ?> kind, ClassLoader plugin) {
    return plugin instanceof URLClassLoader jar
        && announced(jar).stream().anyMatch(each -> each != kind.provider());
  }

  /** The kinds that the jar itself, and not the class path, has a services file of. */
  static List<Class<?>> announced(URLClassLoader jar) {
    return KINDS.stream().filter(each -> jar.findResource(services(each)) != null).toList();
  }

  private static String services(Class<?> provider) {
    return "META-INF/services/" + provider.getName();
  }

  private static Problem broken(Kind<?, ?> kind, @Nullable Location where, String message) {
    return new Problem(
        ProblemKind.PLUGIN,
        where,
        message,
        "Maybe its jar is broken or was built for another version; remove the jar, or mend its"
            + " file "
            + kind.services()
            + ".");
  }

  private static Problem nothing(Kind<?, ?> kind, Location jar) {
    return new Problem(
        ProblemKind.INPUT,
        jar,
        "this is probably not a plugin: it announces no "
            + kind.noun()
            + " of its own in "
            + kind.services(),
        "Remove it from the folder; what a plugin needs beside plugin-api goes into the plugin's"
            + " own jar.");
  }

  private Problem duplicate(String name, P first, P second) {
    return new Problem(
        ProblemKind.CONFIGURATION,
        null,
        "two "
            + kind.plural()
            + " are named \""
            + name
            + "\": "
            + origin(first)
            + " and "
            + origin(second),
        "Maybe there are two versions of one jar; remove one.");
  }

  static String origin(Object provider) {
    return provider.getClass().getName() + " in " + PluginCode.place(provider);
  }

  private static String messageOf(Throwable e) {
    String message = e.getMessage() == null ? e.getClass().getName() : e.getMessage();
    Throwable cause = e.getCause();
    return cause == null ? message : message + " (" + PluginCode.inFull(cause) + ")";
  }
}
