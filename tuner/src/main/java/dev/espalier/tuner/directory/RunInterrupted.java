package dev.espalier.tuner.directory;

/** Ends a run whose user wants it to end; it can go on later. */
public final class RunInterrupted extends RuntimeException {
  RunInterrupted() {
    super("the run was interrupted");
  }
}
