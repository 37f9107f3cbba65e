package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stranger's pruner, built here, dropped into a folder, and run by name from YAML. */
class PluginIT {
  private static final List<String> SHORT =
      List.of(
          "data.train_examples=400",
          "data.evaluation_examples=100",
          "pruning.train.max_steps=12",
          "pruning.approach.weight_compression.final_warmup=2",
          "evaluation.performance.warmup=1",
          "evaluation.performance.iteration=5",
          "evaluation.performance.sequence_length=32",
          "tuning.baseline.max_steps=4",
          "tuning.baseline.allow_trivial=true",
          "tuning.accuracy_criterion.relative=null",
          "tuning.accuracy_criterion.absolute=1");

  @TempDir Path directory;

  @Test
  @DisplayName("the example's pruner trains, prunes what was asked for, and is on record")
  void trains() throws IOException, InterruptedException {
    Path plugins = Files.createDirectory(directory.resolve("plugins"));
    ExamplePlugin.build(plugins.resolve("third-party-pruner-1.0.jar"));
    Path workspace = directory.resolve("runs");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                ExamplePlugin.PROJECT.resolve("platon.yaml").toString(),
                "--plugins",
                plugins.toString(),
                "--no-progress",
                "--set",
                "tuning.workspace.path=" + workspace));
    SHORT.forEach(assignment -> arguments.addAll(List.of("--set", assignment)));

    Assembled.run(0, directory.resolve("log"), List.of(), arguments);

    Path run;
    try (Stream<Path> runs = Files.list(workspace.resolve("platon"))) {
      run = runs.findFirst().orElseThrow();
    }
    JsonNode best = json(run.resolve("result.json")).get("best");
    assertThat(best.get("pruner").asText()).isEqualTo("platon");
    assertThat(best.at("/sparsity/pruned_layers").asDouble()).isBetween(0.6999, 0.7001);
    assertThat(run.resolve("best/model.int8.onnx")).exists();
    assertThat(json(run.resolve("environment.json")).toString())
        .containsPattern("\"plugin third-party-pruner-1.0.jar\":\"sha256 [0-9a-f]{64}\"");
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }
}
