package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The command in a process of its own, on the jars that {@code ./espalier} runs. */
final class Assembled {
  private static final Path LIBRARIES = Path.of("target/lib");
  private static final Map<String, String> LAUNCHER_ENVIRONMENT =
      Map.of("DJL_OFFLINE", "true", "OPT_OUT_TRACKING", "true", "GOMP_SPINCOUNT", "2000");

  private Assembled() {}

  /** Runs the command, checks its exit code, and returns what it printed. */
  static String run(int exitCode, Path log, List<String> jvmOptions, List<String> arguments)
      throws IOException, InterruptedException {
    Process process = start(log, jvmOptions, arguments);
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ends in time").isTrue();
    String printed = Files.readString(log);
    assertThat(process.exitValue()).as(printed).isEqualTo(exitCode);
    return printed;
  }

  /** Starts the command; what it prints goes to {@code log}. */
  static Process start(Path log, List<String> jvmOptions, List<String> arguments)
      throws IOException {
    return start(log, jvmOptions, arguments, Map.of());
  }

  /** As {@link #start(Path, List, List)}, with more variables in the environment. */
  static Process start(
      Path log, List<String> jvmOptions, List<String> arguments, Map<String, String> variables)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", LIBRARIES + File.separator + "*", "dev.espalier.cli.Main"));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(LAUNCHER_ENVIRONMENT);
    builder.environment().putAll(variables);
    return builder.start();
  }
}
