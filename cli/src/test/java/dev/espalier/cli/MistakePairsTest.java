package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.checkpoints.hub.Hub;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.tuner.prepare.Preflight;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All mistakes at once means all: every pair of independent mistakes is reported as two, each with
 * its code and its place, whatever else is wrong with the file or with the same entry.
 */
class MistakePairsTest {
  /** One key a line, so that two mistakes can be put into any two lines. */
  private static final String OURS =
      """
      version: 1
      model:
        name: pairs
        checkpoint: all-minilm-l6-v2
      device: cpu
      data:
        task: csv
        train: train.csv
        evaluation: dev.csv
        columns: {text: sentence, label: label}
        labels: ["a", "b"]
        max_sequence_length: 32
      distillation:
        teacher: baseline
        temperature: 2
        alpha_distil: 0.9
      pruning:
        train:
          max_steps: 400
          learning_rate: 1.0e-4
          warmup: 10%
          start_from: baseline
        approach:
          weight_compression:
            initial_sparsity: 0.1
            target_sparsity: 0.7
            pruners:
              - prune_type: soft_movement
                names: ["*.layer.*.weight"]
                pattern: 1x1
                prune_domain: local
                parameters:
                  floor: 0.01
                  final_threshold: 0.1
      quantization:
        approach: post_training_dynamic_quant
        op_types: [MatMul, Gather]
        model_wise: {weight: {granularity: per_channel}}
        recipes: {smooth_quant_args: {alpha: 0.5}}
        optype_wise: [{op_types: [Gather], weight: {dtype: int8}}]
        strategy: {name: mse}
      evaluation:
        accuracy:
          multi_metrics:
            - metric: accuracy
              weight: 1
            - metric: f1
              weight: 2
        performance: {iteration: 3}
      tuning:
        baseline: {max_steps: 240}
        accuracy_criterion:
          relative: 0.02
        multi_objectives: [{objective: modelsize}, {objective: density}]
        strategy:
          name: random
          parameters: {}
        search_space:
          - key: pruning.train.learning_rate
            low: 1.0e-5
            high: 1.0e-4
          - key: distillation.alpha_distil
            options: [0.5, 0.9]
        exit_policy: {max_trials: 3}
        random_seed: 42
      """;

  private static final String P = "pruning.approach.weight_compression.";
  private static final String ONE = P + "pruners[0].";

  /**
   * One mistake.
   *
   * @param right a piece of the file that is there once
   * @param wrong what stands there instead; the problem is reported where {@code at} begins in it
   * @param at a part of {@code wrong}; empty where the value around it is reported as a whole
   * @param needs a piece without which nobody can tell that this one is wrong; empty for none
   */
  private record Mistake(
      String right, String wrong, String at, ProblemCode code, String path, String needs) {
    /** Whether the two change different pieces, and this one is wrong beside the other. */
    boolean isIndependentOf(Mistake other) {
      return !right.contains(other.right)
          && !other.right.contains(right)
          && !needs.equals(other.right);
    }
  }

  private static Mistake mistake(
      String right, String wrong, String at, ProblemCode code, String path) {
    return new Mistake(right, wrong, at, code, path, "");
  }

