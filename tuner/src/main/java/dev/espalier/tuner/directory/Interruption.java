package dev.espalier.tuner.directory;

import dev.espalier.core.text.ShellWords;
import dev.espalier.core.training.StopSignal;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Lets another thread ask a run to end soon, in a state that it can be resumed from. */
public final class Interruption {
  private final StopSignal signal = new StopSignal();
  private volatile @Nullable Path directory;

  /** Asks the run to end; it does after its present step or stage. */
  public void request() {
    signal.request();
  }

  /** Whether the run was asked to end. */
  public boolean isRequested() {
    return signal.isRequested();
  }

  /** What the run's work asks for. */
  public StopSignal signal() {
    return signal;
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
}
