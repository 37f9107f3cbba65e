package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What {@code espalier env} prints. */
class EnvCommandTest {
  @Test
  @DisplayName("env prints versions and machine as one block to paste")
  void block() {
    Executed env = Executed.of("env");

    assertThat(env.exitCode()).isZero();
    assertThat(env.out()).startsWith("```").endsWith("```" + System.lineSeparator());
    assertThat(env.out().lines())
        .anyMatch(line -> line.matches("espalier +\\S+"))
        .anyMatch(line -> line.matches("djl +[0-9.]+"))
        .anyMatch(line -> line.matches("onnxruntime +[0-9.]+"))
        .anyMatch(line -> line.matches("pytorch +[0-9.]+ for [a-z]+-[a-z0-9_]+, cpu"))
        .anyMatch(
            line ->
                line.matches(
                    "java +"
                        + Pattern.quote(System.getProperty("java.runtime.version"))
                        + ", .*"
                        + "heap up to [0-9.]+ GiB"))
        .anyMatch(line -> line.matches("os +" + System.getProperty("os.name") + " .*"))
        .anyMatch(line -> line.matches("cpu +.+, cores: [0-9]+, VNNI: (yes|no|unknown)"))
        .anyMatch(line -> line.matches("memory +[0-9.]+ GiB"));
  }
}
