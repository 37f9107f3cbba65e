package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code espalier validate} finds. */
class ValidateCommandTest {
  private static final String QUICKSTART = "../yaml-configs/quickstart.yaml";

  @TempDir Path directory;

  @Test
  @DisplayName("valid files are named, one a line: exit code 0")
  void valid() {
    String other = "../yaml-configs/sst2-minilm-movement.yaml";

    Executed validate = Executed.of("validate", QUICKSTART, other);

    assertThat(validate.err()).isEmpty();
    assertThat(validate.exitCode()).isZero();
    assertThat(validate.out().lines()).containsExactly(QUICKSTART + ": valid", other + ": valid");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          device=tpu                         | device: must be cpu
          data.task=sst2                     | data.task: there is no task "sst2"; there is
          evaluation.accuracy.metric=acuracy | metric "acuracy"; there is
          data.task=squad-twin               | accuracy does not go with the task squad-twin; there is best_
          data.task=csv                      | data.columns.text: is missing; task csv must be told
          data.task=rte                      | data.evaluation: is missing; task rte reads files
          data={task: rte, calibration: a.tsv, evaluation: b.tsv} | data.train: is missing; only espalier quantize
          data.labels=[a, b]                 | data.labels: is for the tasks csv, tsv, jsonl, parquet
          data.train=x.tsv                   | data.train: task sentiment-twin is generated
          data.train_part=1-9                | data.train_part: is about data.train, which names no file
          pruning.train.warmup=60%           | the sparsity schedule has no room
          pruning.train.warmup=400           | does not fit into a training of 400 steps
          pruning.approach.weight_compression.pruners=[{prune_type: movment}] | Maybe "movement" is
          pruning.approach.weight_compression.pruners=[{prune_type: l0, parameters: {beta: 1}}] | beta
          pruning.approach.weight_compression.pruners=[{prune_type: magnitude, pattern: 4by1}]  | 4by1
          """)
  @DisplayName("what needs neither model nor data is checked: exit code 2")
  void wrong(String assignment, String told) {
    Executed validate = Executed.of("validate", QUICKSTART, "--set", assignment);

    assertThat(validate.exitCode()).isEqualTo(2);
    assertThat(validate.err()).contains(told).doesNotContain("\tat ");
    assertThat(validate.out()).isEmpty();
  }

  @Test
  @DisplayName("all problems of all files are told at once, and the valid file is named")
  void allOfAll() throws IOException {
    Path one =
        Files.writeString(
            directory.resolve("one.yaml"), "model: {name: x, checkpont: y}\ndevice: tpu\n");
    Path two =
        Files.writeString(
            directory.resolve("two.yaml"),
            Files.readString(Path.of(QUICKSTART))
                .replace("metric: accuracy", "metric: acuracy")
                .replace("prune_type: magnitude", "prune_type: magnitud"));
    Path missing = directory.resolve("missing.yaml");

    Executed validate =
        Executed.of("validate", one.toString(), missing.toString(), QUICKSTART, two.toString());

    assertThat(validate.exitCode()).isEqualTo(2);
    assertThat(validate.out().lines()).containsExactly(QUICKSTART + ": valid");
    assertThat(validate.err())
        .contains(
            one + ":1:18: model.checkpont: there is no such key",
            one + ":2:9: device: must be cpu",
            one + ": data: is missing",
            missing + ": the file does not exist",
            "prune_type: there is no pruner \"magnitud\"",
            "there is no metric \"acuracy\"")
        .containsPattern(Pattern.quote(two.toString()) + ":[0-9]+:23: \\S+\\.prune_type: ");
  }

  @Test
  @DisplayName("a part that ends before it begins is told beside the other mistakes")
  void part() {
    Executed validate =
        Executed.of(
            "validate",
            QUICKSTART,
            "--set",
            "data={task: sst-2, train: a.tsv, train_part: 9-1, evaluation: b.tsv}",
            "--set",
            "evaluation.accuracy.metric=acuracy");

    assertThat(validate.exitCode()).isEqualTo(2);
    assertThat(validate.err()).contains("found 9-1", "there is no metric \"acuracy\"");
  }

  @Test
  @DisplayName("a wrong assignment is wrong for every file, and told once")
  void once() {
    Executed validate = Executed.of("validate", QUICKSTART, QUICKSTART, "--set", "devise=cpu");

    assertThat(validate.exitCode()).isEqualTo(2);
    assertThat(validate.err()).containsOnlyOnce("devise: there is no such key");
  }

  @Test
  @DisplayName("a mistake of the schedule is not told where only the data says how long a run is")
  void epochs() {
    Executed validate =
        Executed.of(
            "validate",
            QUICKSTART,
            "--set",
            "pruning.train.max_steps=null",
            "--set",
            "pruning.train.warmup=400");

    assertThat(validate.exitCode()).isZero();
  }

  @Test
  @DisplayName("without a file there is nothing to do: exit code 2")
  void noFile() {
    assertThat(Executed.of("validate").exitCode()).isEqualTo(2);
  }
}
