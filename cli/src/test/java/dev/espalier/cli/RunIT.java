package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short quickstart in a process of its own, on the jars that {@code ./espalier} runs. */
class RunIT {
  private static final List<String> SHORT =
      List.of(
          "data.train_examples=400",
          "data.evaluation_examples=100",
          "pruning.train.max_steps=12",
          "pruning.approach.weight_compression.target_sparsity=0.8",
          "pruning.approach.weight_compression.final_warmup=2",
          "pruning.approach.weight_compression.pruners=[{prune_type: movement}]",
          "evaluation.performance.iteration=10",
          "tuning.baseline.max_steps=4",
          "tuning.baseline.allow_trivial=true",
          "tuning.accuracy_criterion.relative=null");

  @TempDir Path directory;

  @Test
  @DisplayName("exit 0, everything that is promised is there, and a second run has the same masks")
  void met() throws IOException, InterruptedException {
    Path first = run(0, "tuning.accuracy_criterion.absolute=1");
    Path second = run(0, "tuning.accuracy_criterion.absolute=1");

    JsonNode result = result(first);
    assertThat(result.at("/status").asText()).isEqualTo("met");
    assertThat(result.at("/best/pruner").asText()).isEqualTo("movement");
    assertThat(result.at("/best/sparsity/pruned_layers").asDouble()).isBetween(0.7999, 0.8001);
    double dense = result.at("/best/size_bytes/dense_onnx").asDouble();
    assertThat(result.at("/best/size_bytes/int8_onnx").asDouble() / dense).isLessThan(0.30);
    assertThat(result.at("/best/latency_ms/int8/p50").asDouble()).isPositive();
    for (JsonNode artifact : result.get("artifacts")) {
      assertThat(first.resolve(artifact.asText())).exists();
    }
    assertThat(first.resolve("config.resolved.yaml")).exists();
    assertThat(first.resolve("environment.json")).exists();
    assertThat(first.resolve("trials.jsonl")).exists();

    assertThatNothingNames(directory, first.resolve("best"));

    JsonNode again = result(second);
    assertThat(again.at("/best/masks_sha256").asText())
        .hasSize(64)
        .isEqualTo(result.at("/best/masks_sha256").asText());
    assertThat(again.at("/best/metrics")).isEqualTo(result.at("/best/metrics"));
    assertThat(second.resolve("best/model.int8.onnx"))
        .hasSameBinaryContentAs(first.resolve("best/model.int8.onnx"));
  }

  @Test
  @DisplayName("exit 3 when the criterion is missed, and the best effort is saved")
  void missed() throws IOException, InterruptedException {
    // The dense model learns most of the task in this time, six steps at 1% density nothing.
    Path run =
        run(
            3,
            "tuning.accuracy_criterion.absolute=0",
            "data.train_examples=3000",
            "pruning.approach.weight_compression.target_sparsity=0.99",
            "tuning.baseline.max_steps=90",
            "pruning.train.max_steps=6");

    assertThat(result(run).at("/status").asText()).isEqualTo("missed");
    assertThat(run.resolve("best/model.int8.onnx")).exists();
  }

  @Test
  @DisplayName("--dry-run trains for a moment, estimates, and writes nothing")
  void dryRun() throws IOException, InterruptedException {
    Path workspace = directory.resolve("dry");
    String said =
        Assembled.run(
            0,
            directory.resolve("dry.log"),
            List.of(),
            List.of(
                "run",
                "../yaml-configs/quickstart.yaml",
                "--dry-run",
                "--set",
                "data.train_examples=400",
                "--set",
                "tuning.workspace.path=" + workspace));

    assertThat(said).contains("A step took", "640 steps", "Memory reached", "Nothing was written");
    assertThat(workspace).doesNotExist();
  }

  @Test
  @DisplayName("--smoke goes through the whole chain, teacher included, the criterion met")
  void smoke() throws IOException, InterruptedException {
    Path workspace = directory.resolve("smoke");
    String said =
        Assembled.run(
            0,
            directory.resolve("smoke.log"),
            List.of(),
            List.of(
                "run",
                "../yaml-configs/quickstart.yaml",
                "--smoke",
                "--no-progress",
                "--set",
                "distillation={teacher: baseline, hidden_states: 0.1}",
                "--set",
                "tuning.workspace.path=" + workspace));

    assertThat(said).contains("Criterion met");
    try (Stream<Path> runs = Files.list(workspace.resolve("quickstart-smoke"))) {
      assertThat(runs.findFirst().orElseThrow().resolve("best/model.int8.onnx")).exists();
    }
  }

  /** No file of {@code folder}, be it text or not, says where it was made. */
  private static void assertThatNothingNames(Path where, Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain(where.toString())
            .doesNotContain(Path.of("..").toAbsolutePath().normalize().toString());
      }
    }
  }

  /** Runs, checks the exit code, and returns the run directory. */
  private Path run(int exitCode, String... assignments) throws IOException, InterruptedException {
    Path workspace = Files.createTempDirectory(directory, "runs");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "../yaml-configs/quickstart.yaml",
                "--no-progress",
                "--set",
                "tuning.workspace.path=" + workspace));
    for (String assignment : Stream.concat(SHORT.stream(), Stream.of(assignments)).toList()) {
      arguments.add("--set");
      arguments.add(assignment);
    }
    Path log = workspace.resolveSibling(workspace.getFileName() + ".log");
    Assembled.run(exitCode, log, List.of(), arguments);
    try (Stream<Path> runs = Files.list(workspace.resolve("quickstart"))) {
      return runs.findFirst().orElseThrow();
    }
  }

  private static JsonNode result(Path run) throws IOException {
    return new ObjectMapper().readTree(run.resolve("result.json").toFile());
  }
}
