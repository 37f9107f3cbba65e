package dev.espalier.config.lpot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.config.foreign.Mapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files that people wrote for LPOT and Intel Neural Compressor 1.x, rebuilt from what is known of
 * their structure.
 *
 * <p>Beside each {@code x.yaml} stands an {@code x.txt} with three parts: what {@code --set} gives
 * it, what is reported without that, and the mapping that is printed with it. What a test run makes
 * of the files is in {@code target/lpot}, to compare and to copy from.
 */
class LpotFilesTest {
  private static final Path FILES = Path.of("src/test/resources/lpot");
  private static final String REPORTED = "reported without --set:";
  private static final String PRINTED = "printed with it:";

  static List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(FILES)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".yaml"))
          .map(name -> name.substring(0, name.length() - ".yaml".length()))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  @DisplayName("a real file loads, with what it lacks, and says what it means here")
  void file(String name) throws IOException {
    Path yaml = FILES.resolve(name + ".yaml");
    String expected = Files.readString(FILES.resolve(name + ".txt"));
    List<String> assignments = assignments(expected);

    List<String> lines = new ArrayList<>();
    assignments.forEach(assignment -> lines.add("--set " + assignment));
    lines.add("");
    lines.add(REPORTED);
    ProblemException e = catchThrowableOfType(ProblemException.class, () -> load(yaml, List.of()));
    e.problems().stream().map(Problem::toString).forEach(lines::add);
    lines.add("");
    lines.add(PRINTED);
    lines.addAll(mapping(yaml, assignments));
    String actual =
        String.join("\n", lines).replace(FILES.toString() + "/" + name, name).concat("\n");

    Files.createDirectories(Path.of("target/lpot"));
    Files.writeString(Path.of("target/lpot", name + ".txt"), actual);
    assertThat(actual).isEqualTo(expected);
  }

  /** The mapping; for a file that nothing can make load, because it is no YAML, the problems. */
  private static List<String> mapping(Path yaml, List<String> assignments) {
    if (assignments.isEmpty()) {
      return List.of();
    }
    ResolvedConfiguration loaded = load(yaml, assignments);
    assertThat(loaded.configuration().model().checkpoint()).isEqualTo("all-minilm-l6-v2");
    return loaded.mappings().stream().map(Mapping::toString).toList();
  }

  private static List<String> assignments(String expected) {
    return expected
        .lines()
        .filter(line -> line.startsWith("--set "))
        .map(line -> line.substring("--set ".length()))
        .toList();
  }

  private static ResolvedConfiguration load(Path yaml, List<String> assignments) {
    return new ConfigurationLoader().load(yaml, assignments, Map.of());
  }
}
