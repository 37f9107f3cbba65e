package dev.espalier.tuner.plugin;

import java.util.Arrays;

/**
 * What a plugin gets when it tries to end the process: {@link PluginLoader} has its classes call
 * these methods in place of {@link System#exit}, {@link Runtime#exit} and {@link Runtime#halt}. A
 * command's exit code says what was found out, so only the command gives it.
 */
@SuppressWarnings("DoNotCallSuggester") // what is called throws, that is the point
public final class ExitRefused extends Error {
  private static final long serialVersionUID = 1;

  private ExitRefused(String call) {
    super(call);
    StackTraceElement[] stack = getStackTrace();
    // Without the method here, so that it begins where the plugin calls.
    setStackTrace(Arrays.copyOfRange(stack, Math.min(1, stack.length), stack.length));
  }

  /** In place of {@link System#exit}. */
  public static void exit(int status) {
    throw new ExitRefused("System.exit(" + status + ")");
  }

  /** In place of {@link Runtime#exit}. */
  public static void exit(Runtime runtime, int status) {
    throw new ExitRefused("Runtime.exit(" + status + ")");
  }

  /** In place of {@link Runtime#halt}. */
  public static void halt(Runtime runtime, int status) {
    throw new ExitRefused("Runtime.halt(" + status + ")");
  }

  /** The call, for the sentence of {@link PluginCode}. */
  String call() {
    return String.valueOf(getMessage());
  }
}