  private static final List<Mistake> MISTAKES =
      List.of(
          mistake("version: 1", "version: 2", "2", ProblemCode.OUT_OF_RANGE, "version"),
          mistake(
              "checkpoint: all-minilm-l6-v2",
              "checkpoint: all-minilm-l6",
              "all-minilm-l6",
              ProblemCode.UNKNOWN_NAME,
              "model.checkpoint"),
          mistake("name: pairs", "name: a b", "a b", ProblemCode.BAD_FORMAT, "model.name"),
          mistake("device: cpu", "device: tpu", "tpu", ProblemCode.NOT_ALLOWED, "device"),
          mistake("task: csv", "task: cvs", "cvs", ProblemCode.UNKNOWN_NAME, "data.task"),
          mistake(
              "train: train.csv",
              "train: trane.csv",
              "trane.csv",
              ProblemCode.MISSING_FILE,
              "data.train"),
          mistake(
              "evaluation: dev.csv",
              "evaluation: dev.tsv",
              "dev.tsv",
              ProblemCode.MISSING_FILE,
              "data.evaluation"),
          mistake(
              "[\"a\", \"b\"]", "[no, yes]", "no, yes", ProblemCode.WRONG_TYPE, "data.labels[0]"),
          mistake(
              "max_sequence_length: 32",
              "max_sequence_lenght: 32",
              "max_sequence_lenght",
              ProblemCode.UNKNOWN_KEY,
              "data.max_sequence_lenght"),
          mistake(
              "temperature: 2",
              "temperature: 0",
              "0",
              ProblemCode.OUT_OF_RANGE,
              "distillation.temperature"),
          mistake(
              "teacher: baseline",
              "techer: baseline",
              "techer",
              ProblemCode.UNKNOWN_KEY,
              "distillation.techer"),
          mistake(
              "start_from: baseline",
              "start_from: nowhere",
              "nowhere",
              ProblemCode.NOT_ALLOWED,
              "pruning.train.start_from"),
          mistake(
              "    learning_rate: 1.0e-4",
              "    learning_rate: fast",
              "fast",
              ProblemCode.WRONG_TYPE,
              "pruning.train.learning_rate"),
          mistake(
              "initial_sparsity: 0.1",
              "inital_sparsity: 0.1",
              "inital_sparsity",
              ProblemCode.UNKNOWN_KEY,
              P + "inital_sparsity"),
          mistake(
              "target_sparsity: 0.7",
              "target_sparsity: 1.7",
              "1.7",
              ProblemCode.OUT_OF_RANGE,
              P + "target_sparsity"),
          mistake(
              "prune_type: soft_movement",
              "prune_type: mouvement",
              "mouvement",
              ProblemCode.UNKNOWN_NAME,
              ONE + "prune_type"),
          mistake(
              "names: [\"*.layer.*.weight\"]",
              "target_sparsty: 0.5",
              "target_sparsty",
              ProblemCode.UNKNOWN_KEY,
              ONE + "target_sparsty"),
          mistake("pattern: 1x1", "pattern: 4by1", "4by1", ProblemCode.BAD_FORMAT, ONE + "pattern"),
          mistake(
              "prune_domain: local",
              "prune_domain: locale",
              "locale",
              ProblemCode.NOT_ALLOWED,
              ONE + "prune_domain"),
          new Mistake(
              "floor: 0.01",
              "flor: 0.01",
              "0.01",
              ProblemCode.UNKNOWN_KEY,
              ONE + "parameters.flor",
              "prune_type: soft_movement"),
          mistake(
              "final_threshold: 0.1",
              "final_threshold: 0.1\n        - prune_type: mouvemant",
              "mouvemant",
              ProblemCode.UNKNOWN_NAME,
              P + "pruners[1].prune_type"),
          mistake(
              "final_threshold: 0.1",
              "final_threshold: 0.1\n        - prune_type: l0\n          parameters: {bta: 1}",
              "1}",
              ProblemCode.UNKNOWN_KEY,
              P + "pruners[1].parameters.bta"),
          mistake(
              "task: csv",
              "task: csv\n  train_part: 9-2",
              "9-2",
              ProblemCode.OUT_OF_RANGE,
              "data.train_part"),
          mistake(
              "evaluation: dev.csv",
              "evaluation: dev.csv\n  evaluation_part: 7-3",
              "7-3",
              ProblemCode.OUT_OF_RANGE,
              "data.evaluation_part"),
          mistake(
              "max_steps: 400",
              "max_steps: 0400",
              "0400",
              ProblemCode.BAD_FORMAT,
              "pruning.train.max_steps"),
          mistake(
              "op_types: [MatMul, Gather]",
              "op_types: [MatMull]",
              "[MatMull]",
              ProblemCode.NOT_ALLOWED,
              "quantization.op_types"),
          mistake(
              "approach: post_training_dynamic_quant",
              "approach: dynamic",
              "dynamic",
              ProblemCode.NOT_ALLOWED,
              "quantization.approach"),
          mistake(
              "{granularity: per_channel}",
              "{granularity: per_banana}",
              "per_banana",
              ProblemCode.NOT_ALLOWED,
              "quantization.model_wise.weight.granularity"),
          mistake(
              "{alpha: 0.5}",
              "{alpha: 5}",
              "5",
              ProblemCode.OUT_OF_RANGE,
              "quantization.recipes.smooth_quant_args.alpha"),
          mistake(
              "weight: {dtype: int8}",
              "wieght: {dtype: int8}",
              "wieght",
              ProblemCode.UNKNOWN_KEY,
              "quantization.optype_wise[0].wieght"),
          mistake(
              "op_types: [Gather]",
              "op_types: [Gathr]",
              "[Gathr]",
              ProblemCode.NOT_ALLOWED,
              "quantization.optype_wise[0].op_types"),
          mistake(
              "  accuracy:\n    multi_metrics:",
              "  accuracy:\n    metric: exact\n    multi_metrics:",
              "exact",
              ProblemCode.CONTRADICTION,
              "evaluation.accuracy.metric"),
          mistake(
              "metric: accuracy",
              "metric: acuracy",
              "acuracy",
              ProblemCode.UNKNOWN_NAME,
              "evaluation.accuracy.multi_metrics[0].metric"),
          mistake(
              "weight: 1",
              "wight: 1",
              "wight",
              ProblemCode.UNKNOWN_KEY,
              "evaluation.accuracy.multi_metrics[0].wight"),
          mistake(
              "metric: f1",
              "metric: ff1",
              "ff1",
              ProblemCode.UNKNOWN_NAME,
              "evaluation.accuracy.multi_metrics[1].metric"),
          mistake(
              "performance: {iteration: 3}",
              "performance: {iteration: 0}",
              "0",
              ProblemCode.OUT_OF_RANGE,
              "evaluation.performance.iteration"),
          mistake(
              "relative: 0.02",
              "relative: 0.02\n    absolute: 1",
              "0.02\n    absolute",
              ProblemCode.CONTRADICTION,
              "tuning.accuracy_criterion"),
          mistake(
              "{objective: density}",
              "{objective: modelsize}",
              "modelsize",
              ProblemCode.DUPLICATE_KEY,
              "tuning.multi_objectives[1].objective"),
          mistake(
              "name: random",
              "name: randum",
              "randum",
              ProblemCode.UNKNOWN_NAME,
              "tuning.strategy.name"),
          mistake(
              "key: pruning.train.learning_rate",
              "key: pruning.train.learnin_rate",
              "pruning.train.learnin_rate",
              ProblemCode.UNKNOWN_KEY,
              "tuning.search_space[0].key"),
          mistake(
              "low: 1.0e-5",
              "lwo: 1.0e-5",
              "lwo",
              ProblemCode.UNKNOWN_KEY,
              "tuning.search_space[0].lwo"),
          mistake(
              "options: [0.5, 0.9]",
              "options: [0.5, 0.5]",
              "[0.5, 0.5]",
              ProblemCode.CONTRADICTION,
              "tuning.search_space[1].options"),
          mistake(
              "random_seed: 42",
              "random_seed: soon",
              "soon",
              ProblemCode.WRONG_TYPE,
              "tuning.random_seed"));

