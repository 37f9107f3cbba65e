package dev.espalier.core.training;

/**
 * A user's wish that a run end soon, in a state that it can be resumed from. Any thread may set it;
 * the work itself asks for it where it can end: between two training steps and between two stages.
 * Set once, it stays set.
 */
public final class StopSignal {
  private volatile boolean requested;

  /** Asks the work to stop. */
  public void request() {
    requested = true;
  }

  /** Whether the work was asked to stop. */
  public boolean isRequested() {
    return requested;
  }

  /**
   * Called where the work can end without loss.
   *
   * @throws Stopped when it was asked to stop
   */
  public void check() {
    if (requested) {
      throw new Stopped();
    }
  }
}
