package dev.espalier.tuner.plugin;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whose code is called, for when it fails: what a plugin throws, be it an exception or an error, is
 * the plugin's mistake and told as one, with jar, class and method.
 *
 * @param what for instance {@code pruner "platon"}
 * @param provider class of what announced it
 * @param place the jar or folder it was loaded from
 * @param surroundings what its calls must leave as it was
 */
record PluginCode(String what, String provider, String place, Surroundings surroundings) {
  private static final String OWN = "dev.espalier.";
  private static final String ITS_MISTAKE =
      "The mistake is in the plugin and not in Espalier: tell its author, or remove the jar.";

  /** The code of {@code provider}, which announced {@code what}. */
  static PluginCode of(String what, Object provider, Surroundings surroundings) {
    return new PluginCode(what, provider.getClass().getName(), place(provider), surroundings);
  }

  /** Whether {@code provider} is Espalier's own: what goes wrong in it is a bug of ours. */
  static boolean isOurs(Object provider) {
    Class<?> type = provider.getClass();
    return type.getName().startsWith(OWN)
        && type.getClassLoader() == PluginCode.class.getClassLoader();
  }

  /** Where the class of {@code provider} was loaded from, for people. */
  static String place(Object provider) {
    CodeSource source = provider.getClass().getProtectionDomain().getCodeSource();
    return source == null || source.getLocation() == null
        ? "an unknown place"
        : path(source.getLocation());
  }

  /** The plugin in a sentence. */
  String inWords() {
    return what + ", a plugin (" + provider + " in " + place + ")";
  }

  /**
   * What {@code call} returns.
   *
   * @param called whose method it calls
   * @param method the method's name
   * @throws ProblemException of kind PLUGIN when it throws, or returns null
   */
  <T> T call(Object called, String method, Supplier<? extends @Nullable T> call) {
    return present(called, method, guarded(called, method, call, false));
  }

  /**
   * What {@code create} of a provider makes.
   *
   * @throws IllegalArgumentException when the provider refuses its parameters
   * @throws ProblemException as {@link #call}
   */
  <T> T created(Object provider, Supplier<? extends @Nullable T> create) {
    return present(provider, "create", guarded(provider, "create", create, true));
  }

  /** As {@link #call}, of what returns nothing. */
  void run(Object called, String method, Runnable call) {
    Object unused =
        guarded(
            called,
            method,
            () -> {
              call.run();
              return null;
            },
            false);
  }

  private <T> @Nullable T guarded(
      Object called, String method, Supplier<? extends @Nullable T> call, boolean mayRefuse) {
    boolean interrupted = Thread.currentThread().isInterrupted();
    try {
      return call.get();
    } catch (Throwable e) {
      if (mayRefuse && e instanceof IllegalArgumentException refusal) {
        throw refusal;
      }
      throw failed(called, method, e);
    } finally {
      surroundings.restore(interrupted, () -> inWords(called, method));
    }
  }

  private <T> T present(Object called, String method, @Nullable T result) {
    if (result == null) {
      throw broken(called, method + " returned null");
    }
    return result;
  }

  /** What to throw in place of what {@code method} threw. */
  ProblemException failed(Object called, String method, Throwable thrown) {
    if (thrown instanceof ProblemException told) {
      return new ProblemException(told.problems().stream().map(this::named).toList(), told);
    }
    String message =
        failure()
            + called.getClass().getName()
            + "."
            + method
            + (refusedExit(thrown).isPresent() ? ": " : " threw ")
            + inFull(thrown);
    return problem(message, advice(thrown), thrown);
  }

  /** What to throw when a method kept no promise: {@code did} begins with its name. */
  ProblemException broken(Object called, String did) {
    return problem(failure() + called.getClass().getName() + "." + did, ITS_MISTAKE, null);
  }

  /** The attempt to end the process that {@code thrown} comes from, if it does. */
  private static Optional<ExitRefused> refusedExit(Throwable thrown) {
    int depth = 0;
    for (Throwable each = thrown; each != null && depth < 20; each = each.getCause()) {
      if (each instanceof ExitRefused refused) {
        return Optional.of(refused);
      }
      depth++; // causes may go in a circle
    }
    return Optional.empty();
  }

  /** What the plugin itself says of its user's mistake, with the plugin's name. */
  private Problem named(Problem problem) {
    return new Problem(
        problem.kind(),
        problem.code(),
        problem.location(),
        problem.key(),
        what + ": " + problem.what(),
        problem.advice());
  }

  private String inWords(Object called, String method) {
    return place + ": " + called.getClass().getName() + "." + method + " of " + what;
  }

  private String failure() {
    return what + " failed: ";
  }

  private ProblemException problem(String message, String advice, @Nullable Throwable cause) {
    return new ProblemException(
        List.of(new Problem(ProblemKind.PLUGIN, Location.ofFile(place), message, advice)), cause);
  }

  static String advice(Throwable thrown) {
    if (thrown instanceof OutOfMemoryError) {
      return "Give Java a larger heap with -Xmx; if that does not help, tell the plugin's author, or"
          + " remove the jar.";
    }
    return thrown instanceof LinkageError && refusedExit(thrown).isEmpty()
        ? "Maybe it was built for another version of Espalier: build it again with the plugin-api of"
            + " this one, or remove the jar."
        : ITS_MISTAKE;
  }

  /** A foreign exception's own text may fail, too, and may have several lines. */
  static String inWords(Throwable thrown) {
    Optional<ExitRefused> refused = refusedExit(thrown);
    if (refused.isPresent()) {
      return "it called " + refused.orElseThrow().call();
    }
    String text;
    try {
      text = thrown.toString();
    } catch (Throwable e) {
      text = thrown.getClass().getName();
    }
    return String.valueOf(text).strip().replaceAll("\\s*\\R\\s*", "; ");
  }

  /** What was thrown, and where in the plugin. */
  static String inFull(Throwable thrown) {
    return inWords(thrown) + origin(thrown).map(frame -> ", at " + frame).orElse("");
  }

  /** The innermost call that is neither Java's nor ours. */
  private static Optional<String> origin(Throwable thrown) {
    return Arrays.stream(refusedExit(thrown).<Throwable>map(e -> e).orElse(thrown).getStackTrace())
        .filter(frame -> !frame.getClassName().matches("(java|javax|jdk|sun)\\..*"))
        .findFirst()
        .filter(frame -> !frame.getClassName().startsWith(OWN))
        .map(
            frame ->
                frame.getClassName()
                    + "."
                    + frame.getMethodName()
                    + "("
                    + frame.getFileName()
                    + ":"
                    + frame.getLineNumber()
                    + ")");
  }

  private static String path(URL location) {
    try {
      return Path.of(location.toURI()).toString();
    } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
      return location.toString();
    }
  }
}