  private static final Preflight PREFLIGHT =
      Preflight.of(Services.create(Plugins.in(null), new Hub(DownloadsOption.settings(false))));

  private static final String LPOTS =
      """
      version: 1.0
      model:
        name: pairs
        framework: pytorch
        checkpoint: all-minilm-l6-v2
      data: {task: sentiment-twin}
      quantization:
        approach: post_training_static_quant
        calibration: {sampling_size: 100}
        recipes: {scale_propagation_concat: True}
        model_wise: {weight: {scheme: [sym]}}
        optype_wise: {Linear: {weight: {dtype: [int8]}}, Embedding: {weight: {dtype: [fp32]}}}
        op_wise: {bert.encoder.layer.1.output.dense: {weight: {dtype: [fp32]}}, bert.pooler: {activation: {dtype: [fp32]}}}
        quant_level: 1
      pruning:
        train:
          start_epoch: 0
          end_epoch: 5
          optimizer: {AdamW: {learning_rate: 0.0001, weight_decay: 0.01}}
          criterion: {CrossEntropyLoss: {reduction: mean}}
        approach:
          weight_compression:
            target_sparsity: 0.9
            start_epoch: 0
            end_epoch: 4
            update_frequency: 1
            pruners:
              - !Pruner
                prune_type: basic_magnitude
                names: ["bert.encoder.layer.0.output.dense.weight"]
                pattern: tile_pattern_4x1
                method: per_tensor
      evaluation:
        accuracy:
          metric: {topk: 1}
        performance: {configs: {cores_per_instance: 2}}
      tuning:
        strategy: {name: basic}
        accuracy_criterion: {relative: 0.01}
        objective: performance
        exit_policy: {max_trials: 3}
      """;

