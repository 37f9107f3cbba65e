package dev.espalier.core.training;

/**
 * The outcome of work that ended because a {@link StopSignal} asked it to: no mistake, and nothing
 * that a trial could be blamed for. Thrown by {@link StopSignal#check} alone, and caught where the
 * run's result is made.
 */
public final class Stopped extends RuntimeException {
  Stopped() {
    // Where the work happened to be tells nobody anything.
    super("the run was asked to stop", null, false, false);
  }
}
