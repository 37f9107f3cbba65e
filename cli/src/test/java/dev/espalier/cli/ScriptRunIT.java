package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.djl.ScriptModels;
import dev.espalier.djl.TinyScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code espalier run} with a model that nobody but libtorch knows the program of. */
class ScriptRunIT {
  private static final long SEED = 3;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  @BeforeEach
  void write() throws IOException {
    Path model = Files.createDirectories(directory.resolve("model"));
    TinyScript.classifier(model.resolve("model.pt"), 2, SEED);
    List<String> vocabulary = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"));
    for (char c = 'a'; vocabulary.size() < TinyScript.VOCABULARY; c++) {
      vocabulary.add("word" + (c <= 'z' ? "" + c : "a" + (char) (c - 26)));
    }
    Files.write(model.resolve("vocab.txt"), vocabulary);
    List<String> words = vocabulary.subList(4, vocabulary.size());
    Files.write(directory.resolve("train.csv"), rows(words, 640, new Random(SEED)));
    Files.write(directory.resolve("dev.csv"), rows(words, 200, new Random(SEED + 1)));
    Files.writeString(
        directory.resolve("tiny.yaml"),
        """
        version: 1
        model:
          name: tiny
          checkpoint: ./model/model.pt
        data:
          task: csv
          train: train.csv
          evaluation: dev.csv
          columns: {text: text, label: label}
          max_sequence_length: 16
        pruning:
          train: {max_steps: 150, batch_size: 16, learning_rate: 1.0e-2, start_from: baseline}
          approach:
            weight_compression:
              target_sparsity: 0.5
              pruners:
                - prune_type: movement
                  names: ["conv.weight", "out.*"]
        evaluation:
          performance: {warmup: 1, iteration: 5, sequence_length: 16}
        tuning:
          baseline: {checkpoint: ./model, allow_trivial: true} # it has not been trained
          accuracy_criterion: {relative: 0.1}
          workspace: {path: "%s"}
        """
            .formatted(directory.resolve("runs")));
  }

  /** The label says which half of the vocabulary most words of a sentence are of. */
  private static List<String> rows(List<String> words, int size, Random random) {
    List<String> rows = new ArrayList<>(List.of("text,label"));
    int half = words.size() / 2;
    for (int i = 0; i < size; i++) {
      int label = random.nextInt(2);
      List<String> sentence = new ArrayList<>();
      for (int word = 0; word < 9; word++) {
        boolean agrees = random.nextInt(10) < 8;
        sentence.add(words.get(random.nextInt(half) + (agrees == (label == 1) ? half : 0)));
      }
      rows.add(String.join(" ", sentence) + "," + (label == 1 ? "yes" : "no"));
    }
    return rows;
  }

  @Test
  @DisplayName("a model is pruned by name, measured as TorchScript, and handed on as it came")
  void run() throws Exception {
    String told = run(0, "distillation.teacher=baseline", "distillation.alpha_ce=1");

    assertThat(told)
        .contains("asked for 50.00%")
        .contains("Criterion met")
        .doesNotContain("onnx")
        .doesNotContain("int8");
    Path best = theOnly(directory.resolve("runs/tiny")).resolve("best");
    JsonNode result = JSON.readTree(best.resolveSibling("result.json").toFile());
    assertThat(result.at("/best/metrics/accuracy").asDouble())
        .isGreaterThan(result.at("/baseline/metrics/accuracy").asDouble())
        .isGreaterThan(0.75);
    assertThat(result.at("/best/size_bytes/torchscript").asLong())
        .isEqualTo(Files.size(best.resolve("model.pt")));
    assertThat(result.at("/best/size_bytes/dense_torchscript").asLong()).isPositive();
    for (String none :
        List.of("size_bytes/onnx", "size_bytes/int8_onnx", "metrics_int8", "quantization")) {
      assertThat(result.at("/best/" + none).isNull()).as(none).isTrue();
    }
    assertThat(result.at("/artifacts/torchscript").asText()).isEqualTo("best/model.pt");
    assertThat(result.at("/artifacts").has("onnx")).isFalse();
    assertThat(Files.readString(best.resolve("README.md")))
        .contains("library_name: pytorch")
        .contains("| model.pt |");
    assertThat(best.resolve("vocab.txt")).exists();
    assertThat(Files.readString(best.resolveSibling("report.html"))).contains("conv.weight");

    PretrainedModel handedOn = ScriptModels.load(best.resolve("model.pt"));
    for (String pruned : List.of("conv.weight", "out.weight")) {
      var tensor = handedOn.weights().get(pruned);
      assertThat(2 * tensor.zeros()).as(pruned).isEqualTo(tensor.values().length);
    }
    Executed count = Executed.of("count", best.toString());
    assertThat(count.exitCode()).as(count.err()).isZero();
    assertThat(count.out()).contains("conv.weight").doesNotContain("encoder");
    Path plain = directory.resolve("plain");
    assertThat(Executed.of("finalize", best.toString(), "-o", plain.toString()).out())
        .containsPattern("[1-9]\\d\\.\\d{3} % of the model's weights are left");

    assertThat(JSON.readTree(best.resolve("config.json").toFile()).path("id2label").toString())
        .isEqualTo("{\"0\":\"no\",\"1\":\"yes\"}");
    Path copy = directory.resolve("model"); // the next run's model, with weights beside it
    for (String name : List.of("config.json", "model.pt", "model.safetensors")) {
      Files.copy(best.resolve(name), copy.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
    assertThat(run(0, "pruning.train.max_steps=3", "tuning.accuracy_criterion.relative=0.9"))
        .contains("Criterion met");
    for (String other : List.of("model.checkpoint=./model", "tuning.baseline.checkpoint=" + best)) {
      assertThat(run(2, "data.labels=[\"yes\", \"no\"]", other))
          .contains("classes are [no, yes], the task's [yes, no]");
    }
  }

  static Stream<Arguments> mistakes() {
    String pruner = "pruning.approach.weight_compression.pruners[0].";
    return Stream.of(
        Arguments.of(
            "quantization.approach=post_training_dynamic_quant",
            "quantization: a TorchScript model is not quantized"),
        Arguments.of(
            "distillation.hidden_states=1",
            "distillation.hidden_states: a TorchScript model does not expose its hidden states"),
        Arguments.of("model.checkpoint=./model/none.pt", "model.checkpoint: the file "),
        Arguments.of(pruner + "pattern=heads", "it goes by the layers of BERT's family"),
        Arguments.of(pruner + "names=[\"*.layer.*\"]", "matches none of the model's 2 prunable"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  @DisplayName("what goes with BERT's family alone is refused before anything is trained")
  void refused(String assignment, String message) throws Exception {
    assertThat(run(2, assignment)).contains(message);
    assertThat(directory.resolve("runs/tiny")).doesNotExist();
  }

  private String run(int exitCode, String... assignments) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("run", directory.resolve("tiny.yaml").toString(), "--no-progress"));
    for (String assignment : assignments) {
      arguments.addAll(List.of("--set", assignment));
    }
    return Assembled.run(exitCode, directory.resolve("log"), List.of(), arguments);
  }

  private static Path theOnly(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(Files::isDirectory).findFirst().orElseThrow();
    }
  }
}
