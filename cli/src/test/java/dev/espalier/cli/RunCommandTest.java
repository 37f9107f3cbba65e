package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** {@code espalier run} from the command line to the run directory, on the quickstart's file. */
class RunCommandTest {
  private static final String QUICKSTART = "../yaml-configs/quickstart.yaml";
  private static final String SPARSITY = "pruning.approach.weight_compression.target_sparsity=0.8";

  @TempDir Path directory;

  private final StringWriter errors = new StringWriter();

  @Test
  @DisplayName("a short quickstart leaves everything it promises, and the same masks when repeated")
  void wholeRun() throws IOException {
    List<String> arguments = shortRun("--set", SPARSITY);
    assertThat(execute(arguments)).as(errors.toString()).isZero();
    assertThat(execute(arguments)).as(errors.toString()).isZero();

    List<Path> runs = runs();
    assertThat(runs).hasSize(2);
    JsonNode first = result(runs.get(0));
    JsonNode second = result(runs.get(1));

    assertThat(first.at("/status").asText()).isEqualTo("met");
    assertThat(first.at("/best/pruner").asText()).isEqualTo("movement");
    assertThat(first.at("/best/sparsity/pruned_layers").asDouble()).isBetween(0.7999, 0.8001);
    double dense = first.at("/best/size_bytes/dense_onnx").asDouble();
    assertThat(first.at("/best/size_bytes/int8_onnx").asDouble() / dense).isLessThan(0.30);
    assertThat(first.at("/best/latency_ms/int8/p50").asDouble()).isPositive();
    assertThat(first.at("/best/masks_sha256").asText())
        .hasSize(64)
        .isEqualTo(second.at("/best/masks_sha256").asText());
    assertThat(first.at("/best/metrics")).isEqualTo(second.at("/best/metrics"));
    for (JsonNode artifact : first.get("artifacts")) {
      assertThat(runs.get(0).resolve(artifact.asText())).exists();
    }
    assertThat(runs.get(0)).isDirectoryContaining("glob:**/config.resolved.yaml");
    assertThat(Files.readAllBytes(runs.get(0).resolve("best/model.int8.onnx")))
        .isEqualTo(Files.readAllBytes(runs.get(1).resolve("best/model.int8.onnx")));
  }

  static Stream<Arguments> mistakes() {
    String task = "data.task=sst-2";
    String pruners = "pruning.approach.weight_compression.pruners=";
    return Stream.of(
        Arguments.of(
            "a data file that is not there",
            2,
            List.of(task, "data.train=DIR/no.tsv", "data.evaluation=DIR/no-dev.tsv"),
            "no-dev.tsv"),
        Arguments.of(
            "a broken row, by file and line",
            2,
            List.of(task, "data.train=DIR/good.tsv", "data.evaluation=DIR/broken.tsv"),
            "broken.tsv:3"),
        Arguments.of(
            "an unknown pruner, listing those that exist",
            2,
            List.of(pruners + "[{prune_type: movment}]"),
            "magnitude, movement"),
        Arguments.of(
            "a target that matches no parameter, with the nearest names",
            2,
            List.of(pruners + "[{prune_type: movement, names: [bert.encodr.*]}]"),
            "bert.encoder.layer."),
        Arguments.of(
            "a checkpoint that does not exist, listing those that do",
            2,
            List.of("model.checkpoint=bert-base"),
            "all-minilm-l6-v2"),
        Arguments.of(
            "a workspace that cannot be written",
            4,
            List.of("tuning.workspace.path=DIR/good.tsv/runs"),
            "good.tsv"));
  }

  @ParameterizedTest(name = "{0}: exit {1}")
  @MethodSource("mistakes")
  @DisplayName("mistakes are told in a sentence, before anything is trained or written")
  void mistake(String name, int exitCode, List<String> assignments, String told)
      throws IOException {
    Files.writeString(directory.resolve("good.tsv"), "sentence\tlabel\na fine film\t1\n");
    Files.writeString(
        directory.resolve("broken.tsv"), "sentence\tlabel\na fine film\t1\nno label\n");
    List<String> arguments = new ArrayList<>();
    for (String assignment : assignments) {
      arguments.add("--set");
      arguments.add(assignment.replace("DIR", directory.toString()));
    }

    assertThat(execute(shortRun(arguments.toArray(String[]::new)))).isEqualTo(exitCode);
    assertThat(errors.toString()).contains(told).doesNotContain("\tat ");
    assertThat(directory.resolve("runs")).doesNotExist();
  }

  @Test
  @DisplayName("a configuration that is not there is exit code 2")
  void noConfiguration() {
    assertThat(execute(List.of("run", directory.resolve("no.yaml").toString()))).isEqualTo(2);
    assertThat(errors.toString()).contains("no.yaml");
  }

  @Test
  @DisplayName("an unknown option and a missing command are exit code 2, with the usage")
  void usage() {
    assertThat(execute(List.of("run", "--frobnicate"))).isEqualTo(2);
    assertThat(execute(List.of())).isEqualTo(2);
    assertThat(errors.toString()).contains("--frobnicate").contains("a command is missing");
  }

  private List<String> shortRun(String... more) {
    List<String> arguments = new ArrayList<>(List.of("run", QUICKSTART, "--no-progress"));
    for (String assignment :
        List.of(
            "data.train_examples=400",
            "data.evaluation_examples=100",
            "pruning.train.max_steps=12",
            "pruning.approach.weight_compression.final_warmup=2",
            "evaluation.performance.iteration=10",
            "tuning.baseline.max_steps=4",
            "tuning.accuracy_criterion.relative=null",
            "tuning.accuracy_criterion.absolute=1",
            "tuning.workspace.path=" + directory.resolve("runs"))) {
      arguments.add("--set");
      arguments.add(assignment);
    }
    arguments.addAll(List.of(more));
    return arguments;
  }

  private int execute(List<String> arguments) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setErr(new PrintWriter(errors, true));
    return commandLine.execute(arguments.toArray(String[]::new));
  }

  private List<Path> runs() throws IOException {
    try (Stream<Path> list = Files.list(directory.resolve("runs/quickstart"))) {
      return list.sorted().toList();
    }
  }

  private static JsonNode result(Path run) throws IOException {
    return new ObjectMapper().readTree(run.resolve("result.json").toFile());
  }
}
