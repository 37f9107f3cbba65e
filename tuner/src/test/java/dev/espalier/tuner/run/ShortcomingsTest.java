package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.Finding;
import dev.espalier.api.run.RunEvent;
import dev.espalier.tuner.directory.Disk;
import dev.espalier.tuner.result.RunFacts;
import dev.espalier.tuner.result.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs that meet the accuracy criterion and are missed all the same: the baseline is no better than
 * the trivial predictor, or a steered pruner did not reach its target sparsity.
 */
final class ShortcomingsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-01-02T12:00:00Z"), ZoneOffset.UTC);

  private static final String TRIVIAL = "Baseline no better than the trivial predictor: ";
  private static final String SPARSITY = "Target sparsity not reached: ";
  private static final String COMPRESSION = "pruning.approach.weight_compression.";
  private static final String STEERED =
      COMPRESSION + "pruners=[{prune_type: soft_movement, names: ['*.layer.*.weight']}]";
  private static final String GIVEN = "tuning.baseline.metrics={accuracy: %s}";

  @TempDir Path folder;
  private final Fakes fakes = new Fakes();
  private final List<RunEvent> events = new ArrayList<>();

  // ------------------------------------------------------------------ the trivial predictor

  /**
   * A constant answer has 0.5 of the accuracy and 1.5 of the loss; the trial equals the baseline.
   */
  @ParameterizedTest(name = "{0} of {1}: {2}")
  @CsvSource({
    "accuracy, 0.51, 0",
    "accuracy, 0.50, 3",
    "accuracy, 0.30, 3",
    "loss, 1.49, 0",
    "loss, 1.50, 3",
    "loss, 1.90, 3",
  })
  void a_baseline_no_better_than_the_trivial_predictor_is_missed(
      String metric, double baseline, int exitCode) throws IOException {
    all(baseline);

    RunResult result = run("evaluation.accuracy.metric=" + metric);

    assertThat(result.exitCode()).isEqualTo(exitCode);
    JsonNode json = resultJson(result);
    assertThat(json.at("/baseline/trivial/metrics/" + metric).asDouble())
        .isEqualTo(metric.equals("accuracy") ? 0.5 : 1.5);
    assertThat(json.at("/baseline/trivial/better").asBoolean()).isEqualTo(exitCode == 0);
    assertThat(json.path("status").asText()).isEqualTo(exitCode == 0 ? "met" : "missed");
    assertThat(json.path("missed").toString())
        .isEqualTo(exitCode == 0 ? "[]" : "[\"trivial_baseline\"]");
    assertThat(json.path("problems")).hasSize(exitCode == 0 ? 0 : 1);
    assertThat(result.summary().startsWith(TRIVIAL)).isEqualTo(exitCode == 3);
  }

  @Test
  void it_is_said_first_everywhere_and_before_the_trial() throws IOException {
    all(0.4);

    RunResult result = run();

    String sentence =
        TRIVIAL
            + "the dense model's accuracy is 0.4000, the trivial predictor's 0.5000 (always"
            + " \"negative\"). The dense model has learned nothing, so the criterion says nothing"
            + " about pruning.";
    JsonNode json = resultJson(result);
    assertThat(json.path("status_text").asText()).isEqualTo(sentence);
    assertThat(json.at("/problems/0/kind").asText()).isEqualTo("MISSED");
    assertThat(json.at("/problems/0/message").asText()).isEqualTo(sentence);
    assertThat(json.at("/baseline/trivial/predictor").asText()).isEqualTo("always \"negative\"");
    assertThat(result.problems()).hasSize(1);
    assertThat(result.problems().get(0).advice()).contains("tuning.baseline.allow_trivial");
    assertThat(result.summary())
        .startsWith(sentence + "\n")
        .contains("Criterion met")
        .contains("The run counts as missed all the same.");
    assertThat(read(result, "best/README.md")).contains("# tiny\n\n**" + sentence + "**\n");
    String report = read(result, "report.html");
    assertThat(report).contains("(always &quot;negative&quot;)").doesNotContain("verdict met");
    assertThat(report.indexOf(TRIVIAL)).isLessThan(report.indexOf("Criterion met")).isPositive();
    int said = events.indexOf(note(TRIVIAL));
    assertThat(said)
        .isPositive()
        .isLessThan(events.indexOf(new RunEvent.StageStarted(1, "fine_prune")));
  }

  @Test
  void it_may_be_allowed_and_is_said_all_the_same() throws IOException {
    all(0.4);

    RunResult result = run("tuning.baseline.allow_trivial=true");

    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(result.exitCode()).isZero();
    assertThat(result.problems()).isEmpty();
    assertThat(result.summary()).startsWith(TRIVIAL).doesNotContain("missed");
    JsonNode json = resultJson(result);
    assertThat(json.at("/baseline/trivial/better").asBoolean(true)).isFalse();
    assertThat(json.at("/baseline/trivial/allowed").asBoolean()).isTrue();
    assertThat(json.path("problems")).isEmpty();
    assertThat(json.path("status_text").asText()).startsWith("Criterion met");
    assertThat(read(result, "best/README.md")).contains("**" + TRIVIAL);
  }

  @Test
  void a_shipped_model_no_better_is_said_even_where_the_criterion_is_that_generous()
      throws IOException {
    all(0.45);
    fakes.accuracy.put("baseline/model.onnx", 0.9);

    RunResult result = run("tuning.accuracy_criterion.relative=0.6");

    String sentence =
        "The shipped model is no better than the trivial predictor: its accuracy is 0.4500, the"
            + " trivial predictor's 0.5000 (always \"negative\").";
    assertThat(result.exitCode()).isZero();
    assertThat(result.summary()).startsWith(sentence);
    assertThat(Files.readString(result.directory().resolve("best/README.md")))
        .contains("The shipped model is no better than the trivial predictor");
  }

  @Test
  void a_missed_criterion_is_named_beside_it() throws IOException {
    all(0.5);
    fakes.accuracy.put("trial-1/model.int8.onnx", 0.3);

    JsonNode json = resultJson(run());

    assertThat(json.path("missed").toString()).isEqualTo("[\"criterion\",\"trivial_baseline\"]");
    assertThat(json.path("status_text").asText()).startsWith(TRIVIAL);
  }

  @ParameterizedTest
  @CsvSource({"0.5, 3", "0.52, 0"})
  void a_given_baseline_is_compared_too(String accuracy, int exitCode) throws IOException {
    all(0.52);

    RunResult result = run(GIVEN.formatted(accuracy), "tuning.objective=density");

    assertThat(result.exitCode()).isEqualTo(exitCode);
    assertThat(resultJson(result).at("/baseline/trivial/better").asBoolean())
        .isEqualTo(exitCode == 0);
  }

  @Test
  void a_resumed_run_says_the_same() throws IOException {
    all(0.4);
    RunResult whole = run();
    fakes.failsAt = "quantize";
    fakes.failure = ProblemException.of(ProblemKind.ENVIRONMENT, "no room", null);
    RunResult failed = run();
    assertThat(failed.exitCode()).isEqualTo(4);
    assertThat(failed.summary()).startsWith(TRIVIAL);
    fakes.failure = null;

    RunResult resumed =
        Run.resume(failed.directory(), fakes.services(), events::add, NOON, new Disk());

    assertThat(resumed.exitCode()).isEqualTo(3);
    assertThat(resultJson(resumed).path("problems")).isEqualTo(resultJson(whole).path("problems"));
    assertThat(resultJson(resumed).at("/baseline/trivial"))
        .isEqualTo(resultJson(whole).at("/baseline/trivial"));
  }

  // ------------------------------------------------------------------ the target sparsity

  /** Half of the weights are removed. */
  @ParameterizedTest(name = "{0} of {1}: {2}")
  @CsvSource({
    "soft_movement, 0.50, 0",
    "soft_movement, 0.51, 0",
    "soft_movement, 0.511, 3",
    "soft_movement, 0.9, 3",
    "soft_movement, 0.3, 0",
    // its counts are exact; what whole units cannot reach is a caution
    "movement, 0.9, 0",
  })
  void a_steered_pruner_must_come_within_a_point_of_its_target(
      String pruner, double target, int exitCode) throws IOException {
    RunResult result =
        run(
            COMPRESSION + "pruners=[{prune_type: " + pruner + "}]",
            COMPRESSION + "target_sparsity=" + target);

    assertThat(result.exitCode()).isEqualTo(exitCode);
    JsonNode json = resultJson(result);
    assertThat(json.path("status").asText()).isEqualTo(exitCode == 0 ? "met" : "missed");
    assertThat(json.path("missed").toString())
        .isEqualTo(exitCode == 0 ? "[]" : "[\"target_sparsity\"]");
    assertThat(json.at("/trials/0/met").asBoolean()).isEqualTo(exitCode == 0);
    assertThat(json.path("problems")).hasSize(exitCode == 0 ? 0 : 1);
  }

  @Test
  void a_missed_target_is_said_first_everywhere() throws IOException {
    RunResult result = run(STEERED, COMPRESSION + "target_sparsity=0.9");

    String sentence = SPARSITY + "50.00% of the pruned layers in place of 90.00%.";
    assertThat(result.summary()).startsWith(sentence + "\n").contains("Criterion met");
    assertThat(result.problems().get(0).kind()).isEqualTo(ProblemKind.MISSED);
    JsonNode json = resultJson(result);
    assertThat(json.path("status_text").asText()).isEqualTo(sentence);
    assertThat(json.at("/problems/0/message").asText()).isEqualTo(sentence);
    assertThat(json.at("/problems/0/advice").asText()).contains("score_learning_rate");
    assertThat(read(result, "report.html")).contains("missed\">" + sentence);
    assertThat(read(result, "best/README.md")).contains("**" + sentence + "**");
  }

  @Test
  void a_smoke_run_is_excused() {
    all(0.4);
    RunFacts full = run(STEERED, COMPRESSION + "target_sparsity=0.9").facts();
    assertThat(full.shortcomings()).hasSize(2);
    assertThat(full.headlines()).hasSize(2);

    RunFacts smoke = withMode(full, "smoke");

    assertThat(smoke.shortcomings()).isEmpty();
    assertThat(smoke.headlines()).isEmpty();
    assertThat(smoke.outcome()).isEqualTo(Status.MET);
  }

  // ------------------------------------------------------------------ one number, one percentage

  /** Sparsity and shares of the dense model read alike wherever they are told. */
  @ParameterizedTest
  @CsvSource({"0.3, 31.25%", "0.5, 50.00%", "0.66, 67.19%"})
  void a_share_is_the_same_percentage_everywhere(double share, String percent) throws IOException {
    fakes.zeroShare = trial -> share;

    RunResult result = run(COMPRESSION + "target_sparsity=0.9", STEERED);

    JsonNode json = resultJson(result);
    double exact = json.at("/best/sparsity/pruned_layers").asDouble();
    assertThat(String.format(Locale.ROOT, "%.2f%%", 100 * exact)).isEqualTo(percent);
    assertThat(json.at("/trials/0/sparsity").asDouble()).isEqualTo(exact);
    assertThat(result.summary()).contains("Sparsity: " + percent, SPARSITY + percent);
    assertThat(read(result, "report.html"))
        .contains("<td>pruned layers</td><td class=\"text\">" + percent, SPARSITY + percent);
    assertThat(read(result, "best/README.md")).contains("Removed: " + percent, SPARSITY + percent);
    assertThat(events)
        .filteredOn(RunEvent.StageFinished.class::isInstance)
        .flatMap(event -> ((RunEvent.StageFinished) event).findings())
        .extracting(Finding::shown)
        .contains(percent);
  }

  // ------------------------------------------------------------------ helpers

  /** What every file scores. */
  private void all(double value) {
    fakes.accuracy.replaceAll((file, before) -> value);
  }

  private RunEvent note(String beginning) {
    return events.stream()
        .filter(event -> event instanceof RunEvent.Note note && note.text().startsWith(beginning))
        .findFirst()
        .orElseThrow();
  }

  private static RunFacts withMode(RunFacts facts, String mode) {
    ObjectNode environment = facts.environment().deepCopy();
    return new RunFacts(
        facts.configuration(),
        facts.started(),
        facts.directory(),
        facts.status(),
        facts.criterion(),
        environment.put("mode", mode),
        facts.head(),
        facts.format(),
        facts.denseTraining(),
        facts.baselineSource(),
        facts.dense(),
        facts.trivial(),
        facts.trials(),
        facts.reported(),
        facts.sparseArchiveBytes(),
        facts.problems(),
        facts.stages(),
        facts.artifacts());
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

  private static String read(RunResult result, String file) throws IOException {
    return Files.readString(result.directory().resolve(file));
  }

  private static JsonNode resultJson(RunResult result) throws IOException {
    return JSON.readTree(result.directory().resolve("result.json").toFile());
  }
}
