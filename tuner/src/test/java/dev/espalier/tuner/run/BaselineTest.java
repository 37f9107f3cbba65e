package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.run.RunEvent;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.tuner.directory.Disk;
import dev.espalier.tuner.prepare.BaselineSource;
import dev.espalier.tuner.result.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs whose dense model is at hand, or known. */
final class BaselineTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-01-02T12:00:00Z"), ZoneOffset.UTC);
  private static final String KNOWN = "tuning.baseline.metrics={accuracy: 0.8945}";
  private static final String DENSITY = "tuning.objective=density";

  @TempDir Path folder;
  private final Fakes fakes = new Fakes();
  private final List<RunEvent> events = new ArrayList<>();

  // ------------------------------------------------------------------ metrics

  @Test
  void a_given_metric_that_no_model_has_is_refused_before_training() {
    RunResult result = run("tuning.baseline.metrics={accuracy: 89.45}", DENSITY);

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.problems().get(0).message())
        .isEqualTo("tuning.baseline.metrics.accuracy: 89.45 is more than a perfect model's 1.0");
    assertThat(result.problems().get(0).advice()).contains("0.8945");
    assertThat(fakes.calls).noneMatch(call -> call.startsWith("train"));
  }

  /** 2% of 0.8945 may be lost: 0.87661 is the threshold. */
  @ParameterizedTest
  @CsvSource({"0.877, met, 0", "0.876, missed, 3"})
  void given_metrics_are_judged_against_without_a_training(
      double accuracy, String status, int exitCode) throws IOException {
    fakes.accuracy.put("trial-1/model.int8.onnx", accuracy);

    RunResult result = run(KNOWN, DENSITY);

    assertThat(result.exitCode()).isEqualTo(exitCode);
    JsonNode json = resultJson(result);
    assertThat(json.path("status").asText()).isEqualTo(status);
    assertThat(json.at("/criterion/threshold").asDouble()).isEqualTo(0.8945 - 0.8945 * 0.02);
    assertThat(json.at("/baseline/metrics/accuracy").asDouble()).isEqualTo(0.8945);
    assertThat(json.at("/baseline/source").asText()).isEqualTo("given");
    assertThat(fakes.calls)
        .doesNotContain("train 0", "evaluate baseline/model.onnx")
        .contains("train 1", "latency [fp32, int8]");
    assertThat(stages(result)).first().isEqualTo("0 prepare");
    assertThat(stages(result)).filteredOn(stage -> stage.startsWith("0 ")).hasSize(1);
  }

  @Test
  void what_is_not_known_of_a_given_baseline_is_not_measured() throws IOException {
    RunResult result = run(KNOWN, DENSITY);

    JsonNode json = resultJson(result);
    assertThat(json.at("/baseline/size_bytes").isNull()).isTrue();
    assertThat(json.at("/baseline/latency_ms/p50").isNull()).isTrue();
    assertThat(json.at("/best/size_bytes/dense_onnx").isNull()).isTrue();
    assertThat(json.at("/best/size_bytes/dense_compressed").isNull()).isTrue();
    assertThat(json.at("/best/latency_ms/dense/p90").isNull()).isTrue();
    assertThat(result.summary())
        .containsPattern("dense +0\\.8945 +not measured +not measured +not measured");
    assertThat(Files.readString(result.directory().resolve("best/README.md")))
        .contains("| dense baseline | 0.8945 | not measured | not measured | not measured |");
    assertThat(Files.readString(result.directory().resolve("report.html")))
        .contains("<td>dense baseline</td><td>0.8945</td><td>not measured</td>");
  }

  @Test
  void several_metrics_are_given_by_name() throws IOException {
    fakes.metrics.add(new Fakes.DerivedMetric("f1", true, accuracy -> 2 * accuracy - 1));

    RunResult result =
        run(
            "evaluation.accuracy.multi_metrics=[{metric: accuracy}, {metric: f1, absolute: 0.1}]",
            "tuning.baseline.metrics={accuracy: 0.89, f1: 0.8, matthews: 0.7}",
            DENSITY);

    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(resultJson(result).at("/criterion/metrics/1/threshold").asDouble())
        .isEqualTo(0.8 - 0.1);
    assertThat(resultJson(result).at("/baseline/metrics/matthews").asDouble()).isEqualTo(0.7);
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "tuning.baseline.metrics={accuracy: 0.9} | tuning.objective=modelsize"
            + " | tuning.objective: modelsize compares with the dense model's file, of which only"
            + " metrics are given",
        "tuning.baseline.metrics={accuracy: 0.9} | tuning.objective=performance"
            + " | tuning.objective: performance compares with",
        "tuning.baseline.metrics={accuracy: high} | tuning.objective=density"
            + " | tuning.baseline.metrics.accuracy: must be a number, found the text \"high\"",
        "tuning.baseline.metrics={acuracy: 0.9} | tuning.objective=density"
            + " | tuning.baseline.metrics.accuracy: is missing; it is judged",
        "tuning.baseline={metrics: {accuracy: 0.9}, epochs: 1} | tuning.objective=density"
            + " | tuning.baseline.epochs: the baseline is given, so it is not trained, found 1.0",
        "tuning.baseline={metrics: {accuracy: 1}, checkpoint: x} | tuning.objective=density"
            + " | tuning.baseline.checkpoint: metrics are given, too, found",
        "tuning.baseline={checkpoint: /gone, max_steps: 7} | tuning.objective=density"
            + " | tuning.baseline.max_steps: the baseline is given, so it is not trained, found 7",
        "tuning.baseline.checkpoint=/gone | tuning.objective=density"
            + " | tuning.baseline.checkpoint: /gone does not exist",
      })
  void what_does_not_go_together_is_said_before_training(
      String baseline, String objective, String message) {
    assertThat(problems(baseline, objective))
        .extracting(Problem::message)
        .first()
        .asString()
        .startsWith(message);
    assertThat(fakes.trainings).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"pruning.train.start_from", "distillation.teacher"})
  void there_are_no_weights_to_take_when_only_metrics_are_known(String key) {
    assertThat(problems(KNOWN, DENSITY, key + "=baseline"))
        .extracting(Problem::message)
        .containsExactly(
            key + ": there is no baseline to take weights from, only its metrics, found baseline");
  }

  // ------------------------------------------------------------------ checkpoint

  @ParameterizedTest
  @CsvSource({
    "model.safetensors, model.safetensors",
    "., model.safetensors",
    "., baseline/model.safetensors",
    "., best/model.safetensors"
  })
  void a_checkpoint_is_measured_instead_of_trained(String named, String file) throws IOException {
    Path dense = dense(file);

    RunResult result = run("tuning.baseline.checkpoint=" + folder.resolve("dense").resolve(named));

    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(fakes.calls)
        .contains("evaluate baseline/model.onnx", "latency [dense, fp32, int8]")
        .doesNotContain("train 0");
    assertThat(stages(result)).containsSubsequence("0 read", "0 export", "0 measure");
    JsonNode json = resultJson(result);
    assertThat(json.at("/baseline/source").asText()).isEqualTo("checkpoint");
    assertThat(json.at("/baseline/size_bytes").asLong()).isEqualTo(1000);
    JsonNode weights =
        JSON.readTree(result.directory().resolve("environment.json").toFile()).path("weights");
    assertThat(Path.of(weights.at("/baseline/source").asText()).normalize()).isEqualTo(dense);
    assertThat(weights.at("/baseline/sha256").asText()).hasSize(64);
  }

  @Test
  void of_a_runs_directory_the_dense_model_is_taken_and_not_the_pruned_one() throws IOException {
    Path dense = dense("baseline/model.safetensors");
    Path pruned = dense("best/model.safetensors");

    assertThat(pruned).exists();
    assertThat(BaselineSource.find(folder.resolve("dense"))).contains(dense);
  }

  @Test
  void fine_pruning_may_start_from_it() throws IOException {
    String given = "tuning.baseline.checkpoint=" + dense("model.safetensors");

    RunResult result = run(given, "pruning.train.start_from=baseline");

    assertThat(result.directory().resolve("baseline/model.safetensors")).exists();
    assertThat(fakes.calls).containsSubsequence("read baseline/model.safetensors", "train 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "classifier.weight | 3 | is of another model: classifier.weight must be [2, 4], and is [3,"
            + " 4]",
        "bert.embeddings.word_embeddings.weight | 7 | bert.embeddings.word_embeddings.weight must"
            + " be [11, 4], and is [7, 4]",
        "bert.encoder.layer.0.output.dense.weight | 0 | bert.encoder.layer.0.output.dense.weight"
            + " must be [4, 8], and is not there",
        "x.mask_scores | 4 | holds scores beside its weights, so it is no dense model",
      })
  void weights_of_another_model_are_refused(String name, int rows, String message)
      throws IOException {
    Path file = dense("model.safetensors");
    fakes.change =
        tensors -> {
          tensors.remove(name);
          if (rows > 0) {
            tensors.put(name, Tensor.matrix(rows, 4, new float[4 * rows]));
          }
        };

    List<Problem> problems = problems("tuning.baseline.checkpoint=" + file);

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).message()).contains(message);
    assertThat(problems.get(0).message()).startsWith("tuning.baseline.checkpoint: " + file);
    assertThat(fakes.trainings).isEmpty();
  }

  /** It was cut to the layers of the model, or read with its heads, and measured so. */
  @Test
  void weights_that_fit_but_are_of_another_architecture_are_refused() throws IOException {
    Path file = dense("model.safetensors");
    String key = "tuning.baseline.checkpoint";
    BertArchitecture own = Fakes.weights().bert();

    fakes.architecture = own.withLayers(own.layers() + 1);
    assertThat(problems(key + "=" + file))
        .singleElement()
        .extracting(Problem::message)
        .isEqualTo(
            key
                + ": "
                + file
                + " is of another model: it has "
                + (own.layers() + 1)
                + " layers in place of "
                + own.layers());

    fakes.architecture = null;
    fakes.change =
        tensors ->
            tensors.put(
                "bert.encoder.layer.9.output.dense.weight", Tensor.matrix(4, 8, new float[32]));
    assertThat(problems(key + "=" + file))
        .singleElement()
        .extracting(Problem::message)
        .asString()
        .endsWith(
            "it has 1 weights that the model has not, such as"
                + " bert.encoder.layer.9.output.dense.weight");
    assertThat(fakes.trainings).isEmpty();
  }

  @Test
  void its_classes_are_put_in_the_order_of_the_data() throws IOException {
    Path file = dense("model.safetensors");
    fakes.change =
        tensors ->
            tensors.put(
                "classifier.weight", Tensor.matrix(2, 4, new float[] {1, 1, 1, 1, 2, 2, 2, 2}));
    fakes.labels = List.of("Positive", "Negative");

    TransformerWeights read =
        BaselineSource.read(
            Fakes.configuration(folder),
            file,
            Fakes.weights(),
            new Head.Classification(List.of("negative", "positive")),
            fakes);
    RunResult result = run("tuning.baseline.checkpoint=" + file);

    assertThat(read.get("classifier.weight").values()).containsExactly(2, 2, 2, 2, 1, 1, 1, 1);
    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(events)
        .contains(
            new RunEvent.Note(
                "The classes of "
                    + file
                    + " are [Positive, Negative], those of the data [negative, positive]: they are"
                    + " matched by name."));
  }

  @Test
  void its_classes_are_taken_in_their_order_when_nothing_names_them_and_that_is_said()
      throws IOException {
    Path file = dense("model.safetensors");

    RunResult result = run("tuning.baseline.checkpoint=" + file);

    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(events)
        .contains(
            new RunEvent.Note(
                "The class names of "
                    + file
                    + " are unknown: its rows are taken in the order [negative, positive]."));
  }

  @Test
  void other_classes_and_values_that_are_not_finite_are_refused() throws IOException {
    String given = "tuning.baseline.checkpoint=" + dense("model.safetensors");
    fakes.labels = List.of("ham", "spam");

    assertThat(problems(given))
        .singleElement()
        .extracting(Problem::message)
        .asString()
        .endsWith("model.safetensors's classes are [ham, spam], the task's [negative, positive]");

    fakes.labels = List.of();
    fakes.change = tensors -> tensors.get("classifier.weight").values()[5] = Float.NaN;
    assertThat(problems(given))
        .singleElement()
        .extracting(Problem::message)
        .asString()
        .endsWith("model.safetensors has NaN in classifier.weight at [1, 1]");
    assertThat(fakes.trainings).isEmpty();
  }

  @Test
  void a_resumed_run_reads_it_once_and_refuses_another_one() throws IOException {
    Path file = dense("model.safetensors");
    fakes.failsAt = "quantize";
    fakes.failure =
        ProblemException.of(dev.espalier.api.problem.ProblemKind.ENVIRONMENT, "no room", null);
    RunResult failed = run("tuning.baseline.checkpoint=" + file);
    fakes.failure = null;

    Files.writeString(file, "other");
    RunResult refused = resume(failed.directory());
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message()).contains("weights.baseline.sha256 was ");

    Files.writeString(file, "dense");
    fakes.calls.clear();
    RunResult result = resume(failed.directory());
    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(fakes.calls).doesNotContain("write checkpoint", "evaluate baseline/model.onnx");
  }

  // ------------------------------------------------------------------ rehearsals

  @Test
  void a_smoke_run_takes_given_metrics_and_trains_in_place_of_a_checkpoint() throws IOException {
    ResolvedConfiguration known = smoke(KNOWN, DENSITY);
    ResolvedConfiguration trained =
        smoke("tuning.baseline.checkpoint=" + dense("model.safetensors"));

    assertThat(known.configuration().tuning().baseline().metrics()).containsKey("accuracy");
    assertThat(known.configuration().tuning().baseline().maxSteps()).isNull();
    assertThat(trained.configuration().tuning().baseline().checkpoint()).isNull();
    assertThat(trained.configuration().tuning().baseline().maxSteps()).isEqualTo(4);
  }

  // ------------------------------------------------------------------ helpers

  private ResolvedConfiguration smoke(String... assignments) {
    ResolvedConfiguration full = Fakes.configuration(folder, assignments);
    List<String> all = new ArrayList<>(full.assignments());
    all.addAll(SmokeRun.assignments(full));
    return new ConfigurationLoader().load(folder.resolve("tiny.yaml"), all, Map.of());
  }

  private Path dense(String name) throws IOException {
    Path file = folder.resolve("dense").resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, "dense");
  }

  private List<Problem> problems(String... assignments) {
    try {
      return run(assignments).problems();
    } catch (ProblemException e) {
      return e.problems();
    }
  }

  private RunResult run(String... assignments) {
    return new Run(
            null,
            Fakes.configuration(folder, assignments),
            fakes.services(),
            events::add,
            NOON,
            new Disk())
        .execute();
  }

  private RunResult resume(Path directory) {
    return Run.resume(directory, fakes.services(), events::add, NOON, new Disk());
  }

  private static List<String> stages(RunResult result) throws IOException {
    List<String> stages = new ArrayList<>();
    for (String line : Files.readAllLines(result.directory().resolve("trials.jsonl"))) {
      JsonNode node = JSON.readTree(line);
      stages.add(node.path("trial").asInt() + " " + node.path("stage").asText());
    }
    return stages;
  }

  private static JsonNode resultJson(RunResult result) throws IOException {
    return JSON.readTree(result.directory().resolve("result.json").toFile());
  }
}
