package dev.espalier.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code espalier completion} prints, tried in bash. */
class CompletionCommandTest {
  private static final Path BASH = Path.of("/bin/bash");

  @TempDir Path directory;

  @ParameterizedTest(name = "espalier {0}<TAB>: {1}")
  @CsvSource({
    "val, validate",
    "fin, finalize",
    "pack --ex, --exclude",
    "pruners desc, describe",
    "run --no-p, --no-progress",
    "config --s, --set"
  })
  @DisplayName("bash completes commands and options")
  void completes(String typed, String completed) throws IOException, InterruptedException {
    assumeThat(BASH).exists();
    Executed completion = Executed.of("completion");
    assertThat(completion.exitCode()).isZero();
    Path script = Files.writeString(directory.resolve("completion"), completion.out());

    assertThat(
            bash(
                "source "
                    + script
                    + "; COMP_WORDS=(espalier "
                    + typed
                    + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _complete_espalier;"
                    + " echo \"${COMPREPLY[@]}\""))
        .contains(completed);
  }

  private static String bash(String command) throws IOException, InterruptedException {
    Process bash =
        new ProcessBuilder(BASH.toString(), "-c", command).redirectErrorStream(true).start();
    String printed = new String(bash.getInputStream().readAllBytes(), UTF_8);
    assertThat(bash.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return printed;
  }
}
