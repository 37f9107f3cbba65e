package dev.espalier.tuner.directory;

import dev.espalier.api.run.RunListener;
import dev.espalier.core.text.ShellWords;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Lets another thread ask a run to end soon, in a state that it can be resumed from. */
public final class Interruption {
  private volatile boolean requested;
  private volatile @Nullable Path directory;

  /** Asks the run to end; it does at its next event. */
  public void request() {
    requested = true;
  }

  /** Whether the run was asked to end. */
  public boolean isRequested() {
    return requested;
  }

  /** What to tell the user of a run that ends now: how to resume it, if there is anything. */
  public String sentence() {
    Path kept = directory;
    return kept == null
        ? "Interrupted before there was anything to keep."
        : "Interrupted. Resume with: espalier resume " + ShellWords.quoted(kept.toString());
  }

  /** From now on the run can be resumed from {@code run}. */
  public void keptIn(Path run) {
    directory = run;
  }

  /** Tells {@code listener} of every event, and ends the run at the first one after a request. */
  public RunListener around(RunListener listener) {
    return event -> {
      listener.on(event);
      if (requested) {
        throw new RunInterrupted();
      }
    };
  }
}