  private static final ProblemCode LPOT = ProblemCode.CONTRADICTION;

  private static final List<Mistake> MISTAKES_OF_LPOT =
      List.of(
          mistake("framework: pytorch", "framework: mxnet", "mxnet", LPOT, "model.framework"),
          mistake(
              "task: sentiment-twin",
              "task: sentiment",
              "sentiment",
              ProblemCode.UNKNOWN_NAME,
              "data.task"),
          mistake(
              "approach: post_training_static_quant",
              "approach: quant_aware_training",
              "quant_aware",
              LPOT,
              "quantization.approach"),
          mistake(
              "sampling_size: 100",
              "sampling_size: abc",
              "abc",
              LPOT,
              "quantization.calibration.sampling_size"),
          mistake(
              "{scale_propagation_concat: True}",
              "{weight_correction: True}",
              "True",
              LPOT,
              "quantization.recipes.weight_correction"),
          mistake(
              "scheme: [sym]",
              "scheme: [asym]",
              "[asym]",
              LPOT,
              "quantization.model_wise.weight.scheme"),
          mistake(
              "dtype: [int8]",
              "dtype: [bf16]",
              "",
              LPOT,
              "quantization.optype_wise: what is asked for Linear"),
          mistake(
              "Embedding: {weight: {dtype: [fp32]}}",
              "Embeding: {weight: {dtype: [fp16]}}",
              "",
              LPOT,
              "quantization.optype_wise: what is asked for Embeding"),
          mistake(
              "bert.encoder.layer.1.output.dense: ",
              "MatMul_12: ",
              "",
              LPOT,
              "quantization.op_wise: the name MatMul_12"),
          mistake(
              "bert.pooler: {activation: {dtype: [fp32]}}",
              "bert.pooler: {activation: {dtype: [fp8]}}",
              "",
              LPOT,
              "quantization.op_wise: what is asked for bert.pooler"),
          mistake("quant_level: 1", "quant_level: 7", "7", LPOT, "quantization.quant_level"),
          mistake(
              "start_epoch: 0\n    end_epoch: 5",
              "start_epoch: 0\n    end_epoch: soon",
              "soon",
              LPOT,
              "pruning.train.end_epoch"),
          mistake(
              "AdamW: {learning_rate: 0.0001, weight_decay: 0.01}",
              "SGD: {learning_rate: 0.0001}",
              "",
              LPOT,
              "pruning.train.optimizer"),
          mistake("reduction: mean", "reduction: sum", "", LPOT, "pruning.train.criterion"),
          mistake(
              "target_sparsity: 0.9",
              "target_sparsity: 1.7",
              "1.7",
              ProblemCode.OUT_OF_RANGE,
              P + "target_sparsity"),
          mistake(
              "start_epoch: 0\n      end_epoch: 4",
              "start_epoch: 4\n      end_epoch: 1",
              "1",
              LPOT,
              P + "end_epoch"),
          mistake("update_frequency: 1", "update_frequency: 0", "0", LPOT, P + "update_frequency"),
          mistake(
              "prune_type: basic_magnitude",
              "prune_type: mouvement",
              "mouvement",
              ProblemCode.UNKNOWN_NAME,
              ONE + "prune_type"),
          mistake(
              "names: [\"bert.encoder.layer.0.output.dense.weight\"]",
              "target_sparsty: 0.5",
              "target_sparsty",
              LPOT,
              ONE + "target_sparsty"),
          mistake(
              "pattern: tile_pattern_4x1",
              "pattern: channelx1",
              "channelx1",
              LPOT,
              ONE + "pattern"),
          mistake("method: per_tensor", "method: per_banana", "per_banana", LPOT, ONE + "method"),
          mistake(
              "metric: {topk: 1}", "metric: {topk: 5}", "{", LPOT, "evaluation.accuracy.metric"),
          mistake(
              "configs: {cores_per_instance: 2}",
              "configs: {cores_per_instence: 2}",
              "cores_per_instence",
              LPOT,
              "evaluation.performance.configs.cores_per_instence"),
          mistake("{name: basic}", "{name: basc}", "basc", LPOT, "tuning.strategy.name"),
          mistake(
              "{relative: 0.01}",
              "{relative: 0.01, absolute: 1}",
              "0.01",
              ProblemCode.CONTRADICTION,
              "tuning.accuracy_criterion"),
          mistake(
              "objective: performance",
              "objective: perfomance",
              "perfomance",
              ProblemCode.NOT_ALLOWED,
              "tuning.objective"),
          mistake(
              "max_trials: 3",
              "max_trails: 3",
              "max_trails",
              LPOT,
              "tuning.exit_policy.max_trails"));

