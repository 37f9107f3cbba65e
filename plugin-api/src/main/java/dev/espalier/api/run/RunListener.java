package dev.espalier.api.run;

/**
 * Watches a run: a progress bar, a log, an experiment tracker.
 *
 * <p>A plugin's listener is a public class with a public constructor without arguments, named in
 * {@code META-INF/services/dev.espalier.api.run.RunListener} of its jar, and found by {@link
 * java.util.ServiceLoader}. One object is made for each process. It watches only: what it throws is
 * told once, it gets no further event, and the run goes on with the same result.
 */
@FunctionalInterface
public interface RunListener {
  /** Ignores everything. */
  RunListener SILENT = event -> {};

  /**
   * Told of an event. Calls come in the order of the events, on the thread that runs, which waits:
   * long work, such as a request to a server, belongs on a thread of the listener's own, and is
   * done before this returns from {@link RunEvent.RunEnded}.
   *
   * @param event of a type that a listener may not know yet, which it ignores
   */
  void on(RunEvent event);
}
