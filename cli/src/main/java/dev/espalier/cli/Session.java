package dev.espalier.cli;

import dev.espalier.api.run.RunListener;
import dev.espalier.tuner.run.Interruption;
import dev.espalier.tuner.run.RunResult;
import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A run in a terminal: its progress, its summary, its problems, and what Ctrl-C does. */
final class Session {
  private static final int SECONDS_TO_END = 10;

  /** A run that begins or goes on. */
  @FunctionalInterface
  interface Work {
    RunResult run(RunListener listener, Interruption interruption);
  }

  private final boolean noProgress;
  private final PrintWriter err;

  Session(boolean noProgress, PrintWriter err) {
    this.noProgress = noProgress;
    this.err = err;
  }

  /** Runs {@code work}, prints what came of it, and returns the exit code. */
  int run(Work work) {
    Interruption interruption = new Interruption();
    CountDownLatch ended = new CountDownLatch(1);
    Thread hook = new Thread(() -> interrupt(interruption, ended), "espalier-interruption");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      RunResult result = work.run(ProgressPrinter.onConsole(System.out, noProgress), interruption);
      if (!result.summary().isEmpty()) {
        System.out.println(result.summary());
      }
      Main.print(result.problems(), err);
      return result.exitCode();
    } finally {
      ended.countDown();
      if (!interruption.isRequested()) {
        remove(hook);
      }
    }
  }

  /**
   * Waits for the run to end at its next step. A stage without steps may take longer than anybody
   * waits; it is lost then, and made again when the run goes on.
   */
  private static void interrupt(Interruption interruption, CountDownLatch ended) {
    interruption.request();
    try {
      boolean unused = ended.await(SECONDS_TO_END, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // Ctrl-C came at the very end.
    }
  }
}
