package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What {@code --help} of every command has to say. */
class HelpTest {
  static Stream<String> commands() {
    List<String> names = new ArrayList<>();
    collect("", Main.commandLine(), names);
    return names.stream();
  }

  private static void collect(String path, CommandLine command, List<String> names) {
    names.add(path);
    command
        .getSubcommands()
        .forEach((name, inner) -> collect((path + " " + name).strip(), inner, names));
  }

  @ParameterizedTest(name = "espalier {0} --help")
  @MethodSource("commands")
  @DisplayName("every command describes itself, its parameters and its exit codes")
  void help(String command) {
    Executed help = Executed.of((command + " --help").strip().split(" "));

    assertThat(help.exitCode()).isZero();
    assertThat(help.out())
        .startsWith("Usage: espalier " + command)
        .containsPattern("Exit codes:\\s+0\\s+\\S.*\\s+1\\s+a bug in Espalier\\s+2\\s+\\S");
    assertThat(help.out().lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
  }

  @ParameterizedTest(name = "espalier {0} --frobnicate")
  @MethodSource("commands")
  @DisplayName("an unknown option is exit code 2")
  void unknownOption(String command) {
    assertThat(Executed.of((command + " --frobnicate").strip().split(" ")).exitCode()).isEqualTo(2);
  }

  @Test
  @DisplayName("a command or an option is suggested when it is near, and the usage shown otherwise")
  void suggestions() {
    assertThat(Executed.of("validat", "x.yaml").err())
        .contains("'validat'", "Maybe \"validate\" is meant.")
        .doesNotContain("Usage:");
    assertThat(Executed.of("validate", "--sett", "a=b").err())
        .contains("--sett", "Maybe \"--set\" is meant.");
    Executed far = Executed.of("frobnicate");
    assertThat(far.exitCode()).isEqualTo(2);
    assertThat(far.err())
        .contains("'frobnicate'", "Usage: espalier")
        .doesNotContain("Maybe", "Did you mean");
  }
}
