package dev.espalier.config.lpot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.config.Configuration;
import dev.espalier.config.Configuration.PrunerChoice;
import dev.espalier.config.Configuration.WeightCompression;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.config.Stretch;
import dev.espalier.config.Words;
import dev.espalier.config.foreign.Mapping;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What LPOT took or refused by accident, and what its words mean here. */
class LpotTest {
  private static final String FILE =
      """
      version: 1.0
      model: {name: bert, framework: pytorch, checkpoint: all-minilm-l6-v2}
      device: cpu
      data: {task: sentiment-twin}
      pruning:
        train: {start_epoch: 0, end_epoch: 5}
        approach:
          weight_compression:
            initial_sparsity: 0.0
            target_sparsity: 0.9
            start_epoch: 0
            end_epoch: 4
            pruners:
              - !Pruner
                prune_type: basic_magnitude
      evaluation: {accuracy: {metric: {topk: 1}}}
      tuning: {strategy: {name: basic}, accuracy_criterion: {relative: 0.01}}
      """;

  private static final String P = "pruning.approach.weight_compression.";
  private static final String W = "pruning.approach.weight_compression";
  private static final String PY = "pruning.approach.weight_compression_pytorch";
  private static final String E = P + "pruners[0].";

  @TempDir Path folder;

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "target_sparsity: 0.9|target_sparsity: 1.7|10:24: {P}target_sparsity: must be a number of at"
            + " least 0 and below 1, found 1.7\\n  Maybe 0.017 is meant.",
        "target_sparsity: 0.9|target_sparsity: 1|10:24: {P}target_sparsity: must be a number of at"
            + " least 0 and below 1, found 1\\n  Maybe 0.01 is meant.",
        "end_epoch: 4|end_epoch: 0|12:18: {P}end_epoch: start_epoch is the same, and nothing is"
            + " pruned at once here, found 0\\n  Maybe 1 is meant.",
        "start_epoch: 0\\n      end_epoch: 4|start_epoch: 9\\n      end_epoch: 1|12:18:"
            + " {P}end_epoch: must be above start_epoch, which is 9, found 1\\n  Maybe the two are"
            + " swapped.",
        "start_epoch: 0, end_epoch: 5|start_epoch: 9, end_epoch: 1|6:38: pruning.train.end_epoch:"
            + " must be above start_epoch, which is 9, found 1\\n  Maybe the two are swapped.",
        "end_epoch: 4|end_epoch: 5|12:18: {P}end_epoch: must be below the number of epochs, which is"
            + " 5, found 5: the target sparsity would never be reached\\n  Maybe --set"
            + " pruning.train.epochs=6 is meant: a pruner's end_epoch is trained, that of"
            + " pruning.train is not.",
        "{topk: 1}|{topk: 1, F1: {}}|16:33: evaluation.accuracy.metric: must be one metric, found"
            + " topk and F1\\n  Maybe --set evaluation.accuracy.metric=accuracy is meant.",
        "{topk: 1}|{topk: 5}|16:33: evaluation.accuracy.metric: there is no such metric here, found"
            + " {topk: 5}\\n  Maybe --set evaluation.accuracy.metric=accuracy is meant.",
        "metric: {topk: 1}|multi_metrics: {MSE: {}, topk: 1}|16:40: evaluation.accuracy"
            + ".multi_metrics: there is no such metric here, found MSE\\n  Maybe --set"
            + " evaluation.accuracy.metric=accuracy is meant.",
        "metric: {topk: 1}|multi_metrics: {F1: {}, topk: 1, weight: [1]}|16:66: evaluation.accuracy"
            + ".multi_metrics.weight: must have one entry for each of 2 metrics, found [1]\\n  Maybe"
            + " numbers such as [0.5, 0.5] are meant.",
        "metric: {topk: 1}|multi_metrics: {F1: {}, topk: 1, higher_is_better: [true, false]}|16:76:"
            + " evaluation.accuracy.multi_metrics.higher_is_better: must be true for each, found"
            + " [true, false]\\n  Remove it: the metric knows.",
        "device: cpu|device: cuda|3:9: device: must be cpu, found the text \"cuda\"\\n "
            + " Maybe \"cpu\" is meant.",
        "device: cpu|device: cpu\\ndevice: gpu|4:1: device: duplicate key, first defined on line"
            + " 3\\n  Remove one of the two.",
        "version: 1.0|version: 2.0|1:10: version: must be 1, found 2.0\\n"
            + "  Leave it out, and it is 1.",
        "pruning:|prunning:|5:1: prunning: there is no such key\\n  Maybe \"pruning\" is meant.",
        "name: basic|name: basc|17:27: tuning.strategy.name: must be one of basic, bayesian,"
            + " exhaustive, mse, random, automixedprecision, sigopt, tpe, mse_v2, hawq_v2,"
            + " conservative, auto, found basc\\n  Maybe \"basic\" is meant.",
        "relative: 0.01|relative: 0.01, absolute: 1|17:66: tuning.accuracy_criterion: must hold"
            + " exactly one of relative and absolute, found both\\n  Set one of the two to null.",
        "relative: 0.01|higher_is_better: True|17:55: tuning.accuracy_criterion: must hold exactly"
            + " one of relative and absolute, found neither\\n  Maybe relative: 0.01 is meant: at"
            + " most 1% of the baseline's metric may be lost.",
        "relative: 0.01|relative: -0.5|17:66: tuning.accuracy_criterion.relative: must be a number of"
            + " at least 0 and below 1, found -0.5\\n  Leave it out, or write a number in that"
            + " range.",
        "basic_magnitude|basic_magnitude\\n          target_sparsty: 0.5|16:11: {E}target_sparsty:"
            + " there is no such key\\n  Maybe \"target_sparsity\" is meant.",
        "basic_magnitude|basic_magnitude\\n          target_sparsity: lots|16:28:"
            + " {P}target_sparsity: must be a number of at least 0 and below 1, found the text"
            + " \"lots\"\\n  Leave it out, or write a number in that range.",
        "basic_magnitude|basic_magnitude\\n          start_epoch: -3|16:24: {E}start_epoch: must be"
            + " a whole number of at least 0, found -3",
        "basic_magnitude|basic_magnitude\\n          method: per_banana|16:19: {E}method: must be"
            + " per_tensor, found per_banana\\n  Remove it, and let prune_domain say what competes"
            + " for being kept.",
        "basic_magnitude|basic_magnitude\\n          pattern: channelx1|16:20: {E}pattern: must be"
            + " NxM, N:M or tile_pattern_NxM, found channelx1\\n  Maybe ffn_pairs is meant, for"
            + " channels, or heads.",
        "basic_magnitude|snip_momentum_progressive|15:23: {E}prune_type: progressive pruning is not"
            + " supported, found snip_momentum_progressive\\n  Maybe snip_momentum is meant.",
        "framework: pytorch|framework: tensorflow|2:32: model.framework: models of tensorflow cannot"
            + " be trained here, only those of PyTorch\\n  Maybe framework: pytorch is meant, with a"
            + " model.checkpoint of the same model.",
        "framework: pytorch|framework: onnxrt_integer|2:32: model.framework: must be one of pytorch,"
            + " pytorch_fx, pytorch_ipex, onnxrt_integerops, onnxrt_qlinearops, onnxrt_qoperator,"
            + " onnxrt_qdq, onnxrt_qdqops, found onnxrt_integer\\n  Maybe \"onnxrt_integerops\" is"
            + " meant.",
        "device: cpu|quantization: {approach: post_training_dynamic_quant, calibration:"
            + " {sampling_size: abc}}|3:84: quantization.calibration.sampling_size: must be whole"
            + " numbers of at least 1, found abc\\n  Remove it: dynamic quantization needs no calibration.",
        "device: cpu|quantization: {calibration: {sampling_size: [8, 0]}}|3:45:"
            + " quantization.calibration.sampling_size: must be whole numbers of at least 1, found"
            + " [8, 0]\\n  Maybe 100 is meant.",
        "device: cpu|distillation: {train: {epoch: 1}}|3:23: distillation.train: distillation in"
            + " LPOT's form is not supported\\n  Say it as distillation: {teacher: baseline,"
            + " temperature: 2, alpha_distil: 0.9, alpha_ce: 0.1}, without train.",
        "device: cpu|graph_optimization: {precisions: bf16}|3:21: graph_optimization: conversion to"
            + " bf16 is not supported\\n  Remove the section.",
        "end_epoch: 5}|end_epoch: 5, optimizer: {SGD: {learning_rate: 0.1}}}|6:52:"
            + " pruning.train.optimizer: only AdamW trains here, and its learning rate is another,"
            + " found {SGD: {learning_rate: 0.1}}\\n  Maybe --set pruning.train.learning_rate=5e-5"
            + " is meant.",
        "end_epoch: 5}|end_epoch: 5, criterion: {KnowledgeDistillationLoss: {}}}|6:52:"
            + " pruning.train.criterion: must be CrossEntropyLoss with reduction mean, found"
            + " {KnowledgeDistillationLoss: {}}\\n  Remove it: the task brings its loss.",
        "strategy: {name: basic}|exit_policy: {max_trails: 5}|17:24: tuning.exit_policy.max_trails:"
            + " there is no such key\\n  Maybe \"max_trials\" is meant.",
        "strategy: {name: basic}|workspace: {resume: x}|17:30: tuning.workspace.resume: LPOT's"
            + " history cannot be resumed here, found x\\n  Remove it: the run starts anew.",
        "weight_compression:|weight_compression_v2:|9:7: {W}: weight_compression_v2 is the format"
            + " of Intel Neural Compressor 2, not read here\\n  Maybe write it as"
            + " weight_compression, with prune_type, names and pattern.",
        "weight_compression:|weight_compression_pytorch: {}\\n    weight_compression:|8:33: {PY}:"
            + " weight_compression is there, too\\n  Remove one of the two.",
      })
  @DisplayName("what LPOT accepted by accident, and what is not supported, is an error")
  void accident(String right, String wrong, String expected) {
    String yaml = FILE.replace(lines(right), lines(wrong));
    List<Problem> problems = problems(yaml);

    assertThat(problems).allMatch(problem -> problem.kind() == ProblemKind.CONFIGURATION);
    assertThat(problems.get(0).toString())
        .isEqualTo(
            file()
                + ":"
                + lines(expected)
                    .replace("{P}", P)
                    .replace("{E}", E)
                    .replace("{W}", W)
                    .replace("{PY}", PY));
    assertThat(problems).hasSize(1);
  }

  @Test
  @DisplayName("the form of LPOT 1.0 to 1.3 is named, and nothing else is said about it")
  void firstForm() {
    String yaml =
        """
        model: {name: bert, framework: pytorch, checkpoint: x}
        data: {task: sst-2}
        pruning: {init_sparsity: 0.0, target_sparsity: 0.5, magnitude: {prune1: {weights: [a]}}}
        """;

    assertThat(problems(yaml))
        .extracting(problem -> problem.location() + " " + problem.message())
        .containsExactly(
            file() + ":3:10 pruning: this is the form of LPOT 1.0 to 1.3, which is not read here");
  }

  @Test
  @DisplayName("all problems of a file come at once")
  void allAtOnce() {
    String yaml =
        FILE.replace("data: {task: sentiment-twin}", "nas: {approach: basic}")
            .replace(", checkpoint: all-minilm-l6-v2", "")
            .replace("target_sparsity: 0.9", "target_sparsity: 1.7")
            .replace("prune_type: basic_magnitude", "method: per_banana")
            .replace("name: basic", "name: basc")
            .replace("{topk: 1}", "{mAP: {}}");

    assertThat(problems(yaml))
        .extracting(problem -> problem.message().split(":", 2)[0])
        .containsExactlyInAnyOrder(
            "nas",
            "data",
            "model.checkpoint",
            P + "target_sparsity",
            E + "method",
            "tuning.strategy.name",
            "evaluation.accuracy.metric");
  }

  @Test
  @DisplayName("what LPOT refused by accident works: whole numbers, plain maps, 1e-4, percents")
  void refusedByAccident() {
    String yaml =
        FILE.replace("initial_sparsity: 0.0", "initial_sparsity: 0")
            .replace("!Pruner\n          ", "")
            .replace(
                "end_epoch: 5}",
                "end_epoch: 5, optimizer: {AdamW: {learning_rate: 1e-4, weight_decay: 0}}}")
            .replace("relative: 0.01", "relative: 1%")
            .replace("prune_type:", "update_frequency: 1\n          prune_type:");

    Configuration loaded = load(yaml).configuration();
    assertThat(compression(yaml).initialSparsity()).isZero();
    assertThat(pruner(yaml).pruneType()).isEqualTo("magnitude");
    assertThat(loaded.pruning().train().learningRate()).isEqualTo(1e-4);
    assertThat(loaded.tuning().accuracyCriterion().relative()).isEqualTo(0.01);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{F1: {}, topk: 1} | f1 null, accuracy null | each must keep to the criterion",
        "{F1: {}, topk: 1, weight: [2, 0.5], higher_is_better: [true, true]}"
            + " | f1 2.0, accuracy 0.5 | the weighted mean of what is lost decides",
        "{F1: {}, Accuracy: {}, weight: '2, 1'} | f1 2.0, accuracy 1.0"
            + " | the weighted mean of what is lost decides"
      })
  @DisplayName("multi_metrics, a map with lists beside it, becomes a list of metrics and weights")
  void multiMetrics(String map, String metrics, String remark) {
    String yaml = FILE.replace("metric: {topk: 1}", "multi_metrics: " + map);

    assertThat(load(yaml).configuration().evaluation().accuracy().multiMetrics())
        .extracting(each -> each.metric() + " " + each.weight())
        .containsExactly(metrics.split(", ", -1));
    assertThat(mapping(yaml)).anyMatch(line -> line.endsWith(": " + remark));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{objective: [performance, modelsize]} | performance 1.0, modelsize 1.0",
        "{objective: [performance, accuracy], weight: [0.2, 0.8], higher_is_better: [false, true]}"
            + " | performance 0.2, accuracy 0.8",
      })
  @DisplayName("multi_objectives, a map of lists, becomes a list of objectives and weights")
  void multiObjectives(String map, String objectives) {
    String yaml = FILE.replace("tuning: {", "tuning: {multi_objectives: " + map + ", ");

    assertThat(load(yaml).configuration().tuning().multiObjectives())
        .extracting(each -> Words.of(each.objective()) + " " + each.weight())
        .containsExactly(objectives.split(", ", -1));
    assertThat(mapping(yaml)).anyMatch(line -> line.contains("shares of the dense model's values"));
  }

  @Test
  @DisplayName("a pruner's own 0 is a 0: LPOT read it as unset")
  void localZero() {
    String yaml =
        FILE.replace("initial_sparsity: 0.0", "initial_sparsity: 0.5")
            .replace("start_epoch: 0\n", "start_epoch: 2\n")
            .replace(
                "prune_type:",
                "initial_sparsity: 0.0\n          start_epoch: 0\n          prune_type:");

    assertThat(compression(yaml).initialSparsity()).isZero();
    assertThat(compression(yaml).initialWarmup()).isEqualTo(new Stretch.Warmups(0));
    assertThat(mapping(yaml))
        .anyMatch(line -> line.contains("initial_sparsity 0.0 (above 0.5 for all pruners) -> "));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 4, 5, 0, 2", // LPOT's own: the default final_warmup
    "1, 3, 5, 2, 4",
    "0, 1, 2, 0, 5",
    "2, 5, 10, 2, 5",
    "0, 1, 3, 0, 6.666667"
  })
  @DisplayName("epochs become multiples of the warm-up of 10%, from both ends of the run")
  void epochs(int start, int end, int epochs, double initial, double last) {
    String yaml =
        FILE.replace("end_epoch: 5", "end_epoch: " + epochs)
            .replace("start_epoch: 0\n", "start_epoch: " + start + "\n")
            .replace("end_epoch: 4", "end_epoch: " + end);

    assertThat(compression(yaml).initialWarmup()).isEqualTo(new Stretch.Warmups(initial));
    assertThat(compression(yaml).finalWarmup()).isEqualTo(new Stretch.Warmups(last));
    assertThat(load(yaml).configuration().pruning().train().epochs()).isEqualTo(epochs);
  }

  @Test
  @DisplayName("the command line's epochs count, and the file's end_epoch stays that epoch")
  void epochsFromAbove() {
    WeightCompression compression =
        load(FILE, "pruning.train.epochs=10")
            .configuration()
            .pruning()
            .approach()
            .weightCompression();

    assertThat(compression.finalWarmup()).isEqualTo(new Stretch.Warmups(6));
  }

  @ParameterizedTest
  @CsvSource({"100, 500, 1000, 1, 5", "0, 900, 1000, 0, 1"})
  @DisplayName("steps are as epochs, once the run's length in steps is known")
  void steps(int start, int end, int steps, double initial, double last) {
    String yaml =
        FILE.replace("train: {start_epoch: 0, end_epoch: 5}", "train: {max_steps: " + steps + "}")
            .replace("start_epoch: 0", "start_step: " + start)
            .replace("end_epoch: 4", "end_step: " + end);

    assertThat(compression(yaml).initialWarmup()).isEqualTo(new Stretch.Warmups(initial));
    assertThat(compression(yaml).finalWarmup()).isEqualTo(new Stretch.Warmups(last));
    assertThat(problems(yaml.replace("max_steps: " + steps, "epochs: 3")))
        .extracting(Problem::message)
        .containsExactly(
            P + "end_step: the length of the run in steps must be known, found " + end);
  }

  @ParameterizedTest
  @CsvSource({
    "basic_magnitude, magnitude",
    "pattern_lock, constant_mask",
    "gradient_sensitivity, snip_momentum",
    "group_lasso, group_lasso",
    "snip_momentum, snip_momentum",
    "snip, snip",
    "magnitude, magnitude",
    "movement, movement"
  })
  @DisplayName("LPOT's pruners are ours")
  void pruners(String there, String here) {
    String yaml = FILE.replace("basic_magnitude", there);

    assertThat(pruner(yaml).pruneType()).isEqualTo(here);
    assertThat(mapping(yaml)).anyMatch(line -> line.contains("prune_type " + there + " -> "));
  }

  @Test
  @DisplayName("gradient sensitivity is the sum over all steps: momentum 1")
  void sensitivity() {
    assertThat(pruner(FILE.replace("basic_magnitude", "gradient_sensitivity")).parameters())
        .containsExactly(Map.entry("momentum", 1.0));
  }

  @Test
  @DisplayName("counts of rows to keep have no counterpart, and need a decision")
  void sensitivityByCount() {
    String yaml =
        FILE.replace(
            "basic_magnitude",
            "gradient_sensitivity\n          parameters: {target: 8, stride: 64}");

    assertThat(problems(yaml).get(0).message())
        .isEqualTo(
            E
                + "parameters: counts of heads or rows to keep are not possible here, only a"
                + " target_sparsity");
  }

  @ParameterizedTest
  @CsvSource({
    "tile_pattern_1x1, 1x1",
    "tile_pattern_4x1, 4x1",
    "tile_pattern_1x16, 1x16",
    "4x1, 4x1",
    "any_prefix_2x2, 2x2",
    "2:4, 2:4",
    "1:4, 1:4"
  })
  @DisplayName("patterns are the same: N x M outputs x inputs, and N of M removed")
  void patterns(String there, String here) {
    assertThat(
            pruner(FILE.replace("basic_magnitude", "basic_magnitude\n          pattern: " + there))
                .pattern())
        .isEqualTo(here);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "query;*query*",
        "layer.3.output.dense;*layer.3.output.dense*",
        "layer\\.[0-3]\\..*dense;*layer.[0-3].*dense*",
        "^bert.encoder;bert.encoder*",
        "dense$;*dense.weight",
        "keys*;*key*",
        "query|key;*query*,*key*",
        "encoder.*;*encoder*",
      })
  @DisplayName("regular expressions that are searched become globs")
  void regexes(String regex, String globs) {
    assertThat(pruner(regexFile(regex)).names()).containsExactly(globs.split(","));
  }

  @ParameterizedTest
  @ValueSource(strings = {"(query)", "lay+er", "la*yer", ".*", "q?", "[^a]"})
  @DisplayName("a regular expression that no glob says needs a decision")
  void regexesWithoutGlob(String regex) {
    assertThat(problems(regexFile(regex)))
        .extracting(Problem::message)
        .containsExactly(
            E + "names: the regular expression \"" + regex + "\" cannot be said as a glob");
  }

  private static String regexFile(String regex) {
    return FILE.replace("weight_compression:", "weight_compression_pytorch:")
        .replace("basic_magnitude", "snip_momentum\n          names: ['" + regex + "']");
  }

  @Test
  @DisplayName("weight_compression_pytorch has its own defaults")
  void pytorchDefaults() {
    PrunerChoice pruner =
        pruner(
            FILE.replace("weight_compression:", "weight_compression_pytorch:")
                .replace("prune_type: basic_magnitude", "{}")
                .replace("- !Pruner\n          {}", "- !Pruner {}"));

    assertThat(pruner.pruneType()).isEqualTo("snip_momentum");
    assertThat(pruner.pattern()).isEqualTo("4x1");
    assertThat(pruner.pruneDomain()).isEqualTo(Configuration.PruneDomain.GLOBAL);
  }

  @Test
  @DisplayName("a GLUE data set is our data section")
  void glue() {
    String yaml =
        FILE.replace("data: {task: sentiment-twin}\n", "")
            .replace(
                "{topk: 1}",
                "{GLUE: {task: sst-2}}, dataloader: {batch_size: 8, dataset: {GLUE: {data_dir: d,"
                    + " task: sst-2, max_seq_length: 64}}}");

    Configuration loaded = load(yaml).configuration();
    assertThat(loaded.data().task()).isEqualTo("sst-2");
    assertThat(loaded.data().train()).isEqualTo(folder.resolve("d/train.tsv").toString());
    assertThat(loaded.data().evaluation()).isEqualTo(folder.resolve("d/dev.tsv").toString());
    assertThat(loaded.data().maxSequenceLength()).isEqualTo(64);
    assertThat(loaded.evaluation().accuracy().metric()).isEqualTo("accuracy");
    assertThat(load(yaml, "data.task=sentiment-twin").configuration().data().train()).isNull();
  }

  @Test
  @DisplayName("a file of our own format has no mapping, and is not touched")
  void ours() {
    String yaml =
        """
        model: {name: tiny, checkpoint: all-minilm-l6-v2}
        data: {task: sentiment-twin}
        pruning: {approach: {weight_compression: {pruners: [{prune_type: movement}]}}}
        """;

    assertThat(mapping(yaml)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "!!python/object/apply:os.system [ls]",
        "!!python/tuple [1, 2]",
        "!!javax.script.ScriptEngineManager [x]",
        "!PrunerV2 {prune_type: x}",
        "!<tag:yaml.org,2002:java.net.URL> x",
      })
  @DisplayName("a tag creates nothing: !Pruner is a map, and any other is refused")
  void tags(String value) {
    assertThat(problems(FILE.replace("{topk: 1}", value)).get(0).message())
        .startsWith("evaluation.accuracy.metric: the YAML tag ")
        .endsWith(" is not allowed");
  }

  @Test
  @DisplayName("an alias bomb under !Pruner does not go off")
  void bomb() {
    StringBuilder bomb = new StringBuilder("a0: &a0 !Pruner {x: [1, 1, 1, 1, 1, 1, 1, 1]}\n");
    for (int i = 1; i < 12; i++) {
      String before = "*a" + (i - 1);
      bomb.append("a" + i + ": &a" + i + " !Pruner {x: [" + (before + ", ").repeat(4));
      bomb.append(before + "]}\n");
    }

    assertThat(problems(bomb.toString()).get(0).message())
        .matches("there are more than (50 aliases|100000 values)");
  }

  /** Whatever happens to a file, it is a configuration problem. */
  @Test
  @DisplayName("no mutation of a file leads to anything but a problem")
  void mutations() throws IOException {
    Random random = new Random(42);
    List<String> texts = new ArrayList<>(List.of(FILE));
    for (String name : LpotFilesTest.files()) {
      texts.add(Files.readString(Path.of("src/test/resources/lpot", name + ".yaml")));
    }
    String alphabet = "{}[]:,-*&!|>'\"#% \n0a.~";
    for (int round = 0; round < 1500; round++) {
      StringBuilder text = new StringBuilder(texts.get(round % texts.size()));
      for (int edits = random.nextInt(5); edits >= 0; edits--) {
        int at = random.nextInt(text.length() - 20);
        switch (random.nextInt(4)) {
          case 0 -> text.delete(at, at + 1 + random.nextInt(15));
          case 1 -> text.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
          case 2 -> {
            int colon = text.indexOf(": ", at);
            if (colon > 0) {
              String[] values = {"[]", "{}", "null", "7", "[[1], {a: b}]", "{a: {b: c}}"};
              text.insert(colon + 2, values[random.nextInt(values.length)] + "\n#");
            }
          }
          default -> text.insert(at, text.substring(at, at + random.nextInt(20)));
        }
      }
      try {
        assertThat(load(text.toString(), "model.checkpoint=x").configuration()).isNotNull();
      } catch (ProblemException e) {
        assertThat(e.problems()).allMatch(p -> p.kind() == ProblemKind.CONFIGURATION);
      }
    }
  }

  private WeightCompression compression(String yaml) {
    return load(yaml).configuration().pruning().approach().weightCompression();
  }

  private PrunerChoice pruner(String yaml) {
    return compression(yaml).pruners().get(0);
  }

  private List<String> mapping(String yaml) {
    return load(yaml).mappings().stream().map(Mapping::toString).toList();
  }

  private static String lines(String text) {
    return text.replace("\\n", "\n");
  }

  private List<Problem> problems(String yaml) {
    return catchThrowableOfType(ProblemException.class, () -> load(yaml)).problems();
  }

  private ResolvedConfiguration load(String yaml, String... assignments) {
    try {
      Files.writeString(file(), yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ConfigurationLoader().load(file(), List.of(assignments), Map.of());
  }

  private Path file() {
    return folder.resolve("lpot.yaml");
  }
}
