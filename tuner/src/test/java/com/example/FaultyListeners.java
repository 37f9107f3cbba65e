package com.example;

import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;

/** A stranger's listeners, that do whatever a test wants of them. */
public final class FaultyListeners {
  private FaultyListeners() {}

  /** One. */
  public record Tracker(RunListener does) implements RunListener {
    @Override
    public void on(RunEvent event) {
      does.on(event);
    }
  }

  /** Another. */
  public record Other(RunListener does) implements RunListener {
    @Override
    public void on(RunEvent event) {
      does.on(event);
    }
  }
}
