package dev.espalier.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Objects;

/**
 * Ctrl-C, SIGTERM and SIGHUP as calls, in place of the virtual machine's own shutdown. That one
 * runs beside the work: ONNX Runtime's library cannot be loaded any more then, and its environment
 * is closed under sessions that are in use, which aborts the process.
 *
 * <p>{@code sun.misc.Signal} is the only way to get there; by reflection, since the compiler warns
 * of it in a way that cannot be silenced.
 */
final class Signals {
  private static final List<String> NAMES = List.of("INT", "TERM", "HUP");

  private Signals() {}

  /**
   * Calls {@code action}, on a thread of its own, for every signal from now on. A signal that the
   * process was started to ignore ({@code nohup}) stays ignored, and where there are no signals
   * nothing happens.
   */
  static void handle(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlers = Class.forName("sun.misc.SignalHandler");
      Object ignore = handlers.getField("SIG_IGN").get(null);
      Method handle = signal.getMethod("handle", signal, handlers);
      Object handler =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(), new Class<?>[] {handlers}, calling(action));
      for (String name : NAMES) {
        handle(name, signal, handle, handler, ignore);
      }
    } catch (ReflectiveOperationException e) {
      // A virtual machine without them ends the process by itself, with its own exit code.
    }
  }

  private static void handle(
      String name, Class<?> signal, Method handle, Object handler, Object ignore)
      throws ReflectiveOperationException {
    try {
      Object one = signal.getConstructor(String.class).newInstance(name);
      Object before = handle.invoke(null, one, handler);
      if (Objects.equals(before, ignore)) {
        Object unused = handle.invoke(null, one, before);
      }
    } catch (InvocationTargetException e) {
      // The system has no such signal, or the virtual machine keeps it to itself (-Xrs).
    }
  }

  private static InvocationHandler calling(Runnable action) {
    return (proxy, method, arguments) ->
        switch (method.getName()) {
          case "handle" -> {
            action.run();
            yield null;
          }
          case "equals" -> proxy == arguments[0];
          case "hashCode" -> System.identityHashCode(proxy);
          default -> "signals to Espalier";
        };
  }
}
