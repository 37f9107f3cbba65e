package dev.espalier.api.run;

/** Watches a run: a progress bar, a log, an experiment tracker. */
@FunctionalInterface
public interface RunListener {
  /** Ignores everything. */
  RunListener SILENT = event -> {};

  /** Called in the order of the events, on the thread that runs; must return quickly. */
  void on(RunEvent event);
}
