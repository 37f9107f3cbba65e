package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.tasks.text.TextEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Mistakes of data and model that can be known before training come at once, each with its place:
 * none waits until another one is mended, and {@code validate} knows what needs no file.
 */
class AllMistakesTest {
  @TempDir Path folder;
  private Path yaml = Path.of("");

  @BeforeEach
  void files() throws IOException {
    Files.writeString(folder.resolve("train.csv"), "text,label\na,x\nb,y\nc,x\n");
    Files.writeString(folder.resolve("dev.csv"), "text,label\nd,x\ne,y\n");
    yaml =
        Files.writeString(
            folder.resolve("run.yaml"),
            """
            model: {name: tiny, checkpoint: all-minilm-l6-v2}
            data:
              task: csv
              train: train.csv
              evaluation: dev.csv
              columns: {text: text, label: label}
            pruning:
              train: {max_steps: 20}
              approach:
                weight_compression: {target_sparsity: 0.5, pruners: [{prune_type: magnitude}]}
            tuning: {accuracy_criterion: {relative: 0.1}}
            """);
  }

  @Test
  @DisplayName("what is wrong with the data's keys is told by validate, all of it")
  void keys() {
    Executed validate =
        execute(
            "validate",
            "data.train_part=9-2",
            "data.evaluation_part=7-3",
            "data.labels=[x]",
            "data.max_sequence_length=7",
            "pruning.train.max_steps=010");

    assertThat(validate.exitCode()).isEqualTo(2);
    assertThat(validate.err())
        .contains("--set data.train_part=9-2: data.train_part: must not end before it begins")
        .contains("--set data.evaluation_part=7-3: data.evaluation_part: must not end before it")
        .contains("--set data.labels=[x]: data.labels: must name 2 to 1000 classes, found 1")
        .contains("data.max_sequence_length: must be a whole number of at least 8")
        .contains("pruning.train.max_steps: must be written as a plain decimal number, found 010");
  }

  @Test
  @DisplayName("a label that is listed twice is told beside a part that ends before it begins")
  void labels() {
    assertThat(execute("validate", "data.train_part=9-2", "data.labels=[x, x]").err())
        .contains("data.train_part: must not end before it begins, found 9-2")
        .contains("data.labels: has \"x\" more than once");
  }

  @Test
  @DisplayName("the least length is that of the encoder, which would otherwise refuse it later")
  void shortest() {
    assertThat(execute("validate", "data.max_sequence_length=" + TextEncoder.SHORTEST_MAXIMUM))
        .extracting(Executed::exitCode)
        .isEqualTo(0);
    assertThat(
            execute("validate", "data.max_sequence_length=" + (TextEncoder.SHORTEST_MAXIMUM - 1)))
        .extracting(Executed::exitCode)
        .isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "data.evaluation=train.csv, data.evaluation: has rows of data.train",
    "'data={train_part: 1-2, evaluation: train.csv, evaluation_part: 2-}', data.evaluation: has"
        + " rows of data.train",
  })
  @DisplayName("two sets of the same rows of one path are told by validate")
  void overlap(String assignment, String told) {
    Executed validate = execute("validate", assignment);

    assertThat(validate.exitCode()).isEqualTo(2);
    assertThat(validate.err()).contains(told + ", too: ").startsWith("--set " + assignment);
    assertThat(
            execute(
                    "validate",
                    "data={train_part: 1-2, evaluation: train.csv, evaluation_part: 3-}")
                .exitCode())
        .isZero();
  }

  @Test
  @DisplayName("a model that is not there, a column and a file are told together")
  void modelAndData() throws IOException {
    Executed run =
        execute(
            "run",
            "model.checkpoint=hf:nobody/nothing-" + folder.getFileName(),
            "data.evaluation=nosuch.csv",
            "data.columns.text=sentence");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .contains(": model.checkpoint: hf:nobody/nothing-")
        .contains("it is not in the cache")
        .contains("train.csv:1: column \"sentence\" is missing")
        .contains("data.evaluation: the file " + folder.resolve("nosuch.csv") + " does not exist");
  }

  @Test
  @DisplayName("broken rows of all sets are told together")
  void rows() throws IOException {
    Files.writeString(folder.resolve("train.csv"), "text,label\na,x\nb,y\nc,\n");
    Files.writeString(folder.resolve("dev.csv"), "text,label\nd,z\ne,y\n");

    Executed run = execute("run", "data.labels=[x, y]");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .contains("dev.csv:2: label \"z\" is none of x, y")
        .contains("train.csv:4: the label is empty");
  }

  @Test
  @DisplayName("the directory of a run is no model; the folder in it that is one is named")
  void runDirectory() throws IOException {
    Path best = Files.createDirectories(folder.resolve("runs/tiny/1/best"));
    for (String name : List.of("config.json", "model.safetensors", "vocab.txt")) {
      Files.copy(Path.of("src/test/resources/families/bert-cls", name), best.resolve(name));
    }

    for (String key : List.of("model.checkpoint", "distillation.teacher")) {
      Executed run = execute("run", key + "=./runs/tiny/1");

      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err())
          .startsWith("--set " + key + "=./runs/tiny/1: " + key + ": " + best.getParent())
          .contains("is the directory of a run")
          .contains("Name its model: " + best);
    }
  }

  @Test
  @DisplayName("what is wrong with an entry that an option made is told of the option")
  void entries() {
    String pruners = "pruning.approach.weight_compression.pruners";

    assertThat(execute("validate", pruners + "[3].prune_type=movement").err())
        .startsWith("--set " + pruners + "[3].prune_type=movement: " + pruners + "[1]: is missing");
    assertThat(execute("validate", pruners + "[1].pattern=1x1").err())
        .startsWith(
            "--set " + pruners + "[1].pattern=1x1: " + pruners + "[1].prune_type: is missing")
        .doesNotContain("run.yaml:");
  }

  private Executed execute(String command, String... assignments) {
    List<String> arguments = new ArrayList<>(List.of(command, yaml.toString()));
    for (String assignment : assignments) {
      arguments.addAll(List.of("--set", assignment));
    }
    return Executed.of(arguments.toArray(new String[0]));
  }
}
