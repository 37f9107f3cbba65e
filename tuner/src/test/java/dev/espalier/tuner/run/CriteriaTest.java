package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.espalier.api.run.RunEvent;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.tuner.directory.Disk;
import dev.espalier.tuner.result.LossLimit;
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

/** Runs that are judged on several metrics. */
final class CriteriaTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-01-02T12:00:00Z"), ZoneOffset.UTC);

  @TempDir Path folder;
  private final Fakes fakes = new Fakes();
  private final List<RunEvent> events = new ArrayList<>();

  CriteriaTest() {
    // 0.8 for the baseline's accuracy of 0.90; 0.77 for the int8 file's 0.885.
    fakes.metrics.add(new Fakes.DerivedMetric("f1", true, accuracy -> 2 * accuracy - 1));
    fakes.metrics.add(new Fakes.DerivedMetric("error", false, accuracy -> 1 - accuracy));
  }

  /** The criterion is 2% of the baseline; accuracy loses 1.67%, f1 3.75%, error 15%. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{metric: accuracy}                                      | met    | 0",
        "{metric: accuracy}, {metric: f1}                        | missed | 3",
        "{metric: accuracy}, {metric: f1, relative: 0.04}        | met    | 0",
        "{metric: accuracy}, {metric: f1, absolute: 0.03}        | met    | 0",
        "{metric: accuracy}, {metric: f1, absolute: 0.029}       | missed | 3",
        "{metric: error, absolute: 0.015}, {metric: accuracy}    | met    | 0",
        "{metric: error, absolute: 0.014}, {metric: accuracy}    | missed | 3",
        "{metric: accuracy, weight: 9}, {metric: f1, weight: 1}  | met    | 0",
        "{metric: accuracy, weight: 1}, {metric: f1, weight: 1}  | missed | 3",
      })
  void the_exit_code_is_that_of_the_criterion(String metrics, String status, int exitCode)
      throws IOException {
    RunResult result = run("evaluation.accuracy.multi_metrics=[" + metrics + "]");

    assertThat(result.exitCode()).isEqualTo(exitCode);
    assertThat(resultJson(result).path("status").asText()).isEqualTo(status);
  }

  @Test
  void the_result_has_every_metric_beside_the_leading_one() throws IOException {
    RunResult result =
        run(
            "evaluation.accuracy.multi_metrics=[{metric: f1, absolute: 0.025}, {metric: accuracy},"
                + " {metric: error, absolute: 0.1}]");

    JsonNode criterion = resultJson(result).path("criterion");
    assertThat(criterion.path("metric").asText()).isEqualTo("f1");
    assertThat(criterion.path("kind").asText()).isEqualTo("absolute");
    assertThat(criterion.path("combination").asText()).isEqualTo("each");
    assertThat(criterion.path("metrics")).hasSize(3);
    assertThat(criterion.at("/metrics/0/met").asBoolean(true)).isFalse();
    assertThat(criterion.at("/metrics/1/met").asBoolean()).isTrue();
    assertThat(criterion.at("/metrics/1/threshold").asDouble()).isEqualTo(0.9 - 0.9 * 0.02);
    assertThat(criterion.at("/metrics/2/higher_is_better").asBoolean(true)).isFalse();
    assertThat(criterion.at("/metrics/2/threshold").asDouble()).isEqualTo(1 - 0.9 + 0.1);
    assertThat(criterion.at("/metrics/2/measured").asDouble()).isEqualTo(1 - 0.885);
    assertThat(result.summary()).contains("missed by f1").contains("f1").contains("error");
    assertThat(notes())
        .anyMatch(note -> note.contains("f1 is 0.8000; a trial needs at least 0.7750"))
        .anyMatch(note -> note.contains("error is 0.1000; a trial needs at most 0.2000"));
    assertThat(Files.readString(result.directory().resolve("report.html")))
        .contains("threshold of f1", "threshold of accuracy", "result of error");
    assertThat(Files.readString(result.directory().resolve("best/README.md")))
        .contains("| file | f1 | accuracy | error | size | p50 | p90 |")
        .contains("\n- \"f1\"\n- \"accuracy\"\n- \"error\"\n");
  }

  @Test
  void of_a_mean_the_result_has_weights_and_the_loss() throws IOException {
    RunResult result =
        run(
            "evaluation.accuracy.multi_metrics=[{metric: accuracy, weight: 3},"
                + " {metric: error, weight: 1}]",
            "tuning.accuracy_criterion.relative=null",
            "tuning.accuracy_criterion.absolute=0.02");

    JsonNode criterion = resultJson(result).path("criterion");
    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(criterion.path("combination").asText()).isEqualTo("weighted_mean");
    assertThat(criterion.path("threshold").isNull()).as("no metric has one of its own").isTrue();
    assertThat(criterion.path("threshold_of_mean_loss").asDouble()).isEqualTo(0.02);
    assertThat(criterion.path("mean_loss").asDouble())
        .isCloseTo(0.015, org.assertj.core.data.Offset.offset(1e-9));
    assertThat(criterion.at("/metrics/0/weight").asDouble()).isEqualTo(3);
    assertThat(criterion.at("/metrics/0/threshold").isNull()).isTrue();
  }

  @Test
  void a_run_with_one_metric_has_no_further_keys() throws IOException {
    for (String one : List.of("metric=accuracy", "multi_metrics=[{metric: accuracy}]")) {
      JsonNode criterion = resultJson(run("evaluation.accuracy." + one)).path("criterion");

      assertThat(criterion.properties())
          .extracting(Map.Entry::getKey)
          .containsExactly("metric", "kind", "value", "threshold", "higher_is_better", "measured");
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "[{metric: acc}] | evaluation.accuracy.multi_metrics[0].metric: there is no metric \"acc\"",
        "[{metric: f1}, {metric: f1}] | evaluation.accuracy.multi_metrics[1].metric: f1 is judged"
            + " twice",
        "[{metric: f1, weight: 1}, {metric: loss}] | evaluation.accuracy.multi_metrics: must have a"
            + " weight for each metric or for none, found 1 for 2 metrics",
        "[{metric: f1, weight: 1, relative: 0.1}] | evaluation.accuracy.multi_metrics: a weighted"
            + " mean has one limit, tuning.accuracy_criterion, found limits of its own for 1",
        "[{metric: f1, absolute: 1, relative: 0.1}] | evaluation.accuracy.multi_metrics[0]: must"
            + " hold at most one of relative and absolute, found both",
        "[{metric: f1_mismatched}] | evaluation.accuracy.multi_metrics[0].metric: f1_mismatched does"
            + " not go with the task sentiment-twin; there is accuracy, error, f1, loss",
      })
  void what_does_not_go_together_is_said_before_training(String metrics, String message) {
    List<String> messages = problems("evaluation.accuracy.multi_metrics=" + metrics);

    assertThat(messages).hasSize(1);
    assertThat(messages.get(0)).startsWith(message);
    assertThat(fakes.trainings).isEmpty();
  }

  @Test
  void one_metric_and_several_contradict_each_other() {
    assertThat(problems("evaluation.accuracy={metric: accuracy, multi_metrics: [{metric: f1}]}"))
        .containsExactly("evaluation.accuracy.metric: multi_metrics is set, too, found accuracy");
  }

  @Test
  void a_smoke_run_accepts_any_loss_of_every_metric() {
    ResolvedConfiguration full =
        Fakes.configuration(
            folder,
            "evaluation.accuracy.multi_metrics=[{metric: f1, relative: 0.01}, {metric: accuracy}]");
    List<String> all = new ArrayList<>(full.assignments());
    all.addAll(SmokeRun.assignments(full));

    ResolvedConfiguration smoke =
        new ConfigurationLoader().load(folder.resolve("tiny.yaml"), all, Map.of());

    assertThat(smoke.configuration().evaluation().accuracy().multiMetrics())
        .allMatch(each -> each.relative() == null && each.absolute() == null);
    assertThat(smoke.configuration().tuning().accuracyCriterion().absolute())
        .isEqualTo(LossLimit.ANY_LOSS);
  }

  // ------------------------------------------------------------------ helpers

  private List<String> problems(String assignment) {
    try {
      return run(assignment).problems().stream().map(problem -> problem.message()).toList();
    } catch (dev.espalier.api.problem.ProblemException e) {
      return e.problems().stream().map(problem -> problem.message()).toList();
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

  private List<String> notes() {
    return events.stream()
        .filter(RunEvent.Note.class::isInstance)
        .map(event -> ((RunEvent.Note) event).text())
        .toList();
  }

  private static JsonNode resultJson(RunResult result) throws IOException {
    return JSON.readTree(result.directory().resolve("result.json").toFile());
  }
}