  @TempDir Path folder;

  @BeforeEach
  void writeData() throws IOException {
    Files.writeString(folder.resolve("train.csv"), "sentence,label\nx,a\n");
    Files.writeString(folder.resolve("dev.csv"), "sentence,label\nx,a\n");
  }

  @Test
  @DisplayName("each pair of independent mistakes is reported as two, with code and place")
  void pairs() {
    assertThat(missed(OURS, MISTAKES)).isEmpty();
  }

  @Test
  @DisplayName("so is each pair of mistakes in a file for LPOT")
  void pairsOfLpot() {
    assertThat(missed(LPOTS, MISTAKES_OF_LPOT)).isEmpty();
  }

  private List<String> missed(String file, List<Mistake> mistakes) {
    assertThat(problems(file)).as("the file without a mistake").isEmpty();
    List<String> missed = new ArrayList<>();
    for (Mistake one : mistakes) {
      for (Mistake other : mistakes) {
        if (one.isIndependentOf(other)) {
          check(file, one, other, missed);
        }
      }
    }
    return missed;
  }

  /** Whether the first is reported when the other is there, too. */
  private void check(String file, Mistake one, Mistake other, List<String> missed) {
    String with = with(file, other);
    List<Problem> found = problems(with(with, one));
    String place = place(with, one);
    if (found.stream().noneMatch(problem -> isOf(problem, one, place))) {
      missed.add(one.wrong + " beside " + other.wrong + " at " + place + ": " + found);
    }
  }

  private static boolean isOf(Problem problem, Mistake mistake, String place) {
    return problem.code() == mistake.code
        && problem.message().startsWith(mistake.path)
        && (mistake.at.isEmpty() || String.valueOf(problem.location()).endsWith(place));
  }

  private static String with(String text, Mistake mistake) {
    assertThat(text.split(Pattern.quote(mistake.right), -1)).as(mistake.right).hasSize(2);
    return text.replace(mistake.right, mistake.wrong);
  }

  /** {@code :line:column} of the mistake, once it is made in {@code text}. */
  private static String place(String text, Mistake mistake) {
    int start = text.indexOf(mistake.right);
    int at = start + mistake.wrong.indexOf(mistake.at);
    String before = text.substring(0, start) + mistake.wrong.substring(0, at - start);
    long line = before.chars().filter(c -> c == '\n').count() + 1;
    return ":" + line + ":" + (at - before.lastIndexOf('\n'));
  }

  private List<Problem> problems(String text) {
    try {
      Path file = Files.writeString(folder.resolve("pairs.yaml"), text);
      ResolvedConfiguration unused =
          new ConfigurationLoader().load(List.of(file), List.of(), Map.of(), PREFLIGHT);
      return List.of();
    } catch (ProblemException e) {
      return e.problems();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
