package dev.espalier.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.config.Configuration.PrunerChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Defaults, then files in their order, then variables, then assignments; the later wins. */
final class LayeringTest {
  private static final String PRUNERS = "pruning.approach.weight_compression.pruners";
  private static final String BASE =
      """
      model: {name: tiny, checkpoint: all-minilm-l6-v2}
      data: {task: sst-2, train: train.tsv, evaluation: dev.tsv}
      pruning:
        approach:
          weight_compression:
            target_sparsity: 0.85
            pruners:
              - prune_type: movement
                excluded_names: [a, b]
                parameters: {alpha: 1, beta: 2}
      """;

  @TempDir Path folder;

  @ParameterizedTest(name = "first file {0}, second {1}, variable {2}, --set {3}: {4} from {5}")
  @CsvSource({
    ",,,, 1, DEFAULT",
    "2,,,, 2, FILE",
    ",3,,, 3, FILE",
    ",,4,, 4, ENVIRONMENT",
    ",,,5, 5, COMMAND_LINE",
    "2,3,,, 3, FILE",
    "2,,4,, 4, ENVIRONMENT",
    "2,,,5, 5, COMMAND_LINE",
    ",3,4,, 4, ENVIRONMENT",
    ",3,,5, 5, COMMAND_LINE",
    ",,4,5, 5, COMMAND_LINE",
    "2,3,4,5, 5, COMMAND_LINE",
  })
  void the_later_source_wins(
      Integer first, Integer second, String variable, String set, int expected, Source source)
      throws IOException {
    ResolvedConfiguration loaded =
        load(
            List.of(BASE + batchSize(first), "tuning: {random_seed: 1}\n" + batchSize(second)),
            set == null ? List.of() : List.of("evaluation.performance.batch_size=" + set),
            variable == null
                ? Map.of()
                : Map.of("ESPALIER_EVALUATION_PERFORMANCE_BATCH_SIZE", variable));

    assertThat(loaded.configuration().evaluation().performance().batchSize()).isEqualTo(expected);
    assertThat(loaded.value("evaluation.performance.batch_size").orElseThrow().source())
        .isEqualTo(source);
    assertThat(loaded.configuration().tuning().randomSeed()).isEqualTo(1);
  }

  @Test
  void a_later_file_replaces_maps_key_by_key_and_lists_as_a_whole() throws IOException {
    ResolvedConfiguration loaded =
        load(
            List.of(
                BASE,
                """
                pruning:
                  train: {epochs: 1}
                  approach: {weight_compression: {pruners: [{prune_type: magnitude}]}}
                """),
            List.of(PRUNERS + "[0].parameters.beta=3"),
            Map.of());

    assertThat(loaded.configuration().pruning().train().epochs()).isEqualTo(1);
    assertThat(loaded.configuration().pruning().approach().weightCompression().targetSparsity())
        .isEqualTo(0.85);
    PrunerChoice choice =
        loaded.configuration().pruning().approach().weightCompression().pruners().get(0);
    assertThat(choice.pruneType()).isEqualTo("magnitude");
    assertThat(choice.excludedNames()).isEmpty();
    assertThat(choice.parameters()).containsExactly(Map.entry("beta", 3.0));
  }

  @Test
  void a_path_is_relative_to_the_file_that_it_stands_in() throws IOException {
    Path first = write("one/base.yaml", BASE);
    Path second = write("two/more.yaml", "data: {evaluation: other.tsv}");

    ResolvedConfiguration loaded =
        new ConfigurationLoader()
            .load(
                List.of(first, second),
                List.of("tuning.workspace.path=w"),
                Map.of(),
                d -> List.of());

    assertThat(loaded.configuration().data().train())
        .isEqualTo(folder.resolve("one/train.tsv").toString());
    assertThat(loaded.configuration().data().evaluation())
        .isEqualTo(folder.resolve("two/other.tsv").toString());
    assertThat(loaded.files()).containsExactly(first, second);
    assertThat(loaded.toYaml())
        .contains("checkpoint: \"all-minilm-l6-v2\"  # " + first + ":1:33")
        .contains("  # " + second + ":1:20");
  }

  private static String batchSize(Integer value) {
    return value == null ? "" : "evaluation: {performance: {batch_size: " + value + "}}\n";
  }

  private ResolvedConfiguration load(
      List<String> yaml, List<String> assignments, Map<String, String> environment)
      throws IOException {
    List<Path> files = new ArrayList<>();
    for (String text : yaml) {
      files.add(write(files.size() + ".yaml", text));
    }
    return new ConfigurationLoader().load(files, assignments, environment, draft -> List.of());
  }

  private Path write(String name, String yaml) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, yaml);
  }
}
