package dev.espalier.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.config.Configuration.WeightCompression;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigurationLoaderTest {
  private static final String SMALLEST =
      """
      model: {name: tiny, checkpoint: all-minilm-l6-v2}
      data: {task: sentiment-twin}
      pruning:
        approach:
          weight_compression:
            target_sparsity: 0.85
            pruners:
              - prune_type: movement
      """;

  private static final String COMPLETE =
      """
      version: 1
      model:
        name: sst2-minilm-movement
        checkpoint: all-minilm-l6-v2
      device: cpu
      data:
        task: sst-2
        train: ../data/train.tsv
        evaluation: /abs/dev.tsv
        train_examples: 7
        evaluation_examples: 8
        max_sequence_length: 64
      pruning:
        train:
          epochs: 3
          max_steps: null
          batch_size: 16
          learning_rate: 1e-4
          score_learning_rate: 1.0e-2
          weight_decay: 0.0
          warmup: "10%"
          max_gradient_norm: 1
          adam_epsilon: 1.0e-8
          threads: 2
          start_from: baseline
        approach:
          weight_compression:
            initial_sparsity: 0
            target_sparsity: 0.85
            initial_warmup: 1
            final_warmup: 2
            pruners:
              - prune_type: movement
                names: ["bert.encoder.layer.*.weight"]
                excluded_names: [a, b]
                parameters: {alpha: 1e-3}
      quantization: {approach: post_training_dynamic_quant}
      evaluation:
        accuracy: {metric: accuracy}
        performance: {warmup: 10, iteration: 100, batch_size: 1, sequence_length: 128, threads: 0}
      tuning:
        baseline: {epochs: 1.5, max_steps: null}
        accuracy_criterion: {absolute: 0.02}
        random_seed: 1
        workspace: {path: some/runs}
      """;

  @TempDir Path folder;

  @Test
  @DisplayName("a data set of the hub is no path, and a part needs a file")
  void dataOfTheHub() {
    String yaml =
        SMALLEST.replace(
            "{task: sentiment-twin}",
            "{task: sst-2, train: 'hf-dataset:glue/sst2', train_part: 201-, evaluation: dev.tsv}");

    assertThat(load(yaml).configuration().data().train()).isEqualTo("hf-dataset:glue/sst2");
    assertThat(load(yaml).configuration().data().evaluation())
        .isEqualTo(folder.resolve("dev.tsv").toString());
    assertThat(problems(yaml.replace("train: 'hf-dataset:glue/sst2', ", "")))
        .singleElement()
        .asString()
        .contains("data.train_part: is about data.train, which names no file");
  }

  @Test
  @DisplayName("a calibration set without quantization is an error")
  void calibrationWithoutQuantization() {
    String yaml =
        SMALLEST.replace(
            "{task: sentiment-twin}",
            "{task: sst-2, train: train.tsv, calibration: c.tsv, evaluation: dev.tsv}");

    assertThat(problems(yaml))
        .singleElement()
        .asString()
        .contains("data.calibration: is for quantization, and there is no section quantization");
    assertThat(
            load(yaml + "quantization: {approach: post_training_static_quant}")
                .configuration()
                .data()
                .calibration())
        .isEqualTo(folder.resolve("c.tsv").toString());
  }

  @Test
  void the_smallest_file_gets_every_default() {
    Configuration loaded = load(SMALLEST).configuration();

    assertThat(loaded.version()).isEqualTo(1);
    assertThat(loaded.device()).isEqualTo(Configuration.Device.CPU);
    assertThat(loaded.quantization()).isNull();
    assertThat(loaded.data().train()).isNull();
    Configuration.Train train = loaded.pruning().train();
    assertThat(train.epochs()).isEqualTo(3);
    assertThat(train.maxSteps()).isNull();
    assertThat(train.learningRate()).isEqualTo(5e-5);
    assertThat(train.warmup()).isEqualTo(new Amount.Share(0.1));
    Configuration.PrunerChoice pruner =
        loaded.pruning().approach().weightCompression().pruners().get(0);
    assertThat(pruner.names()).containsExactly("*.layer.*.weight");
    assertThat(pruner.excludedNames()).isEmpty();
    assertThat(pruner.parameters()).isEmpty();
    assertThat(loaded.tuning().accuracyCriterion().relative()).isEqualTo(0.01);
    assertThat(loaded.tuning().randomSeed()).isEqualTo(42);
    assertThat(loaded.tuning().workspace().path()).isEqualTo(Path.of("runs").toAbsolutePath());
  }

  @Test
  void the_complete_file_is_read_value_by_value() {
    Configuration loaded = load(COMPLETE).configuration();

    assertThat(loaded.data().train())
        .isEqualTo(folder.resolve("../data/train.tsv").normalize().toString());
    assertThat(loaded.data().evaluation()).isEqualTo("/abs/dev.tsv");
    assertThat(loaded.data().maxSequenceLength()).isEqualTo(64);
    assertThat(loaded.pruning().train().learningRate()).isEqualTo(1e-4);
    assertThat(loaded.pruning().train().startFrom()).isEqualTo(Configuration.StartFrom.BASELINE);
    Configuration.PrunerChoice pruner =
        loaded.pruning().approach().weightCompression().pruners().get(0);
    assertThat(pruner.excludedNames()).containsExactly("a", "b");
    assertThat(pruner.parameters()).containsExactly(Map.entry("alpha", 1e-3));
    assertThat(loaded.quantization()).isNotNull();
    assertThat(loaded.tuning().accuracyCriterion())
        .isEqualTo(new Configuration.AccuracyCriterion(null, 0.02));
    assertThat(loaded.tuning().baseline())
        .isEqualTo(new Configuration.Baseline(1.5, null, null, null, Map.of(), false));
  }

  @ParameterizedTest
  @CsvSource({
    "1e-4, 1.0e-4",
    "1E-4, 1.0e-4",
    "1.0e-4, 1.0e-4",
    "0.0001, 1.0e-4",
    ".5, 0.5",
    "1, 1.0"
  })
  void a_number_may_be_written_as_people_write_it(String written, double meant) {
    String yaml = COMPLETE.replace("learning_rate: 1e-4", "learning_rate: " + written);

    assertThat(load(yaml).configuration().pruning().train().learningRate()).isEqualTo(meant);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "batch_size: 16 | batch_size: 010 | train.batch_size | 010 | Write 10, or 8",
        "batch_size: 16 | batch_size: '010' | train.batch_size | 010 | Write 10, or 8",
        "batch_size: 16 | batch_size: 09 | train.batch_size | 09 | Write 9.",
        "batch_size: 16 | batch_size: 0x10 | train.batch_size | 0x10 | Write 16.",
        "batch_size: 16 | batch_size: 0o10 | train.batch_size | 0o10 | Write 8.",
        "batch_size: 16 | batch_size: 0b11 | train.batch_size | 0b11 | Write 3.",
        "batch_size: 16 | batch_size: 1_000 | train.batch_size | 1_000 | Write 1000.",
        "batch_size: 16 | batch_size: 1:30 | train.batch_size | 1:30 | Write 90: ",
        "batch_size: 16 | batch_size: 1:00:30 | train.batch_size | 1:00:30 | Write 3630: ",
        "random_seed: 1 | random_seed: -010 | tuning.random_seed | -010 | Write -10, or -8",
        "learning_rate: 1e-4 | learning_rate: 00.5 | train.learning_rate | 00.5 | Write 0.5.",
        "warmup: \"10%\" | warmup: 010 | train.warmup | 010 | Write 10, or 8",
        "warmup: \"10%\" | warmup: 010 steps | train.warmup | 010 steps | Write 10, or 8",
        "initial_warmup: 1 | initial_warmup: 01_0 | initial_warmup | 01_0 | Write 10, or 8",
        "{alpha: 1e-3} | {alpha: 010} | parameters.alpha | 010 | Write 10, or 8",
      })
  void a_number_that_readers_take_for_different_ones_is_refused(
      String right, String wrong, String key, String found, String advice) {
    assertThat(problems(COMPLETE.replace(right, wrong)))
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.code()).isEqualTo(ProblemCode.BAD_FORMAT);
              assertThat(problem.message())
                  .endsWith(key + ": must be written as a plain decimal number, found " + found);
              assertThat(problem.advice()).startsWith(advice);
              assertThat(problem.location()).isNotNull();
              assertThat(problem.location().column()).isPositive();
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "0.5", "-0.5", "1e-04", "10", "+1"})
  void a_plain_number_is_not(String written) {
    assertThat(
            load(COMPLETE.replace("{alpha: 1e-3}", "{alpha: " + written + "}"))
                .configuration()
                .pruning()
                .approach()
                .weightCompression()
                .pruners()
                .get(0)
                .parameters())
        .containsExactly(Map.entry("alpha", Double.valueOf(written)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "model: {name: \"tiny, checkpoint: x} | 1:15",
        "model:\\n  name: 'tiny\\n  checkpoint: x | 2:9",
        "data: [\"a\", \"b] | 1:13",
      })
  void a_quotation_mark_that_is_never_closed_is_told_where_it_opens(String yaml, String place) {
    assertThat(problems(yaml.translateEscapes()))
        .singleElement()
        .asString()
        .contains(":" + place + ": this is not valid YAML: the quotation mark that opens here is")
        .doesNotContain("end of stream");
  }

  @ParameterizedTest
  @CsvSource({
    "100, 100",
    "'\"100\"', 100",
    "100 steps, 100",
    "1 step, 1",
    "10%, 25",
    "'\"10%\"', 25",
    "12.5 %, 31",
    "0, 0",
    "2 epochs, 80",
    "1 epoch, 40",
    "0.25 epochs, 10"
  })
  void a_warmup_is_steps_epochs_or_a_share_of_the_run(String written, long stepsOf250) {
    String yaml = COMPLETE.replace("warmup: \"10%\"", "warmup: " + written);

    Amount warmup = load(yaml).configuration().pruning().train().warmup();

    assertThat(warmup.of(new Amount.Length(250, 40))).isEqualTo(stepsOf250);
  }

  @ParameterizedTest
  @CsvSource({"1, 25", "0.5, 13", "'\"2\"', 50", "500 steps, 500", "2 epochs, 80", "10%, 25"})
  void a_stretch_around_the_schedule_is_warmups_or_an_amount(String written, long steps) {
    String yaml = COMPLETE.replace("initial_warmup: 1", "initial_warmup: " + written);
    WeightCompression compression =
        load(yaml).configuration().pruning().approach().weightCompression();

    assertThat(compression.initialWarmup().of(new Amount.Length(250, 40), 25)).isEqualTo(steps);
    assertThat(load(load(yaml).toYaml()).configuration())
        .as("what is written down is read back as the same")
        .isEqualTo(load(yaml).configuration());
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "1001", "110%", "2 weeks", "-3 epochs", "[1]", "true"})
  void a_stretch_that_is_neither_says_what_it_may_be(String written) {
    String yaml = COMPLETE.replace("initial_warmup: 1", "initial_warmup: " + written);

    assertThat(problems(yaml))
        .singleElement()
        .extracting(Problem::message)
        .asString()
        .contains("initial_warmup: must be ");
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "version: 1|version: 2|1:10: version: must be 1, found 2",
        "epochs: 3|epochs: 0|15:13: pruning.train.epochs: must be a number above 0 and up to 10000,"
            + " found 0",
        "epochs: 3|epochs: many|15:13: pruning.train.epochs: must be a number above 0 and up to"
            + " 10000, found the text \"many\"",
        "batch_size: 16|batch_size: 1.5|17:17: pruning.train.batch_size: must be a whole number of"
            + " at least 1 and up to 65536, found 1.5",
        "batch_size: 16|batch_size: 99999999999999999999|17:17: pruning.train.batch_size: must be"
            + " a whole number of at least 1 and up to 65536, found 99999999999999999999",
        "batch_size: 16|batch_size: [1]|17:17: pruning.train.batch_size: must be a whole number of"
            + " at least 1 and up to 65536, found a list",
        "learning_rate: 1e-4|learning_rate: .nan|18:20: pruning.train.learning_rate: must be a"
            + " number above 0 and up to 1, found the text \".nan\"",
        "warmup: \"10%\"|warmup: 101%|21:13: pruning.train.warmup: must be a number of steps,"
            + " epochs such as \"2 epochs\", or a share of the run from 0% to 100% such as \"10%\", found the text \"101%\"",
        "target_sparsity: 0.85|target_sparsity: 1.7|29:24:"
            + " pruning.approach.weight_compression.target_sparsity: must be a number of at least"
            + " 0 and below 1, found 1.7",
        "name: sst2-minilm-movement|name: ../up|3:9: model.name: must match"
            + " [A-Za-z0-9][A-Za-z0-9._-]{0,99}, found the text \"../up\"",
        "task: sst-2|task: 2|7:9: data.task: must be a text, found 2",
        "start_from: baseline|start_from: basline|25:17: pruning.train.start_from: must be one of"
            + " pretrained, baseline, found the text \"basline\"\\n  Maybe \"baseline\" is meant.",
        "device: cpu|device: cuda|5:9: device: must be cpu, found the text \"cuda\"\\n "
            + " Maybe \"cpu\" is meant.",
        "device: cpu|device: gpu|5:9: device: gpu is not supported yet\\n  Use cpu.",
        "batch_size: 16|batchsize: 16|17:5: pruning.train.batchsize: there is no such key\\n  Maybe"
            + " \"batch_size\" is meant.",
        "excluded_names: [a, b]|excluded_names: [a, 3]|35:31:"
            + " pruning.approach.weight_compression.pruners[0].excluded_names[1]: must be a text,"
            + " found 3",
        "initial_sparsity: 0|initial_sparsity: 0.9|29:24:"
            + " pruning.approach.weight_compression.target_sparsity: must be at least"
            + " initial_sparsity, which is 0.9, found 0.85\\n  Maybe the two are swapped.",
        "{absolute: 0.02}|{absolute: 0.02, relative: 0.1}|43:50: tuning.accuracy_criterion: must"
            + " hold exactly one of relative and absolute, found both\\n  Set one of the two to null.",
      })
  void a_mistake_is_named_with_its_place_and_value(String right, String wrong, String expected) {
    List<Problem> problems = problems(COMPLETE.replace(right, wrong));

    assertThat(problems.get(0).toString() + "\n")
        .startsWith(file() + ":" + expected.replace("\\n", "\n") + "\n");
    assertThat(problems)
        .hasSize(1)
        .allMatch(problem -> problem.kind() == ProblemKind.CONFIGURATION)
        .allMatch(problem -> problem.advice() != null);
  }

  @Test
  void all_mistakes_are_reported_at_once() {
    String yaml =
        """
        versoin: 1
        model: {name: tiny}
        device: gpu
        data: {task: sst-2, max_sequence_length: 0, max_sequence_length: 5}
        pruning:
          train: {epochs: -1, lerning_rate: 1, threads: some}
          approach: {weight_compression: {target_sparsity: 0.5, pruners: []}}
        quantization: 8
        """;

    assertThat(problems(yaml))
        .extracting(problem -> problem.location() + " " + problem.message())
        .map(text -> text.substring(file().toString().length()))
        .containsExactlyInAnyOrder(
            ":4:45 data.max_sequence_length: duplicate key, first defined on line 4",
            ":1:1 versoin: there is no such key",
            ":4:42 data.max_sequence_length: must be a whole number of at least 8 and up to 512,"
                + " found 0",
            ":6:19 pruning.train.epochs: must be a number above 0 and up to 10000, found -1",
            ":6:23 pruning.train.lerning_rate: there is no such key",
            ":6:49 pruning.train.threads: must be a whole number of at least 0 and up to 4096,"
                + " found the text \"some\"",
            ":8:15 quantization: must hold the keys approach, format, model_wise, calibration,"
                + " weight_only, recipes, target_cpu, reduce_range, op_types, excluded_names,"
                + " optype_wise, op_wise, strategy, found 8",
            ":2:1 model.checkpoint: is missing",
            ":3:9 device: gpu is not supported yet",
            ":7:57 pruning.approach.weight_compression.pruners: must hold exactly one pruner for"
                + " now, found 0");
  }

  @Test
  void a_misspelled_key_is_one_problem_and_not_also_a_missing_one() {
    assertThat(problems(SMALLEST.replace("model:", "modle:").replace("pruners:", "prunners:")))
        .extracting(Problem::message)
        .containsExactly(
            "modle: there is no such key",
            "pruning.approach.weight_compression.prunners: there is no such key");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model: {name: tiny, checkpoint: all-minilm-l6-v2}|model: [tiny]|must hold the keys",
        "data: {task: sentiment-twin}|data: twin|must hold the keys",
        "- prune_type: movement|- movement|must hold the keys",
        "- prune_type: movement|- prune_type: [movement]|must be a text",
        "{name: tiny, checkpoint: all-minilm-l6-v2}|{name: 7, checkpoint: x}|must be a text",
        "target_sparsity: 0.85|target_sparsity: all|must be a number",
      })
  void a_wrong_type_is_one_problem_and_not_also_missing_keys(
      String right, String wrong, String expected) {
    assertThat(problems(SMALLEST.replace(right, wrong)))
        .singleElement()
        .satisfies(problem -> assertThat(problem.message()).contains(expected))
        .satisfies(problem -> assertThat(problem.code()).isEqualTo(ProblemCode.WRONG_TYPE));
  }

  @ParameterizedTest
  @CsvSource({
    "target_sparsity: 0.85, target_sparsity: 85, Maybe 0.85 is meant.",
    "target_sparsity: 0.85, target_sparsity: 2e9, 'Leave it out, or write a number in that range.'",
    "data: {task: sentiment-twin}, data: {task: 2}, 'Maybe \"2\" is meant, in quotes.'",
    "task: sentiment-twin, 'task: csv, labels: [no, yes]', 'Maybe \"no\" is meant, in quotes: without"
        + " them YAML reads false.'",
    "task: sentiment-twin, task: 1.10, 'Maybe \"1.10\" is meant, in quotes: without them YAML reads"
        + " 1.1.'",
    "- prune_type: movement, prune_type: movement, 'Maybe a dash is missing: - prune_type: ...'",
  })
  void a_suggestion_says_what_to_write(String right, String wrong, String advice) {
    assertThat(problems(SMALLEST.replace(right, wrong)).get(0).advice()).isEqualTo(advice);
  }

  @Test
  void what_a_further_check_finds_comes_in_the_same_pass_but_not_about_what_is_wrong_already() {
    ConfigurationLoader.Check check =
        draft ->
            List.of(
                problemAt("model.name", "is " + draft.configuration().model().name().length()),
                problemAt("device", "is " + draft.configuration().device()),
                problemAt("data.task", "is " + draft.configuration().data().task()));
    String yaml = SMALLEST.replace("{name: tiny, ", "{").replace("data:", "device: tpu\ndata:");

    assertThat(
            catchThrowableOfType(
                    ProblemException.class,
                    () ->
                        new ConfigurationLoader()
                            .load(List.of(write("x.yaml", yaml)), List.of(), Map.of(), check))
                .problems())
        .extracting(Problem::message)
        .containsExactly(
            "device: must be cpu, found the text \"tpu\"",
            "model.name: is missing",
            "data.task: is sentiment-twin");
  }

  @Test
  void a_broken_file_does_not_hide_what_is_wrong_elsewhere() {
    ProblemException e =
        catchThrowableOfType(
            ProblemException.class,
            () ->
                load(
                    "model: [",
                    List.of("epochs", "pruning.train.epochs=x"),
                    Map.of("ESPALIER_PRUNING_TRAIN_THREADS", "all")));

    assertThat(e.problems())
        .extracting(Problem::code)
        .containsExactly(
            ProblemCode.SYNTAX, ProblemCode.SYNTAX, ProblemCode.WRONG_TYPE, ProblemCode.WRONG_TYPE);
  }

  @Test
  void after_a_hundred_problems_the_rest_is_counted() {
    StringBuilder yaml = new StringBuilder(SMALLEST);
    for (int i = 0; i < 250; i++) {
      yaml.append("k").append(i).append(": 1\n");
    }

    assertThat(problems(yaml.toString())).hasSize(101);
    assertThat(problems(yaml.toString()).get(100))
        .hasToString("there are 150 more problems\n  Maybe this is not a configuration.");
  }

  @Test
  void a_missing_section_is_one_problem_and_not_one_for_each_of_its_keys() {
    assertThat(problems("model: {name: tiny, checkpoint: x}\ndata: {task: sst-2}\n"))
        .extracting(Problem::toString)
        .containsExactly(
            file()
                + ": pruning: is missing; it needs approach.weight_compression.pruners\n"
                + "  Add it: Pruning method and schedule.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model: [|this is not valid YAML",
        "a: b: c|this is not valid YAML",
        "\"\"|must hold the keys",
        "[1, 2]|must hold the keys",
        "model: !!javax.script.ScriptEngineManager [x]|the YAML tag",
        "model: !custom {name: x}|the YAML tag",
        "model: *nothing|the alias *nothing has no finished anchor before it",
        "model: &m {name: *m}|the alias *m has no finished anchor before it",
        "model: {}\\n---\\ndata: {}|a second YAML document begins here",
      })
  void a_file_that_is_not_plain_yaml_is_refused(String yaml, String expected) {
    assertThat(problems(yaml.replace("\\n", "\n")).get(0).message()).contains(expected);
  }

  @Test
  void an_alias_stands_for_its_anchor() {
    String yaml =
        SMALLEST.replace("prune_type: movement", "prune_type: movement\n          names: &n [a, b]")
            + "          excluded_names: *n\n";

    Configuration.PrunerChoice pruner =
        load(yaml).configuration().pruning().approach().weightCompression().pruners().get(0);
    assertThat(pruner.names()).containsExactly("a", "b");
    assertThat(pruner.excludedNames()).containsExactly("a", "b");
  }

  @Test
  void an_alias_bomb_does_not_go_off() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
      String before = "*a" + (i - 1) + ", ";
      bomb.append("a" + i + ": &a" + i + " [" + before.repeat(4) + "*a" + (i - 1) + "]\n");
    }

    assertThat(problems(bomb.toString()).get(0).message())
        .matches("there are more than (50 aliases|100000 values)");
  }

  @Test
  void deep_nesting_is_refused() {
    assertThat(problems("a: " + "[".repeat(3000)).get(0).message())
        .isEqualTo("nested deeper than 50 levels");
  }

  @Test
  void a_file_over_one_megabyte_is_refused() {
    assertThat(problems("# " + "x".repeat(1_000_000) + "\n").get(0).message())
        .isEqualTo("the file is larger than 1 MB");
  }

  @Test
  void a_file_that_is_not_there_is_an_input_problem() {
    ProblemException e =
        catchThrowableOfType(
            ProblemException.class,
            () -> new ConfigurationLoader().load(Path.of("no.yaml"), List.of(), Map.of()));

    assertThat(e).hasMessageStartingWith("no.yaml: the file does not exist");
    assertThat(e.exitCode()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# only a comment\n"})
  void an_empty_file_is_a_problem(String yaml) {
    assertThat(problems(yaml).get(0).message()).isEqualTo("the file is empty");
  }

  @Test
  void environment_overrides_the_file_and_the_command_line_overrides_both() {
    Map<String, String> environment =
        Map.of(
            "ESPALIER_PRUNING_TRAIN_EPOCHS", "7",
            "ESPALIER_PRUNING_TRAIN_BATCH_SIZE", "8",
            "ESPALIER_PRUNING_APPROACH_WEIGHT_COMPRESSION_PRUNERS_0_PRUNE_TYPE", "magnitude",
            "ESPALIER_PRUNING_APPROACH_WEIGHT_COMPRESSION_PRUNERS_0_PARAMETERS_BETA", "2",
            "ESPALIER_HOME", "/opt/espalier");
    ResolvedConfiguration loaded =
        load(
            COMPLETE,
            List.of("pruning.train.epochs=9", "model.name=1.10", "pruning.train.warmup=5%"),
            environment);

    Configuration.Train train = loaded.configuration().pruning().train();
    assertThat(train.epochs()).isEqualTo(9);
    assertThat(train.batchSize()).isEqualTo(8);
    assertThat(train.warmup()).isEqualTo(new Amount.Share(0.05));
    assertThat(loaded.configuration().model().name()).isEqualTo("1.10");
    Configuration.PrunerChoice pruner =
        loaded.configuration().pruning().approach().weightCompression().pruners().get(0);
    assertThat(pruner.pruneType()).isEqualTo("magnitude");
    assertThat(pruner.parameters()).containsEntry("beta", 2.0).containsEntry("alpha", 1e-3);
    assertThat(source(loaded, "pruning.train.epochs")).isEqualTo(Source.COMMAND_LINE);
    assertThat(source(loaded, "pruning.train.batch_size")).isEqualTo(Source.ENVIRONMENT);
    assertThat(source(loaded, "pruning.train.threads")).isEqualTo(Source.FILE);
    assertThat(source(loaded, "pruning.train.max_steps")).isEqualTo(Source.FILE);
    assertThat(source(load(SMALLEST), "pruning.train.epochs")).isEqualTo(Source.DEFAULT);
  }

  @Test
  void null_takes_back_what_a_lower_source_said() {
    assertThat(
            load(COMPLETE, List.of("quantization=null"), Map.of()).configuration().quantization())
        .isNull();
    assertThat(
            load(
                    COMPLETE,
                    List.of(
                        "tuning.accuracy_criterion.absolute=null",
                        "tuning.accuracy_criterion.relative=0.5"),
                    Map.of())
                .configuration()
                .tuning()
                .accuracyCriterion())
        .isEqualTo(new Configuration.AccuracyCriterion(0.5, null));
  }

  @Test
  void an_empty_section_is_a_section() {
    assertThat(load(SMALLEST + "quantization: {}\n").configuration().quantization())
        .extracting(Configuration.Quantization::approach, Configuration.Quantization::format)
        .containsExactly(
            Configuration.QuantizationApproach.POST_TRAINING_DYNAMIC_QUANT,
            Configuration.GraphFormat.QDQ);
    assertThat(load(SMALLEST + "quantization:\n").configuration().quantization()).isNull();
  }

  @Test
  void a_whole_list_replaces_the_list_below_it() {
    Configuration.PrunerChoice pruner =
        load(
                COMPLETE,
                List.of("pruning.approach.weight_compression.pruners=[{prune_type: magnitude}]"),
                Map.of())
            .configuration()
            .pruning()
            .approach()
            .weightCompression()
            .pruners()
            .get(0);

    assertThat(pruner.pruneType()).isEqualTo("magnitude");
    assertThat(pruner.parameters()).isEmpty();
    assertThat(pruner.excludedNames()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pruning.train.epochs=x|--set pruning.train.epochs=x: pruning.train.epochs: must be a number"
            + " above 0 and up to 10000, found the text \"x\"",
        "pruning.train.epoch=1|--set pruning.train.epoch=1: pruning.train.epoch: there is no such"
            + " key",
        "epochs|--set epochs: must be of the form path=value",
        "model.name=|--set model.name=: model.name: is missing",
      })
  void a_wrong_assignment_is_named(String assignment, String expected) {
    ProblemException e =
        catchThrowableOfType(
            ProblemException.class, () -> load(COMPLETE, List.of(assignment), Map.of()));

    assertThat(e.problems().get(0).toString()).startsWith(expected);
  }

  @Test
  void an_empty_variable_is_as_none_and_null_unsets() {
    Map<String, String> environment = Map.of("ESPALIER_PRUNING_TRAIN_BATCH_SIZE", "");
    ResolvedConfiguration loaded =
        load(COMPLETE, List.of("pruning.train.batch_size=8"), environment);
    assertThat(load(COMPLETE, List.of(), environment).configuration())
        .isEqualTo(load(COMPLETE).configuration());
    assertThat(loaded.configuration().pruning().train().batchSize()).isEqualTo(8);
    assertThat(
            load(COMPLETE, List.of(), Map.of("ESPALIER_QUANTIZATION", "null"))
                .configuration()
                .quantization())
        .isNull();
  }

  @Test
  void merge_keys_are_refused_by_their_name() {
    String yaml =
        COMPLETE.replaceFirst("(?m)^version: 1$", "version: 1\n<<: {tuning: {random_seed: 3}}");
    ProblemException e = catchThrowableOfType(ProblemException.class, () -> load(yaml));

    assertThat(e.problems().get(0).toString())
        .contains(":2:1: <<: YAML merge keys are not supported")
        .contains("use an alias for the whole section");
  }

  @Test
  void a_misspelled_variable_is_named() {
    ProblemException e =
        catchThrowableOfType(
            ProblemException.class,
            () -> load(COMPLETE, List.of(), Map.of("ESPALIER_PRUNING_TRAIN_EPOCH", "1")));

    assertThat(e.problems().get(0).toString())
        .isEqualTo(
            "environment variable ESPALIER_PRUNING_TRAIN_EPOCH: it names no key of the"
                + " configuration\n  Maybe ESPALIER_PRUNING_TRAIN_EPOCHS is meant.");
  }

  @Test
  void the_resolved_yaml_loads_again_as_the_same_configuration() {
    for (String yaml : List.of(SMALLEST, COMPLETE)) {
      ResolvedConfiguration first = load(yaml, List.of("pruning.train.epochs=2"), Map.of());
      ResolvedConfiguration again = load(first.toYaml());

      assertThat(again.configuration()).isEqualTo(first.configuration());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\u0090b",
        "a\u007Fb",
        "a\u0085b",
        "a\u2028b",
        "a\uFEFFb",
        "a\uD83C\uDF33b",
        "\"'\\"
      })
  @DisplayName("whatever a text holds, the resolved YAML can be read")
  void theResolvedYamlIsYaml(String name) {
    String names = "pruning.approach.weight_compression.pruners[0].names=" + name;
    ResolvedConfiguration first = load(SMALLEST, List.of(names), Map.of());

    assertThat(load(first.toYaml()).configuration()).isEqualTo(first.configuration());
  }

  @Test
  void the_resolved_yaml_says_where_each_value_came_from() {
    ResolvedConfiguration loaded =
        load(
            SMALLEST,
            List.of("pruning.train.epochs=2"),
            Map.of("ESPALIER_TUNING_RANDOM_SEED", "3"));

    assertThat(loaded.toYaml().lines())
        .contains(
            "  checkpoint: \"all-minilm-l6-v2\"  # " + file() + ":1:33",
            "    epochs: 2.0  # --set pruning.train.epochs=2",
            "  random_seed: 3  # environment variable ESPALIER_TUNING_RANDOM_SEED",
            "    batch_size: 32  # default",
            "        - prune_type: \"movement\"  # " + file() + ":8:23",
            "          names: [\"*.layer.*.weight\"]  # default");
  }

  private static Source source(ResolvedConfiguration loaded, String path) {
    return loaded.value(path).orElseThrow().source();
  }

  private static Problem problemAt(String path, String message) {
    return Problem.of(ProblemCode.CONTRADICTION, path, message, null);
  }

  private List<Problem> problems(String yaml) {
    return catchThrowableOfType(ProblemException.class, () -> load(yaml)).problems();
  }

  private ResolvedConfiguration load(String yaml) {
    return load(yaml, List.of(), Map.of());
  }

  private ResolvedConfiguration load(
      String yaml, List<String> assignments, Map<String, String> environment) {
    return new ConfigurationLoader().load(write("x.yaml", yaml), assignments, environment);
  }

  private Path write(String name, String yaml) {
    try {
      return Files.writeString(folder.resolve(name), yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path file() {
    return folder.resolve("x.yaml");
  }
}
