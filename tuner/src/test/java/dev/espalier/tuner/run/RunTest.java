package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.Finding;
import dev.espalier.api.run.RunEvent;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Blocks;
import dev.espalier.core.quantization.QuantizationPlan.Calibration;
import dev.espalier.core.quantization.QuantizationPlan.OperatorRule;
import dev.espalier.core.quantization.QuantizationPlan.Recipes;
import dev.espalier.core.training.FinePruner;
import dev.espalier.tuner.directory.Disk;
import dev.espalier.tuner.result.Status;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RunTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-01-02T12:00:00Z"), ZoneOffset.UTC);

  /** The block of the design page, with a number in every place where it shows one. */
  private static final String DESIGN =
      """
      { "status": "met",
        "criterion": {"metric": "accuracy", "kind": "relative", "value": 0.01, "threshold": 0.9012},
        "baseline": {"metrics": {"accuracy": 0.91}, "size_bytes": 0,
                     "latency_ms": {"p50": 0, "p90": 0}},
        "best": {"trial": 3, "pruner": "soft_movement", "metrics": {"accuracy": 0},
                 "metrics_int8": {"accuracy": 0},
                 "sparsity": {"target": 0.9, "pruned_layers": 0.9, "encoder": 0.8, "model": 0.4},
                 "size_bytes": {"dense_onnx": 0, "onnx": 0, "int8_onnx": 0, "sparse_archive": 0},
                 "latency_ms": {"dense": {"p50": 0, "p90": 0}, "fp32": {"p50": 0, "p90": 0},
                                "int8": {"p50": 0, "p90": 0}}},
        "artifacts": {"onnx": "best/model.onnx"} }
      """;

  @TempDir Path folder;
  private final Fakes fakes = new Fakes();
  private final List<RunEvent> events = new ArrayList<>();
  private Disk disk = new Disk();

  @Test
  void stages_follow_each_other_and_are_told_and_journalled() throws IOException {
    RunResult result = run();

    List<String> expected =
        List.of(
            "0 prepare",
            "0 fine_tune",
            "0 export",
            "0 measure",
            "1 fine_prune",
            "1 export",
            "1 quantize",
            "1 measure",
            "1 verdict");
    assertThat(started()).isEqualTo(expected);
    assertThat(finished()).isEqualTo(expected);
    List<JsonNode> journal = journal(result);
    assertThat(journal)
        .extracting(line -> line.path("trial").asInt() + " " + line.path("stage").asText())
        .isEqualTo(expected);
    for (JsonNode line : journal) {
      for (JsonNode output : line.path("outputs")) {
        assertThat(result.directory().resolve(output.asText())).exists();
      }
    }
    assertThat(fakes.calls)
        .containsExactly(
            "load model",
            "load data",
            "train 0",
            "write checkpoint",
            "export",
            "evaluate baseline/model.onnx",
            "train 1",
            "write checkpoint",
            "write scores",
            "export",
            "quantize",
            "evaluate trial-1/model.int8.onnx",
            "evaluate trial-1/model.onnx",
            "latency [dense, fp32, int8]",
            "read trial-1/model.safetensors");
  }

  @Test
  void a_run_tells_its_start_once_it_has_a_directory_and_its_end_last() {
    RunResult result = run();

    RunEvent.RunStarted start = only(RunEvent.RunStarted.class);
    assertThat(start.name()).isEqualTo("tiny");
    assertThat(start.directory()).isEqualTo(result.directory());
    assertThat(start.resumed()).isFalse();
    assertThat(start.mostTrials()).isEqualTo(1);
    assertThat(start.settings())
        .containsEntry("model.name", "\"tiny\"")
        .containsEntry("tuning.random_seed", "42");
    assertThat(events.subList(0, events.indexOf(start)))
        .extracting(event -> (Object) event.getClass())
        .containsExactly(RunEvent.StageStarted.class, RunEvent.StageFinished.class);
    assertThat(only(RunEvent.RunEnded.class).outcome()).isEqualTo(RunEvent.Outcome.MET);
    assertThat(events.get(events.size() - 1)).isInstanceOf(RunEvent.RunEnded.class);
  }

  @Test
  void what_a_stage_found_out_is_a_number_with_its_text_or_a_text() {
    fakes.accuracy.put("trial-1/model.onnx", Double.NaN);

    run();

    List<Finding> findings =
        events.stream()
            .filter(RunEvent.StageFinished.class::isInstance)
            .flatMap(event -> ((RunEvent.StageFinished) event).findings().stream())
            .toList();
    assertThat(findings)
        .contains(
            Finding.of("training examples", 100, "100"),
            Finding.of("int8 accuracy", 0.885, "0.8850"),
            Finding.text("fp32 accuracy", "NaN"),
            Finding.text("MatMul", "12 of 12"));
  }

  @Test
  void the_end_is_told_of_a_run_that_failed_or_missed_too() {
    fakes.accuracy.put("trial-1/model.int8.onnx", 0.5);
    run();
    assertThat(only(RunEvent.RunEnded.class).outcome()).isEqualTo(RunEvent.Outcome.NOT_MET);

    events.clear();
    fakes.failsAt = "load data";
    fakes.failure = ProblemException.of(ProblemKind.INPUT, "no data", "Bring some.");
    run();
    assertThat(events)
        .extracting(event -> (Object) event.getClass())
        .containsExactly(RunEvent.StageStarted.class, RunEvent.RunEnded.class);
    assertThat(only(RunEvent.RunEnded.class).outcome()).isEqualTo(RunEvent.Outcome.FAILED);
  }

  private <T extends RunEvent> T only(Class<T> type) {
    return events.stream()
        .filter(type::isInstance)
        .map(type::cast)
        .reduce(
            (first, second) -> {
              throw new AssertionError("two: " + first + " and " + second);
            })
        .orElseThrow();
  }

  @Test
  void a_good_run_leaves_everything_and_nothing_half_made() throws IOException {
    RunResult result = run();

    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(result.exitCode()).isZero();
    assertThat(result.directory()).isEqualTo(folder.resolve("runs/tiny/20260102-120000"));
    assertThat(files(result.directory()))
        .containsExactlyInAnyOrder(
            "baseline/model.onnx",
            "baseline/model.safetensors",
            "best/README.md",
            "best/config.json",
            "best/model.espalier",
            "best/model.int8.onnx",
            "best/model.onnx",
            "best/model.safetensors",
            "best/tokenizer.json",
            "config.resolved.yaml",
            "environment.json",
            "report.html",
            "result.json",
            "summary.txt",
            ".lock",
            "baseline/export.json",
            "baseline/fine_tune.json",
            "baseline/measure.json",
            "trial-1/export.json",
            "trial-1/fine_prune.json",
            "trial-1/masks.json",
            "trial-1/measure.json",
            "trial-1/quantize.json",
            "trial-1/model.int8.onnx",
            "trial-1/model.onnx",
            "trial-1/model.safetensors",
            "trial-1/scores.safetensors",
            "trials.jsonl");
  }

  @Test
  void result_json_has_every_key_of_the_design_page() throws IOException {
    JsonNode result = resultJson(run());

    assertThat(missing("", JSON.readTree(DESIGN), result)).isEmpty();
    assertThat(result.at("/status").asText()).isEqualTo("met");
    assertThat(result.at("/criterion/threshold").asDouble()).isEqualTo(0.9 - 0.9 * 0.02);
    assertThat(result.at("/baseline/metrics/accuracy").asDouble()).isEqualTo(0.9);
    assertThat(result.at("/baseline/latency_ms/p50").asDouble()).isEqualTo(5);
    assertThat(result.at("/best/metrics_int8/accuracy").asDouble()).isEqualTo(0.885);
    assertThat(result.at("/best/size_bytes/dense_onnx").asLong()).isEqualTo(1000);
    assertThat(result.at("/best/size_bytes/int8_onnx").asLong()).isEqualTo(260);
    assertThat(result.at("/best/size_bytes/sparse_archive").asLong()).isEqualTo(10);
    assertThat(result.at("/best/sparsity/target").asDouble()).isEqualTo(0.5);
    assertThat(result.at("/best/sparsity/pruned_layers").asDouble()).isEqualTo(0.5);
    // 2 layers of 4 matrices 4x4 and 2 of 4x8, 2 x 28 biases, 4 norm weights; all else 44 + 8
    assertThat(result.at("/best/sparsity/encoder").asDouble()).isEqualTo(128.0 / (256 + 56 + 4));
    assertThat(result.at("/best/sparsity/model").asDouble()).isEqualTo(128.0 / (316 + 52));
    result.at("/artifacts").forEach(path -> assertThat(path.asText()).isNotEmpty());
    assertThat(result.at("/stages")).hasSize(8);
  }

  @Test
  void the_same_masks_have_the_same_hash() throws IOException {
    String first = resultJson(run()).at("/best/masks_sha256").asText();

    assertThat(first).hasSize(64);
    assertThat(resultJson(run()).at("/best/masks_sha256").asText()).isEqualTo(first);
    assertThat(folder.resolve("runs/tiny/20260102-120000-2/result.json")).exists();
  }

  @Test
  void a_missed_criterion_still_saves_the_best_effort() throws IOException {
    fakes.accuracy.put("trial-1/model.int8.onnx", 0.5);

    RunResult result = run();

    assertThat(result.status()).isEqualTo(Status.MISSED);
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(resultJson(result).at("/status").asText()).isEqualTo("missed");
    assertThat(result.directory().resolve("best/model.int8.onnx")).exists();
  }

  @Test
  void the_worst_operators_go_back_to_float_until_the_criterion_holds() throws IOException {
    fakes.errors.clear();
    fakes.errors.put("worst", 0.5);
    fakes.errors.put("bad", 0.1);
    fakes.errors.put("good", 0.01);
    fakes.accuracyOfInt8 = (value, floats) -> floats.contains("worst") ? value : 0.5;

    RunResult result = run();

    assertThat(result.status()).isEqualTo(Status.MET);
    JsonNode json = resultJson(result).at("/best/quantization");
    assertThat(json.at("/strategy").asText()).isEqualTo("mse");
    assertThat(json.at("/back_to_float")).hasSize(1);
    assertThat(json.at("/back_to_float/0").asText()).isEqualTo("worst");
    assertThat(json.at("/evaluated")).hasSize(2);
    assertThat(json.at("/evaluated/0/met").asBoolean()).isFalse();
    assertThat(json.at("/evaluated/1/float_operators").asInt()).isEqualTo(1);
    assertThat(json.at("/evaluated/1/size_bytes").asLong()).isEqualTo(320);
    assertThat(json.at("/operators/0/name").asText()).isEqualTo("worst");
    assertThat(json.at("/operators/0/precision").asText()).isEqualTo("float32");
    assertThat(json.at("/operators/0/error").asDouble()).isEqualTo(0.5);
    assertThat(json.at("/operators/0/size_share").asDouble()).isEqualTo(80.0 / 320);
    assertThat(fakes.calls)
        .filteredOn(call -> call.startsWith("evaluate trial-1/"))
        .containsExactly(
            "evaluate trial-1/model.int8.onnx",
            "evaluate trial-1/model.onnx",
            "evaluate trial-1/model.int8.onnx");
    String report = Files.readString(result.directory().resolve("report.html"));
    assertThat(report)
        .contains("Operators of the quantized file", "<td>worst</td><td>MatMul</td>", "5.00e-01");
  }

  @Test
  void a_strategy_of_none_leaves_the_file_as_configured() {
    fakes.errors.clear();
    fakes.errors.put("worst", 0.5);
    fakes.accuracyOfInt8 = (value, floats) -> floats.contains("worst") ? value : 0.5;

    RunResult result = run("quantization.strategy.name=none");

    assertThat(result.status()).isEqualTo(Status.MISSED);
    assertThat(fakes.quantizations).hasSize(1);
  }

  @Test
  void without_quantization_the_fp32_file_is_judged() throws IOException {
    fakes.accuracy.put("trial-1/model.onnx", 0.5);

    RunResult result = run("quantization=null");

    assertThat(result.status()).isEqualTo(Status.MISSED);
    JsonNode json = resultJson(result);
    assertThat(json.at("/best/metrics_int8").isNull()).isTrue();
    assertThat(json.at("/best/size_bytes/int8_onnx").isNull()).isTrue();
    assertThat(json.at("/best/latency_ms/int8/p50").isNull()).isTrue();
    assertThat(json.at("/artifacts").has("int8_onnx")).isFalse();
    assertThat(started()).doesNotContain("1 quantize");
    assertThat(result.directory().resolve("best/model.int8.onnx")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantization.format=qoperator | DYNAMIC | MINMAX | true | 100",
        "quantization.approach=post_training_static_quant | QDQ | MINMAX | true | 100",
        "quantization={approach: post_training_static_quant, format: qoperator,"
            + " model_wise: {weight: {granularity: per_tensor}, activation: {algorithm: kl}},"
            + " calibration: {sampling_size: 7}} | QOPERATOR | ENTROPY | false | 7",
      })
  void quantization_is_done_as_configured(
      String assignment,
      QuantizationPlan.Format format,
      QuantizationPlan.Calibration calibration,
      boolean perChannel,
      int samples) {
    run(assignment);

    QuantizationPlan plan = fakes.quantizations.get(0);
    assertThat(plan.format()).isEqualTo(format);
    assertThat(plan.calibration()).isEqualTo(calibration);
    assertThat(plan.perChannel()).isEqualTo(perChannel);
    assertThat(plan.samples()).isEqualTo(samples);
    assertThat(plan.operatorTypes()).isEqualTo(QuantizationPlan.OPERATOR_TYPES);
    assertThat(plan.seed()).isEqualTo(42);
  }

  @Test
  void exceptions_for_types_and_names_become_rules_in_their_order() {
    fakes.errors.clear();
    fakes.errors.put("/layer.0/MatMul", 0.1);
    run(
        "quantization={optype_wise: [{op_types: [MatMul, Gemm], weight: {granularity: per_tensor},"
            + " activation: {algorithm: kl}}], op_wise: [{names: ['*layer.0*'], weight: {dtype: fp32}},"
            + " {names: [/layer.0/MatMul], activation: {dtype: uint8}}]}");

    assertThat(fakes.quantizations.get(0).rules())
        .containsExactly(
            new OperatorRule(Set.of("MatMul", "Gemm"), List.of(), null, false, Calibration.ENTROPY),
            new OperatorRule(Set.of(), List.of("*layer.0*"), false, null, null),
            new OperatorRule(Set.of(), List.of("/layer.0/MatMul"), true, null, null));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | false | 0.5 | false | false, target_cpu vnni",
        "{recipes: {smooth_quant: true, smooth_quant_args: {alpha: 0.7}}} | true | 0.7 | false |"
            + " false, target_cpu vnni",
        "{recipes: {smooth_quant: true, smooth_quant_args: {alpha: auto}}} | true | | false |"
            + " false, target_cpu vnni",
        "{recipes: {fast_bias_correction: true}, target_cpu: avx2} | false | 0.5 | true |"
            + " true, target_cpu avx2",
        "{target_cpu: avx2, reduce_range: false} | false | 0.5 | false | false, as configured",
        "{target_cpu: vnni, reduce_range: true} | false | 0.5 | false | true, as configured",
      })
  void recipes_and_target_are_done_as_configured(
      String section, boolean smooth, Double alpha, boolean biasCorrection, String reduced) {
    run("quantization=" + section);

    QuantizationPlan plan = fakes.quantizations.get(0);
    assertThat(plan.recipes()).isEqualTo(new Recipes(smooth, alpha, biasCorrection));
    assertThat(plan.reduceRange()).hasToString(reduced);
  }

  @Test
  void weights_alone_are_quantized_as_configured() {
    run(
        "quantization={approach: weight_only,"
            + " weight_only: {bits: 8, group_size: 64, scheme: asym, algorithm: GPTQ}}");

    QuantizationPlan plan = fakes.quantizations.get(0);
    assertThat(plan.format()).isEqualTo(QuantizationPlan.Format.WEIGHT_ONLY);
    assertThat(plan.blocks()).isEqualTo(new Blocks(8, 64, true, true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{weight_only: {bits: 5}} | quantization.weight_only.bits: must be one of 4, 8, found 5",
        "{weight_only: {group_size: 48}} | group_size: must be one of 32, 64, 128, found 48",
        "{recipes: {smooth_quant_args: {alpha: 2}}}"
            + " | alpha: must be a number of at least 0 and up to 1, or auto, found 2",
        "{recipes: {smooth_quant_args: {alpha: high}}} | and up to 1, or auto, found the text",
        "{recipes: {smooth_quant_args: {alfa: 1}}} | smooth_quant_args.alfa: there is no such key",
        "{approach: weight_only, recipes: {smooth_quant: true}} | is about int8 activations",
      })
  void what_cannot_be_quantized_so_is_said_before_training(String section, String message) {
    assertThatThrownBy(() -> load("quantization=" + section)).hasMessageContaining(message);
  }

  @Test
  void a_name_that_no_operator_has_is_said_before_training() {
    fakes.errors.clear();
    fakes.errors.put("/encoder/layer.0/output/dense/MatMul", 0.1);

    RunResult result =
        run(
            "quantization={excluded_names: ['*layr.0*', '*layer.0*'],"
                + " op_wise: [{names: [MatMull], weight: {dtype: fp32}}]}");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.problems())
        .extracting(problem -> problem.message() + " " + problem.advice())
        .containsExactly(
            "quantization.excluded_names: \"*layr.0*\" matches none of the model's 1 names of"
                + " operators and weights The nearest names are"
                + " /encoder/layer.0/output/dense/MatMul.",
            "quantization.op_wise[0].names: \"MatMull\" matches none of the model's 1 names of"
                + " operators and weights The nearest names are"
                + " /encoder/layer.0/output/dense/MatMul.");
    assertThat(fakes.calls).noneMatch(call -> call.startsWith("train"));
  }

  @Test
  void an_operator_that_cannot_be_quantized_is_said_before_training() {
    assertThatThrownBy(() -> load("quantization.op_types=[MatMul, Sofmax]"))
        .hasMessageContaining("quantization.op_types: must be one of Add, Attention, Conv, Gather,")
        .hasMessageContaining("found the text \"Sofmax\"");
    assertThatThrownBy(() -> load("quantization={optype_wise: [{op_types: [Sofmax]}]}"))
        .hasMessageContaining(
            "quantization.optype_wise[0].op_types: must be one of Add, Attention,");
  }

  @Test
  void the_trainings_get_their_own_plans() {
    run("pruning.train.max_steps=40", "tuning.baseline.epochs=2", "tuning.random_seed=9");

    FinePruner.Request dense = fakes.trainings.get(0);
    FinePruner.Request pruned = fakes.trainings.get(1);
    assertThat(dense.pruning()).isNull();
    assertThat(dense.training().totalSteps()).isEqualTo(14); // 2 x ceil(100 / 16)
    assertThat(dense.training().warmupSteps()).isEqualTo(1);
    assertThat(pruned.training().totalSteps()).isEqualTo(40);
    assertThat(pruned.training().seed()).isEqualTo(9);
    assertThat(pruned.training().threads()).isPositive();
    assertThat(pruned.pruning().parameters()).hasSize(12);
    assertThat(pruned.model().weights()).isNotSameAs(fakes.trainings.get(0).model());
  }

  @Test
  void fine_pruning_may_start_from_the_trained_baseline() {
    run("pruning.train.start_from=baseline");

    assertThat(fakes.calls).containsSubsequence("read baseline/model.safetensors", "train 1");
    assertThat(fakes.trainings.get(1).model()).isNotSameAs(fakes.trainings.get(0).model());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train 0",
        "export",
        "evaluate baseline",
        "train 1",
        "quantize",
        "evaluate trial-1",
        "latency"
      })
  void a_failing_stage_leaves_no_best_and_a_failed_result(String stage) throws IOException {
    fakes.failsAt = stage;
    fakes.failure =
        ProblemException.of(ProblemKind.TRAINING, "the loss is NaN at step 3", "Maybe retry.");

    RunResult result = run();

    assertThat(result.status()).isEqualTo(Status.FAILED);
    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(result.problems()).hasSize(1);
    assertThat(result.directory().resolve("best")).doesNotExist();
    assertThat(files(result.directory())).noneMatch(name -> name.contains("partial"));
    JsonNode json = resultJson(result);
    assertThat(json.at("/status").asText()).isEqualTo("failed");
    assertThat(json.at("/problems/0/message").asText()).isEqualTo("the loss is NaN at step 3");
    assertThat(missing("", JSON.readTree(DESIGN), json))
        .allMatch(key -> key.contains("metrics") || key.equals("/artifacts/onnx"));
    assertThat(json.at("/artifacts")).isEmpty();
    assertThat(result.summary()).contains("The run failed.");
  }

  @Test
  void a_bug_is_written_down_and_thrown() throws IOException {
    fakes.failsAt = "train 1";
    fakes.failure = new IllegalStateException("oops");

    assertThatThrownBy(this::run).hasMessage("oops");
    JsonNode json = JSON.readTree(folder.resolve("runs/tiny/20260102-120000/result.json").toFile());
    assertThat(json.at("/status").asText()).isEqualTo("failed");
    assertThat(json.at("/problems/0/kind").asText()).isEqualTo("BUG");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "environment.json",
        "model.onnx",
        "model.int8.onnx",
        "masks.json",
        "best",
        "report.html",
        "result.json",
        "trials.jsonl"
      })
  void a_full_disk_is_an_environment_problem_and_nothing_looks_finished(String file)
      throws IOException {
    disk = new FullDisk(file);

    RunResult result = run();

    assertThat(result.status()).isEqualTo(Status.FAILED);
    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(result.problems().get(0).toString())
        .contains("cannot write ")
        .contains(file)
        .contains("No space left on device")
        .contains("7.0 MB are free")
        .contains("Maybe free some space");
    assertThat(files(result.directory())).noneMatch(name -> name.contains("partial"));
    if (!file.equals("result.json")) {
      assertThat(result.directory().resolve("best")).doesNotExist();
      assertThat(resultJson(result).at("/status").asText()).isEqualTo("failed");
    }
  }

  @Test
  void too_little_room_is_found_out_before_training() {
    disk =
        new Disk() {
          @Override
          public long usableBytes(Path ignored) {
            return 1000;
          }
        };

    RunResult result = run();

    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(result.directory()).isNull();
    assertThat(result.problems().get(0).message())
        .endsWith("has too little room for the run; 9.9 kB are needed, 1.0 kB are free");
    assertThat(fakes.calls).containsExactly("load model");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pruning.approach.weight_compression.pruners[0].prune_type=movment|prune_type: there is no"
            + " pruner \"movment\"; there is movement",
        "pruning.approach.weight_compression.pruners[0].parameters.scale=3|pruner movement: scale"
            + " must be a number in [0, 2], found 3.0",
        "pruning.approach.weight_compression.pruners[0].names=[bert.decoder.*]|names:"
            + " \"bert.decoder.*\" matches none of the model's 12 prunable parameters",
        "pruning.train.warmup=8|the sparsity schedule has no room",
        "evaluation.accuracy.metric=acuracy|evaluation.accuracy.metric: there is no metric"
            + " \"acuracy\"; there is accuracy, loss",
        "data.train=gone.tsv|data.train: the file ",
        "data.max_sequence_length=512|data.max_sequence_length: must be at most 128, the model's"
            + " positions, found 512",
      })
  void whatever_can_be_known_before_training_is_said_before(String assignment, String message)
      throws IOException {
    RunResult result = run(assignment);

    assertThat(result.status()).isEqualTo(Status.FAILED);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.problems().get(0).message()).contains(message);
    assertThat(result.problems().get(0).location().toString())
        .startsWith(
            message.contains("schedule")
                ? folder.resolve("tiny.yaml:6:").toString()
                : "--set " + assignment);
    assertThat(result.directory()).isNull();
    assertThat(fakes.trainings).isEmpty();
    assertThat(files(folder.resolve("runs"))).isEmpty();
  }

  @Test
  void all_cheap_mistakes_are_said_together() {
    RunResult result =
        run(
            "pruning.approach.weight_compression.pruners[0].prune_type=x",
            "evaluation.accuracy.metric=y",
            "data.evaluation=z.tsv");

    assertThat(result.problems()).hasSize(3);
    assertThat(fakes.calls).isEmpty();
  }

  @Test
  void the_resolved_configuration_in_the_run_directory_loads_again() {
    RunResult result = run();

    ResolvedConfiguration again =
        new ConfigurationLoader()
            .load(result.directory().resolve("config.resolved.yaml"), List.of(), Map.of());
    assertThat(again.configuration()).isEqualTo(load().configuration());
  }

  @Test
  void the_environment_names_machine_and_inputs() throws IOException {
    JsonNode environment = JSON.readTree(run().directory().resolve("environment.json").toFile());

    assertThat(environment.at("/libraries/djl").asText()).isEqualTo("0.36.0");
    assertThat(environment.at("/data/train/sha256").asText()).isEqualTo("cafe-train");
    assertThat(environment.at("/weights/sha256").asText()).isEqualTo("feed");
    assertThat(environment.at("/configuration/sha256").asText()).hasSize(64);
    assertThat(environment.at("/seeds/random_seed").asLong()).isEqualTo(42);
    assertThat(environment.at("/cpu/cores").asInt()).isPositive();
    assertThat(environment.at("/memory_bytes").asLong()).isPositive();
  }

  @ParameterizedTest
  @CsvSource({"sse4 avx512_vnni, true", "sse4 avx_vnni, true", "sse4 avx2, false"})
  void vnni_is_read_from_the_cpu_flags(String flags, boolean vnni) {
    JsonNode cpu =
        Environment.machine(Map.of(), List.of("model name\t: A CPU", "flags\t\t: " + flags))
            .path("cpu");

    assertThat(cpu.path("model").asText()).isEqualTo("A CPU");
    assertThat(cpu.path("vnni").asBoolean()).isEqualTo(vnni);
    assertThat(Environment.machine(Map.of(), List.of()).at("/cpu/vnni").isNull()).isTrue();
  }

  @Test
  void best_is_a_hugging_face_folder() throws IOException {
    RunResult result = run();

    JsonNode config = JSON.readTree(result.directory().resolve("best/config.json").toFile());
    assertThat(config.at("/architectures/0").asText()).isEqualTo("BertForSequenceClassification");
    assertThat(config.at("/hidden_size").asInt()).isEqualTo(4);
    assertThat(config.at("/id2label/1").asText()).isEqualTo("positive");
    assertThat(config.at("/label2id/negative").asInt()).isZero();
    String card = Files.readString(result.directory().resolve("best/README.md"));
    assertThat(card)
        .startsWith("---\nbase_model: \"all-minilm-l6-v2\"\npipeline_tag: text-classification\n")
        .contains("| model.int8.onnx | 0.8850 | 260 bytes | 4.00 ms | 9.00 ms |")
        .contains("Criterion met: accuracy is 0.8850, the threshold is 0.8820")
        .contains("Removed: 50.00% of the 12 pruned matrices")
        .contains("./espalier run ");
  }

  @Test
  void the_report_is_self_contained_and_escaped() throws IOException {
    String page = Files.readString(run().directory().resolve("report.html"));

    assertThat(page)
        .contains("Criterion met: accuracy is 0.8850")
        .contains("bert.encoder.layer.0.attention.self.query.weight")
        .contains("<polyline")
        .contains("twin &lt;&amp;&gt;")
        .doesNotContain("twin <&>")
        .doesNotContain("<script")
        .doesNotContain("http:")
        .doesNotContain("https:");
  }

  @Test
  void the_summary_is_a_table_and_a_sentence() {
    assertThat(run().summary())
        .contains("dense    0.9000  0.00 MB  5.00 ms  9.00 ms")
        .contains("Sparsity: 50.00% of the pruned layers (asked for 50.00%)")
        .contains("Criterion met: accuracy is 0.8850, the threshold is 0.8820");
  }

  @Test
  void a_sparsity_that_was_not_reached_is_pointed_out() {
    RunResult missed = run("pruning.approach.weight_compression.target_sparsity=0.9");

    assertThat(missed.summary())
        .contains("The sparsity asked for was not reached: 50.00% in place of 90.00%.");
    assertThat(run().summary()).doesNotContain("not reached");
  }

  @Test
  void a_zero_baseline_with_a_relative_criterion_is_pointed_out() {
    fakes.accuracy.replaceAll((file, value) -> 0.0);

    RunResult result = run("tuning.baseline.allow_trivial=true");

    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(result.summary()).contains("a relative criterion allows no loss at all");
  }

  @Test
  void a_metric_that_falls_is_judged_the_other_way_round() {
    RunResult result = run("evaluation.accuracy.metric=loss");

    assertThat(result.facts().verdict().threshold()).isEqualTo(0.9 + 0.9 * 0.02);
    assertThat(result.status()).isEqualTo(Status.MET);
  }

  // ------------------------------------------------------------------ helpers

  /** It was exit code 4, from the disk, and without its place. */
  @ParameterizedTest
  @ValueSource(strings = {"file", "file/below/it", "link"})
  void a_workspace_that_no_folder_can_be_is_named_with_its_place_before_anything(String name)
      throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));

    RunResult result = run("tuning.workspace.path=" + folder.resolve(name));

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.problems()).hasSize(1);
    assertThat(result.problems().get(0).toString())
        .startsWith("--set tuning.workspace.path=" + folder.resolve(name))
        .contains(": tuning.workspace.path: must be a folder that is there or can be made")
        .contains(name.equals("link") ? "link is a link that leads nowhere" : file + " is a file");
    assertThat(fakes.calls).isEmpty();
    assertThat(file).hasContent("mine");
  }

  @Test
  void a_file_with_the_name_of_the_model_is_in_the_way_too() throws IOException {
    Path file =
        Files.writeString(Files.createDirectory(folder.resolve("runs")).resolve("tiny"), "mine");

    RunResult result = run();

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.problems().get(0).toString())
        .startsWith(folder.resolve("tiny.yaml") + ":")
        .contains(file + " is a file");
  }

  /** Best of an earlier run, taken for a dense model without a word. */
  @Test
  void a_start_that_was_pruned_before_is_said_everywhere() throws IOException {
    fakes.startingZeros = 0.5;

    RunResult result = run();

    String said =
        "The model that training starts from (model.checkpoint) is not dense: 50.00% of its"
            + " prunable weights are zero.";
    assertThat(events.toString()).contains(said);
    for (String file : List.of("summary.txt", "report.html", "best/README.md")) {
      assertThat(result.directory().resolve(file)).content().as(file).contains(said);
    }
    assertThat(resultJson(result).at("/baseline/starting_sparsity").asDouble()).isEqualTo(0.5);
  }

  @Test
  void a_dense_start_is_no_matter() throws IOException {
    RunResult result = run();

    assertThat(resultJson(result).at("/baseline/starting_sparsity").isNull()).isTrue();
    assertThat(result.summary()).doesNotContain("not dense");
  }

  private RunResult run(String... assignments) {
    return new Run(null, load(assignments), fakes.services(), events::add, NOON, disk).execute();
  }

  private ResolvedConfiguration load(String... assignments) {
    return Fakes.configuration(folder, assignments);
  }

  private List<String> started() {
    return events.stream()
        .filter(RunEvent.StageStarted.class::isInstance)
        .map(RunEvent.StageStarted.class::cast)
        .map(event -> event.trial() + " " + event.stage())
        .toList();
  }

  private List<String> finished() {
    return events.stream()
        .filter(RunEvent.StageFinished.class::isInstance)
        .map(RunEvent.StageFinished.class::cast)
        .map(event -> event.trial() + " " + event.stage())
        .toList();
  }

  private static JsonNode resultJson(RunResult result) throws IOException {
    return JSON.readTree(result.directory().resolve("result.json").toFile());
  }

  private static List<JsonNode> journal(RunResult result) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(result.directory().resolve("trials.jsonl"))) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  private static List<String> files(Path root) throws IOException {
    if (!Files.exists(root)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile)
          .map(file -> root.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  /** The paths of {@code wanted} that {@code found} does not have. */
  private static Set<String> missing(String path, JsonNode wanted, JsonNode found) {
    Set<String> missing = new TreeSet<>();
    for (Map.Entry<String, JsonNode> entry : wanted.properties()) {
      String child = path + "/" + entry.getKey();
      if (!found.has(entry.getKey())) {
        missing.add(child);
      } else {
        missing.addAll(missing(child, entry.getValue(), found.get(entry.getKey())));
      }
    }
    return missing;
  }

  /** A disk that is full when a file of this name is to be made. */
  private static final class FullDisk extends Disk {
    private final String name;

    FullDisk(String name) {
      this.name = name;
    }

    @Override
    public void append(Path file, byte[] content) throws IOException {
      check(file);
      super.append(file, content);
    }

    @Override
    public void publish(Path from, Path to) throws IOException {
      check(to);
      super.publish(from, to);
    }

    @Override
    public long usableBytes(Path folder) {
      return 7_000_000;
    }

    private void check(Path target) throws IOException {
      if (target.getFileName().toString().equals(name)) {
        throw new FileSystemException(target.toString(), null, "No space left on device");
      }
    }
  }
}
