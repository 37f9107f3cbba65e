package dev.espalier.cli;

import dev.espalier.api.run.RunListener;
import dev.espalier.core.files.TemporaryPaths;
import dev.espalier.tuner.directory.Interruption;
import dev.espalier.tuner.plugin.RunListeners;
import dev.espalier.tuner.run.RunResult;
import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A run in a terminal: its progress, its summary, its problems, and what Ctrl-C does. */
final class Session {
  private static final int SECONDS_TO_END = 10;

  /** What a signal does now; without a session there is nothing to keep, and drafts go. */
  private static final AtomicReference<Runnable> ON_SIGNAL =
      new AtomicReference<>(
          () -> {
            TemporaryPaths.removeAll();
            endNow("Interrupted.");
          });

  /** A run that begins or is resumed. */
  @FunctionalInterface
  interface Work {
    RunResult run(RunListener listener, Interruption interruption);
  }

  private final boolean noProgress;
  private final RunListeners.Loaded listeners;
  private final PrintWriter err;

  /**
   * @param noProgress whether the user asked for plain lines
   * @param listeners of plugins, which watch the run, too
   */
  Session(boolean noProgress, RunListeners.Loaded listeners, PrintWriter err) {
    this.noProgress = noProgress;
    this.listeners = listeners;
    this.err = err;
  }

  /** From now on Ctrl-C, SIGTERM and SIGHUP end the process with 130, whatever it does. */
  static void takeSignals() {
    Signals.handle(() -> ON_SIGNAL.get().run());
  }

  /** Runs {@code work}, prints what came of it, and returns the exit code. */
  int run(Work work) {
    RunResult result = watched(work);
    if (!result.summary().isEmpty()) {
      System.out.println(result.summary());
    }
    Main.print(result.problems(), err);
    return result.exitCode();
  }

  private RunResult watched(Work work) {
    Interruption interruption = new Interruption();
    ProgressPrinter progress = ProgressPrinter.onConsole(System.out, noProgress);
    Runnable before = ON_SIGNAL.getAndSet(() -> interrupt(interruption, progress));
    try {
      return work.run(listeners.behind(progress), interruption);
    } finally {
      ON_SIGNAL.set(before);
      progress.end();
    }
  }

  /**
   * Lets the run end at its next step, and ends it after a while, or at a second signal, when there
   * is none: a stage without steps may take longer than anybody waits. It is lost then, and made
   * again when the run is resumed.
   */
  private static void interrupt(Interruption interruption, ProgressPrinter progress) {
    progress.end();
    if (interruption.isRequested()) {
      endNow(interruption.sentence());
    }
    interruption.request();
    Thread patience =
        new Thread(
            () -> {
              try {
                TimeUnit.SECONDS.sleep(SECONDS_TO_END);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              endNow(interruption.sentence());
            },
            "espalier-interruption");
    patience.setDaemon(true);
    patience.start();
  }

  /** Ends the process at once: what is on the disk is all that a run needs to be resumed. */
  private static void endNow(String sentence) {
    System.out.println(sentence);
    System.out.flush();
    Runtime.getRuntime().halt(RunResult.INTERRUPTED);
  }
}
