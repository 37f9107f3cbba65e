package dev.espalier.cli;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * While a command works, nobody but the command ends the process. In the jars of plugins the calls
 * that would are refused ({@link dev.espalier.tuner.plugin.PluginLoader}); what remains, a class on
 * the class path or a call by reflection of {@link System#exit}, is noticed here, and the exit code
 * is not what the caller asked for.
 *
 * <p>A signal is no such call and left alone. {@link Runtime#halt} by reflection cannot be noticed
 * from within.
 */
final class ExitGuard {
  /** What may end the process: the command itself, and what answers signals. */
  private static final String OURS = ExitGuard.class.getPackageName() + ".";

  /** See {@link ExitCodes#FAILED}. */
  private static final int FAILED = 4;

  private static final int SECONDS_FOR_HOOKS = 10;

  private ExitGuard() {}

  /**
   * Runs {@code command}, and returns its exit code, by which only the caller may end the process.
   */
  static int during(IntSupplier command, PrintStream err) {
    Thread hook = new Thread(() -> check(err), "espalier-exit-guard");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return command.getAsInt();
    } finally {
      remove(hook);
    }
  }

  /**
   * Ends the process, although threads still work, and after a while although a shutdown hook does.
   */
  static void end(int exitCode) {
    Thread patience =
        new Thread(
            () -> {
              try {
                TimeUnit.SECONDS.sleep(SECONDS_FOR_HOOKS);
              } catch (InterruptedException e) {
                // Whoever wants it to end sooner gets that.
              }
              Runtime.getRuntime().halt(exitCode);
            },
            "espalier-end");
    patience.setDaemon(true);
    patience.start();
    System.exit(exitCode);
  }

  private static void remove(Thread hook) {
    try {
      boolean unused = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // A signal came at the very end.
    }
  }

  private static void check(PrintStream err) {
    caller(Thread.getAllStackTraces().values())
        .ifPresent(
            caller -> {
              err.println(
                  said(caller)
                      + System.lineSeparator()
                      + "  What was finished is kept: espalier resume resumes a run. Tell the"
                      + " plugin's author, or remove the jar."
                      + System.lineSeparator()
                      + "  docs/errors/plugin.md");
              err.flush();
              Runtime.getRuntime().halt(FAILED);
            });
  }

  /** Who called {@link Runtime#exit}, if it was not the command itself. */
  static Optional<StackTraceElement> caller(Collection<StackTraceElement[]> stacks) {
    for (StackTraceElement[] stack : stacks) {
      List<StackTraceElement> frames = Arrays.asList(stack);
      for (int i = 0; i + 1 < frames.size(); i++) {
        StackTraceElement next = frames.get(i + 1);
        if (isExit(frames.get(i)) && !isExit(next)) {
          return next.getClassName().startsWith(OURS) ? Optional.empty() : Optional.of(next);
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isExit(StackTraceElement frame) {
    return frame.getMethodName().equals("exit")
        && (frame.getClassName().equals("java.lang.Runtime")
            || frame.getClassName().equals("java.lang.System"));
  }

  private static String said(StackTraceElement caller) {
    // Plugins' class loaders have the jar's path for a name.
    String loader = caller.getClassLoaderName();
    return (loader == null || loader.equals("app") ? "" : loader + ": ")
        + caller.getClassName()
        + "."
        + caller.getMethodName()
        + "("
        + caller.getFileName()
        + ":"
        + caller.getLineNumber()
        + ") ended the process with System.exit while Espalier was at work";
  }
}
