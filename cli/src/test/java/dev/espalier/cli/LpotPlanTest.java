package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.tuner.plan.Planner;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Files for LPOT, beyond their loading: the tuner's tests hold what they mean. */
class LpotPlanTest {
  private static final Path FILES = Path.of("../config-lpot/src/test/resources/lpot");

  @TempDir Path directory;

  static Stream<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(FILES)) {
      return files
          .filter(file -> file.toString().endsWith(".yaml"))
          .filter(file -> !assignments(file).isEmpty())
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  @DisplayName("the pruner that a file asks for can be made, with its parameters and its pattern")
  void pruner(Path file) {
    ResolvedConfiguration configuration =
        new ConfigurationLoader().load(file, assignments(file), Map.of());

    assertThat(new Planner(configuration, new PrunerCatalog(getClass().getClassLoader())).pruner())
        .isNotNull();
  }

  @Test
  @DisplayName("a name that matches nothing, which LPOT passed over, ends the run")
  void nameWithoutMatch() {
    Path file = FILES.resolve("15-resnet-prune.yaml");
    List<String> arguments = new ArrayList<>(List.of("run", file.toString(), "--no-progress"));
    assignments(file).forEach(assignment -> arguments.addAll(List.of("--set", assignment)));
    arguments.addAll(List.of("--set", "tuning.workspace.path=" + directory));

    StringWriter errors = new StringWriter();
    CommandLine commandLine = Main.commandLine();
    commandLine.setErr(new PrintWriter(errors, true));
    assertThat(commandLine.execute(arguments.toArray(String[]::new))).isEqualTo(2);
    assertThat(errors.toString())
        .contains(
            "15-resnet-prune.yaml:33:20: pruning.approach.weight_compression.pruners[0].names: \"layer1.0.conv1.weight\" matches none of");
  }

  /** What the file's text says that it is given. */
  private static List<String> assignments(Path file) {
    String name = file.getFileName().toString().replace(".yaml", ".txt");
    try (Stream<String> lines = Files.lines(file.resolveSibling(name))) {
      return lines
          .filter(line -> line.startsWith("--set "))
          .map(line -> line.substring("--set ".length()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
