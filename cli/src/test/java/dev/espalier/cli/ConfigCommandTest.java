package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.config.ConfigurationLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code espalier config} prints. */
class ConfigCommandTest {
  private static final String QUICKSTART = "../yaml-configs/quickstart.yaml";

  @TempDir Path directory;

  @Test
  @DisplayName("every value is there with its source: default, file:line:column, --set")
  void sources() {
    Executed config = Executed.of("config", QUICKSTART, "--set", "pruning.train.epochs=2");

    assertThat(config.err()).isEmpty();
    assertThat(config.exitCode()).isZero();
    assertThat(config.out().lines())
        .contains("device: \"cpu\"  # default", "    epochs: 2.0  # --set pruning.train.epochs=2")
        .anyMatch(line -> line.matches("  random_seed: 42  # " + QUICKSTART + ":[0-9]+:16"));
  }

  @Test
  @DisplayName("what is printed is the same configuration again")
  void loadsAgain() throws IOException {
    Path printed =
        Files.writeString(
            directory.resolve("printed.yaml"), Executed.of("config", QUICKSTART).out());

    ConfigurationLoader loader = new ConfigurationLoader();
    assertThat(loader.load(printed, List.of(), Map.of()).configuration())
        .isEqualTo(loader.load(Path.of(QUICKSTART), List.of(), Map.of()).configuration());
  }

  @Test
  @DisplayName("a later file lies over an earlier one, and is named where it decides")
  void layers() throws IOException {
    Path over = Files.writeString(directory.resolve("over.yaml"), "tuning: {random_seed: 7}\n");

    Executed config = Executed.of("config", QUICKSTART, over.toString());

    assertThat(config.exitCode()).isZero();
    assertThat(config.out()).contains("  random_seed: 7  # " + over + ":1:23");
  }

  @Test
  @DisplayName("a configuration with mistakes is exit code 2, with all of them")
  void wrong() {
    Executed config =
        Executed.of("config", QUICKSTART, "--set", "device=tpu", "--set", "version=2");

    assertThat(config.exitCode()).isEqualTo(2);
    assertThat(config.err()).contains("--set device=tpu: device: must be", "--set version=2: ");
    assertThat(config.out()).isEmpty();
  }

  @Test
  @DisplayName("an unknown pruner is reported beside the other mistakes, as by validate")
  void unknownNames() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("names.yaml"),
            Files.readString(Path.of(QUICKSTART))
                .replace(
                    "prune_type: magnitude", "prune_type: mouvement\n          target_sparsty: 0.5")
                .replace("target_sparsity: 0.7", "target_sparsity: 1.7"));

    Executed config = Executed.of("config", file.toString());

    assertThat(config.exitCode()).isEqualTo(2);
    assertThat(config.err())
        .contains(
            "pruners[0].prune_type: there is no pruner \"mouvement\"",
            "pruners[0].target_sparsty: there is no such key",
            "target_sparsity: must be a number of at least 0 and below 1, found 1.7")
        .isEqualTo(Executed.of("validate", file.toString()).err());
  }

  @Test
  @DisplayName("what an LPOT file means here is printed as comments before the configuration")
  void mapping() throws IOException {
    String[] lpot = {
      "../config-lpot/src/test/resources/lpot/21-dup-names.yaml",
      "--set",
      "model.checkpoint=all-minilm-l6-v2",
      "--set",
      "data.task=sentiment-twin"
    };

    Executed config = Executed.of(after("config", lpot));
    Executed validate = Executed.of(after("validate", lpot));

    String line = lpot[0] + ":10:13: prune_type basic_magnitude -> pruning.approach";
    assertThat(config.out().lines()).anyMatch(each -> each.startsWith("# " + line));
    assertThat(validate.out().lines())
        .anyMatch(each -> each.startsWith(line))
        .last()
        .isEqualTo(lpot[0] + ": valid");
    Path printed = Files.writeString(directory.resolve("printed.yaml"), config.out());
    assertThat(Executed.of("validate", printed.toString()).exitCode()).isZero();
  }

  private static String[] after(String command, String... arguments) {
    return Stream.concat(Stream.of(command), Stream.of(arguments)).toArray(String[]::new);
  }
}
