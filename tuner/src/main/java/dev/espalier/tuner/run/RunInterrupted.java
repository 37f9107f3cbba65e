package dev.espalier.tuner.run;

/** Ends a run whose user wants it to end; it can go on later. */
final class RunInterrupted extends RuntimeException {
  RunInterrupted() {
    super("the run was interrupted");
  }
}
