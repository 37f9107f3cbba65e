package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mistakes cost seconds: all of them in one pass of the assembled command. */
class ProblemsIT {
  private static final String MISTAKES =
      """
      model:
        name: ten
      data:
        task: sentiment-twin
        max_sequence_length: long
      pruning:
        train:
          batchsize: 16
          epochs: 3
          epochs: 4
          learning_rate: 2
          warmup: 120%
          start_from: basline
        approach:
          weight_compression:
            target_sparsity: 0.7
            pruners:
              - prune_type: magnitude
                parameters: {alpha: 1}
      tuning:
        accuracy_criterion: {relative: 0.01, absolute: 0.02}
      """;

  private static final String EXPECTED =
      """
      ten.yaml:10:5: pruning.train.epochs: duplicate key, first defined on line 9
        Remove one of the two.
        docs/errors/duplicate-key.md
      ten.yaml:5:24: data.max_sequence_length: must be a whole number of at least 8 and up to 512, found the text "long"
        Leave it out, and it is 128.
        docs/errors/wrong-type.md
      ten.yaml:8:5: pruning.train.batchsize: there is no such key
        Maybe "batch_size" is meant.
        docs/errors/unknown-key.md
      ten.yaml:11:20: pruning.train.learning_rate: must be a number above 0 and up to 1, found 2
        Leave it out, and it is 5.0e-5.
        docs/errors/out-of-range.md
      ten.yaml:12:13: pruning.train.warmup: must be a number of steps, epochs such as "2 epochs", or a share of the run from 0% to 100% such as "10%", found the text "120%"
        Maybe "10%" is meant, or 100 for steps.
        docs/errors/out-of-range.md
      ten.yaml:13:17: pruning.train.start_from: must be one of pretrained, baseline, found the text "basline"
        Maybe "baseline" is meant.
        docs/errors/not-allowed.md
      --set pruning.train.threads=all: pruning.train.threads: must be a whole number of at least 0 and up to 4096, found the text "all"
        Leave it out, and it is 0.
        docs/errors/wrong-type.md
      ten.yaml:1:1: model.checkpoint: is missing
        Add it: Pretrained model: a name, a folder such as ./model, or a TorchScript file such as ./model.pt.
        docs/errors/missing-key.md
      ten.yaml:21:34: tuning.accuracy_criterion: must hold exactly one of relative and absolute, found both
        Set one of the two to null.
        docs/errors/contradiction.md
      ten.yaml:19:31: pruning.approach.weight_compression.pruners[0].parameters.alpha: pruner magnitude: unknown parameter alpha, there is []
        See ./espalier pruners describe magnitude.
        docs/errors/unknown-key.md
      """;

  @TempDir Path directory;

  @Test
  @DisplayName("nine mistakes in the file and one in --set are ten problems")
  void tenMistakes() throws IOException, InterruptedException {
    Path file = Files.writeString(directory.resolve("ten.yaml"), MISTAKES);

    String printed =
        Assembled.run(
            2,
            directory.resolve("log"),
            List.of("-XX:+UseSerialGC", "-Xshare:auto"),
            List.of("run", file.toString(), "--set", "pruning.train.threads=all"));

    assertThat(printed.replace(directory + "/", "")).isEqualToNormalizingNewlines(EXPECTED);
    assertThat(EXPECTED.lines().filter(line -> line.startsWith("  docs/errors/"))).hasSize(10);
  }
}
