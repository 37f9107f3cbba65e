package dev.espalier.tuner.run;

import dev.espalier.api.run.RunListener;

/** Lets another thread ask a run to end soon, in a state that it can go on from. */
public final class Interruption {
  private volatile boolean requested;

  /** Asks the run to end; it does at its next event. */
  public void request() {
    requested = true;
  }

  /** Whether the run was asked to end. */
  public boolean isRequested() {
    return requested;
  }

  /** Tells {@code listener} of every event, and ends the run at the first one after a request. */
  RunListener around(RunListener listener) {
    return event -> {
      listener.on(event);
      if (requested) {
        throw new RunInterrupted();
      }
    };
  }
}
