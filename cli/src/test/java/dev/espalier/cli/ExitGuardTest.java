package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Who ended the process, by the stacks of all threads. */
class ExitGuardTest {
  private static final StackTraceElement[] WAITING =
      stack("java.lang.Object.wait", "java.lang.Thread.join", "com.example.Other.work");

  @Test
  @DisplayName("whoever called System.exit or Runtime.exit is named")
  void named() {
    assertThat(
            ExitGuard.caller(
                List.of(
                    WAITING,
                    stack(
                        "java.lang.Thread.join",
                        "java.lang.Shutdown.exit",
                        "java.lang.Runtime.exit",
                        "java.lang.System.exit",
                        "com.example.Bad.update",
                        "dev.espalier.djl.Scoring.observe"))))
        .hasValueSatisfying(frame -> assertThat(frame.getClassName()).isEqualTo("com.example.Bad"));
    assertThat(
            ExitGuard.caller(
                List.<StackTraceElement[]>of(
                    stack("java.lang.Runtime.exit", "com.example.Bad.create"))))
        .isPresent();
  }

  @Test
  @DisplayName("a signal and the command's own end are nobody's mistake")
  void nobody() {
    assertThat(
            ExitGuard.caller(
                List.of(
                    WAITING,
                    stack(
                        "java.lang.Thread.join",
                        "java.lang.Shutdown.exit",
                        "java.lang.Terminator$1.handle",
                        "jdk.internal.misc.Signal$1.run"))))
        .isEmpty();
    assertThat(
            ExitGuard.caller(
                List.<StackTraceElement[]>of(
                    stack(
                        "java.lang.Runtime.exit",
                        "java.lang.System.exit",
                        "dev.espalier.cli.Main.main"))))
        .isEmpty();
  }

  private static StackTraceElement[] stack(String... methods) {
    return Stream.of(methods)
        .map(
            each ->
                new StackTraceElement(
                    each.substring(0, each.lastIndexOf('.')),
                    each.substring(each.lastIndexOf('.') + 1),
                    "X.java",
                    1))
        .toArray(StackTraceElement[]::new);
  }
}
