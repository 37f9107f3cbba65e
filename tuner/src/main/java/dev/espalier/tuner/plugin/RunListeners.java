package dev.espalier.tuner.plugin;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everyone who watches a run: a first listener, which is trusted, and those of plugins, which can
 * neither end the run nor change what comes of it. A plugin's listener that throws gets no further
 * event, and the others get a note of that.
 *
 * <p>Not safe for several threads: a run tells its events on one.
 */
public final class RunListeners implements RunListener {
  /** Listeners have no name of their own; the class is one. */
  static final Catalog.Kind<RunListener, String> KIND =
      new Catalog.Kind<>(
          RunListener.class,
          "run listener",
          "run listeners",
          "",
          listener -> listener.getClass().getName(),
          Function.identity());

  private static final Logger LOG = LoggerFactory.getLogger(RunListeners.class);

  private final RunListener first;
  private final List<Guarded> plugins;

  private RunListeners(RunListener first, List<Guarded> plugins) {
    this.first = first;
    this.plugins = new ArrayList<>(plugins);
  }

  /**
   * A plugin's listener.
   *
   * @param code whom to blame for what goes wrong in it
   */
  private record Guarded(RunListener listener, PluginCode code) {
    /**
     * Tells the listener, and returns what it threw, in words; empty when it threw nothing.
     *
     * @throws VirtualMachineError when memory is exhausted or the virtual machine broken, which no
     *     listener need be to blame for
     */
    Optional<String> failure(RunEvent event) {
      try {
        code.run(listener, "on", () -> listener.on(event));
        return Optional.empty();
      } catch (ProblemException e) {
        if (e.getCause() instanceof VirtualMachineError error
            && !(error instanceof StackOverflowError)) {
          throw error;
        }
        LOG.debug("a run listener failed", e);
        Problem problem = e.problems().get(0);
        return Optional.of(
            code.place()
                + ": "
                + problem.message()
                + "; the event was "
                + inWords(event)
                + ". It gets no further events, and the run goes on without it.");
      }
    }
  }

  /** The listeners of plugins, which are not told of anything yet. */
  public static final class Loaded {
    private final List<Guarded> plugins;

    private Loaded(List<Guarded> plugins) {
      this.plugins = plugins;
    }

    /**
     * All of them behind {@code first}.
     *
     * @param first told first, of everything, notes about the others included; what it throws is
     *     not caught
     */
    public RunListener behind(RunListener first) {
      return plugins.isEmpty() ? first : new RunListeners(first, plugins);
    }
  }

  /**
   * The run listeners on the class path, and those of plugins.
   *
   * @param classPath loader of the class path
   * @param plugins a loader for each plugin, as for {@link PrunerCatalog}
   * @throws ProblemException as {@link PrunerCatalog}; a listener that cannot be loaded is told
   *     before a run begins
   */
  public static Loaded of(ClassLoader classPath, List<? extends ClassLoader> plugins) {
    return loaded(new Catalog<>(KIND, classPath, plugins));
  }

  /** As {@link #of(ClassLoader, List)}, of listeners that were made already. */
  static Loaded of(Collection<? extends RunListener> listeners) {
    return loaded(new Catalog<>(KIND, listeners));
  }

  private static Loaded loaded(Catalog<RunListener, String> catalog) {
    return new Loaded(catalog.entries().stream().map(RunListeners::guarded).toList());
  }

  private static Guarded guarded(Catalog.Entry<RunListener, String> entry) {
    PluginCode code = entry.code();
    String what = KIND.noun() + " \"" + entry.descriptor() + "\"";
    return new Guarded(
        entry.provider(),
        code == null ? PluginCode.of(what, entry.provider(), new Surroundings()) : code);
  }

  /** Whether a jar announces run listeners and nothing that could change a result. */
  public static boolean isOnly(URLClassLoader jar) {
    return Catalog.announced(jar).equals(List.of(RunListener.class));
  }

  @Override
  public void on(RunEvent event) {
    first.on(event);
    List<String> failures = new ArrayList<>();
    for (int i = 0; i < plugins.size(); ) {
      try {
        Optional<String> failure = plugins.get(i).failure(event);
        if (failure.isEmpty()) {
          i++;
        } else {
          plugins.remove(i);
          failures.add(failure.get());
        }
      } catch (VirtualMachineError e) {
        plugins.remove(i); // so that it is not told of the end that this brings about
        throw e;
      }
    }
    // To plugins the end is the last event.
    RunListener told = event instanceof RunEvent.RunEnded ? first : this;
    failures.forEach(failure -> told.on(new RunEvent.Note(failure)));
  }

  private static String inWords(RunEvent event) {
    String type = event.getClass().getSimpleName();
    if (event instanceof RunEvent.StepDone done) {
      return type + " of trial " + done.trial() + " at step " + done.step();
    }
    if (event instanceof RunEvent.StageStarted started) {
      return type + " of trial " + started.trial() + ", " + started.stage();
    }
    return event instanceof RunEvent.StageFinished finished
        ? type + " of trial " + finished.trial() + ", " + finished.stage()
        : type;
  }
}
