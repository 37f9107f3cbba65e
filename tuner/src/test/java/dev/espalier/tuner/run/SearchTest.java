package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.tuner.directory.Disk;
import dev.espalier.tuner.result.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which trials are made, which one is handed on, and how a search ends. */
final class SearchTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-01-02T12:00:00Z"), ZoneOffset.UTC);
  private static final String[] FIVE = {
    "tuning.strategy.name=exhaustive",
    "tuning.search_space=[{key: pruning.approach.weight_compression.target_sparsity,"
        + " options: [0.1, 0.2, 0.3, 0.4, 0.5]}]"
  };

  /** Milliseconds by trial; the dense model takes 5. */
  private static final double[] OF_DENSE = {0, 1, 2.5, 4, 4, 1};

  @TempDir Path folder;
  private final Fakes fakes = new Fakes();
  private final List<RunEvent> events = new ArrayList<>();

  /** The baseline is 0.90 and 2% may be lost, so 0.882 is the threshold. */
  @ParameterizedTest
  @CsvSource({
    // accuracies of the int8 files, the trial that is handed on, the exit code
    "0.90 0.89 0.885 0.87 0.86, 3, 0",
    "0.90 0.87 0.885 0.87 0.86, 3, 0",
    "0.87 0.86 0.881 0.85 0.85, 3, 3",
    "0.90 0.90 0.90 0.90 0.90, 5, 0",
  })
  void the_smallest_that_meets_the_criterion_or_else_the_nearest_miss(
      String accuracies, int best, int exitCode) throws IOException {
    accuracies(accuracies);
    fakes.zeroShare = trial -> 0.1 * trial;

    RunResult result = run(FIVE, "tuning.objective=density");

    assertThat(result.exitCode()).isEqualTo(exitCode);
    JsonNode json = resultJson(result);
    assertThat(json.at("/best/trial").asInt()).isEqualTo(best);
    assertThat(json.path("trials")).hasSize(5);
    assertThat(json.at("/trials/" + (best - 1) + "/met").asBoolean()).isEqualTo(exitCode == 0);
    assertThat(result.directory().resolve("best/model.int8.onnx"))
        .hasSameBinaryContentAs(result.directory().resolve("trial-" + best + "/model.int8.onnx"));
    assertThat(result.summary()).contains("baseline").contains(", best");
  }

  /** Of five trials the fourth is the sparsest that meets the criterion. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "tuning.workspace.keep=best | 4",
        "tuning.workspace.keep=all | 1 2 3 4 5",
      })
  void files_of_trials_that_cannot_win_are_removed(String keep, String kept) throws IOException {
    accuracies("0.89 0.89 0.80 0.89 0.80");
    fakes.zeroShare = trial -> 0.1 * trial;

    RunResult result = run(FIVE, "tuning.objective=density", keep);

    assertThat(withFile(result, "model.onnx", "model.safetensors", "model.int8.onnx"))
        .isEqualTo(kept);
    assertThat(withFile(result, "fine_prune.json", "measure.json", "masks.json"))
        .isEqualTo("1 2 3 4 5");
    assertThat(result.directory().resolve("best/model.onnx")).exists();
    assertThat(result.directory().resolve("baseline/model.onnx")).exists();
  }

  @Test
  void files_of_a_trial_that_failed_are_removed_with_the_state_of_its_training() {
    accuracies("0.89 0.89 0.89 0.89 0.89");
    fakes.failsAt = "evaluate trial-2";
    fakes.failure = new IllegalStateException("oops");

    RunResult result = run(FIVE);

    assertThat(withFile(result, "model.onnx")).isEqualTo("1");
    assertThat(withFile(result, "failed.json")).isEqualTo("2");
    assertThat(events)
        .filteredOn(
            each -> each instanceof RunEvent.StageFinished done && done.stage().equals("failed"))
        .singleElement()
        .asString()
        .contains("java.lang.IllegalStateException: oops")
        .doesNotContain("Failure[");
  }

  /** Bisection starts from the sparsest trial that met the criterion, which stays until then. */
  @Test
  void what_a_strategy_may_start_from_stays() {
    fakes.zeroShare = trial -> 0.5;
    for (int trial = 1; trial <= 9; trial++) {
      double accuracy = trial % 3 == 0 ? 0.80 : 0.89;
      fakes.accuracy.put("trial-" + trial + "/model.onnx", accuracy);
      fakes.accuracy.put("trial-" + trial + "/model.int8.onnx", trial == 1 ? 0.80 : accuracy);
    }

    RunResult result =
        run(
            new String[] {
              "tuning.strategy={name: sparsest, parameters: {start: last_met, resolution: 1.1}}",
              "tuning.search_space=[{key: pruning.approach.weight_compression.target_sparsity,"
                  + " low: 0.5, high: 0.97}]",
              "tuning.objective=density"
            });

    // Equal densities: the first that met is the best, and the sparsest that met is another one.
    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(fakes.calls).anyMatch(call -> call.matches("read trial-[3-9]/model.safetensors"));
    String[] left = withFile(result, "model.safetensors").split(" ", -1);
    assertThat(left).hasSizeLessThanOrEqualTo(2).contains(Integer.toString(best(result)));
  }

  /** Trials differ in what is searched alone: a gigabyte of data is not read again for each. */
  @Test
  void the_files_of_a_model_and_its_data_are_not_looked_at_for_each_trial() {
    accuracies("0.89 0.89 0.89 0.89 0.89");

    run(FIVE, "model.checkpoint=" + folder);

    assertThat(fakes.looks).describedAs("config.json once, the data once").isEqualTo(2);
  }

  @Test
  void of_equal_ones_the_first_is_handed_on() throws IOException {
    accuracies("0.89 0.89 0.89 0.89 0.89");

    assertThat(resultJson(run(FIVE)).at("/best/trial").asInt()).isEqualTo(1);
  }

  /**
   * The example of docs/configuration.md, three sparsities by two learning rates: of the two trials
   * with 90% the better one is handed on.
   */
  @ParameterizedTest
  @CsvSource({
    "0.90 0.90 0.90 0.90 0.885 0.89, 6",
    "0.90 0.90 0.90 0.90 0.89 0.885, 5",
    "0.90 0.90 0.90 0.90 0.89 0.89, 5",
    "0.90 0.90 0.885 0.89 0.87 0.87, 4",
  })
  void of_equal_densities_the_better_metric_decides(String accuracies, int best)
      throws IOException {
    accuracies(accuracies);
    double[] shares = {0, 0.7, 0.7, 0.8, 0.8, 0.9, 0.9};
    fakes.zeroShare = trial -> shares[trial];

    RunResult result =
        run(
            new String[] {
              "tuning.strategy.name=exhaustive",
              "tuning.search_space=[{key: pruning.approach.weight_compression.target_sparsity,"
                  + " options: [0.7, 0.8, 0.9]},"
                  + " {key: pruning.train.learning_rate, options: [5.0e-5, 1.0e-4]}]"
            },
            "tuning.objective=density");

    assertThat(resultJson(result).at("/best/trial").asInt()).isEqualTo(best);
    assertThat(result.directory().resolve("trial-" + best + "/model.onnx")).exists();
    assertThat(result.summary()).containsPattern("\n" + best + " .*, best");
  }

  /**
   * A latency 0.5% above the smallest is no worse. The first trial is beaten by the second, which
   * the third then leaves behind: so the first is the best again, and its files are there.
   */
  @Test
  void of_latencies_within_one_percent_the_better_metric_decides() throws IOException {
    accuracies("0.886 0.89 0.883 0.87 0.87");
    double[] latencies = {0, 2.000, 2.012, 1.990, 2, 2};
    fakes.int8Latency = trial -> new Latency(latencies[trial], 9);

    RunResult result = run(FIVE, "tuning.objective=performance");

    assertThat(resultJson(result).at("/best/trial").asInt()).isEqualTo(1);
    assertThat(result.directory().resolve("best/model.onnx"))
        .hasSameBinaryContentAs(result.directory().resolve("trial-1/model.onnx"));
  }

  /** The third removes 31% where 30% is asked for, the others nothing. */
  @ParameterizedTest
  @CsvSource({"budget, 5", "first_met, 3"})
  void a_trial_that_misses_its_target_sparsity_does_not_meet(String stop, int trials)
      throws IOException {
    accuracies("0.90 0.90 0.89 0.90 0.90");
    fakes.zeroShare = trial -> trial == 3 ? 0.3 : 0;

    RunResult result =
        run(
            FIVE,
            "pruning.approach.weight_compression.pruners=[{prune_type: soft_movement}]",
            "tuning.objective=performance",
            "tuning.exit_policy.stop=" + stop);

    assertThat(result.exitCode()).isZero();
    JsonNode json = resultJson(result);
    assertThat(json.path("trials")).hasSize(trials);
    assertThat(json.at("/best/trial").asInt()).isEqualTo(3);
    assertThat(json.at("/trials/0/met").asBoolean(true)).isFalse();
    assertThat(json.at("/trials/0/target_sparsity").asDouble()).isEqualTo(0.1);
    assertThat(json.at("/trials/2/met").asBoolean()).isTrue();
    assertThat(result.summary()).contains("too dense").contains("met, best");
  }

  @Test
  void when_none_reaches_its_target_sparsity_the_nearest_is_handed_on_as_missed()
      throws IOException {
    accuracies("0.90 0.90 0.90 0.90 0.90");
    fakes.zeroShare = trial -> 0;

    RunResult result =
        run(FIVE, "pruning.approach.weight_compression.pruners=[{prune_type: soft_movement}]");

    assertThat(result.exitCode()).isEqualTo(3);
    JsonNode json = resultJson(result);
    assertThat(json.at("/best/trial").asInt()).isEqualTo(1);
    assertThat(json.at("/problems/0/message").asText())
        .isEqualTo("Target sparsity not reached: 0.00% of the pruned layers in place of 10.00%.");
  }

  @Test
  void the_fastest_is_handed_on_when_that_is_the_objective() throws IOException {
    accuracies("0.89 0.89 0.89 0.89 0.80");
    fakes.int8Latency = trial -> new Latency(trial == 3 ? 1.5 : trial == 5 ? 1 : 2, 9);

    JsonNode json = resultJson(run(FIVE, "tuning.objective=performance"));

    assertThat(json.at("/best/trial").asInt()).isEqualTo(3);
    assertThat(json.at("/trials/2/objective").asDouble()).isEqualTo(1.5 / 5);
  }

  /**
   * Trial t takes t ms where dense takes 5 and keeps 1 - 0.1 t: latency alone says the first,
   * density alone the last that meets the criterion.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "[{objective: performance}] | 1 | 0.2",
        "[{objective: density}] | 4 | 0.6",
        "[{objective: performance, weight: 1}, {objective: density, weight: 3}] | 4 | 0.65",
        "[{objective: performance}, {objective: density}] | 1 | 0.55",
      })
  void of_several_objectives_the_weighted_mean_of_shares_of_dense_decides(
      String objectives, int best, double value) throws IOException {
    accuracies("0.89 0.89 0.89 0.89 0.80");
    fakes.zeroShare = trial -> trial == 5 ? 0.9 : 0.1 * trial;
    fakes.int8Latency = trial -> new Latency(OF_DENSE[trial], 9);

    RunResult result = run(FIVE, "tuning.multi_objectives=" + objectives);

    JsonNode json = resultJson(result);
    assertThat(json.at("/best/trial").asInt()).isEqualTo(best);
    assertThat(json.at("/trials/" + (best - 1) + "/objective").asDouble())
        .isCloseTo(value, org.assertj.core.data.Offset.offset(0.03));
    // What is known of a trial depends on no other one: a search that ends earlier says the same.
    JsonNode shorter =
        resultJson(
            run(
                FIVE,
                "tuning.multi_objectives=" + objectives,
                "tuning.exit_policy.max_trials=1",
                "model.name=shorter"));
    assertThat(shorter.at("/trials/0/objective")).isEqualTo(json.at("/trials/0/objective"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "tuning={objective: density, multi_objectives: [{objective: modelsize}]}"
            + " | tuning.objective: multi_objectives is set, too, found density",
        "tuning.multi_objectives=[{objective: density}, {objective: density}]"
            + " | tuning.multi_objectives[1].objective: density is there twice",
        "tuning.multi_objectives=[{objective: speed}]"
            + " | tuning.multi_objectives[0].objective: must be one of modelsize, performance,"
            + " density, accuracy, found the text \"speed\"",
        "tuning={baseline: {metrics: {accuracy: 1}}, multi_objectives: [{objective: performance}]}"
            + " | tuning.multi_objectives[0].objective: performance compares with the dense model's"
            + " file, of which only metrics are given",
      })
  void objectives_that_do_not_go_together_are_refused(String assignment, String message) {
    assertThatThrownBy(() -> Fakes.configuration(folder, assignment))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tuning.exit_policy.stop=first_met | 3",
        "tuning.exit_policy.max_trials=2 | 2",
        "tuning.exit_policy.stop=budget | 5",
        "tuning.exit_policy.timeout=3600 | 5",
      })
  void the_exit_policy_ends_the_search(String policy, int trials) throws IOException {
    accuracies("0.80 0.80 0.89 0.89 0.89");

    assertThat(resultJson(run(FIVE, policy)).path("trials")).hasSize(trials);
  }

  @Test
  void after_the_timeout_the_running_trial_is_finished_and_no_other_begins() throws IOException {
    accuracies("0.89 0.89 0.89 0.89 0.89");
    fakes.trainingTakes = Duration.ofMillis(600);

    JsonNode json = resultJson(run(FIVE, "tuning.exit_policy.timeout=1"));

    // The dense training takes 0.6 s, and the first trial 0.6 s more.
    assertThat(json.path("trials")).hasSize(1);
    assertThat(json.at("/trials/0/met").asBoolean()).isTrue();
  }

  @Test
  void a_trial_that_fails_is_recorded_with_its_cause_and_the_search_goes_on() throws IOException {
    accuracies("0.89 0.89 0.89 0.89 0.89");
    fakes.failsAt = "train 2";
    fakes.failure = diverged(17);

    RunResult result = run(FIVE, "tuning.objective=density");

    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(result.exitCode()).isZero();
    JsonNode json = resultJson(result);
    assertThat(json.path("trials")).hasSize(5);
    assertThat(json.at("/trials/1/failure").asText()).isEqualTo("diverged at step 17");
    assertThat(json.at("/trials/1/met").isNull()).isTrue();
    assertThat(json.at("/trials/2/failure").isNull()).isTrue();
    assertThat(result.summary()).contains("failed");
  }

  @Test
  void three_of_the_same_failure_in_a_row_end_the_search_and_the_best_is_saved()
      throws IOException {
    accuracies("0.89 0.89 0.89 0.89 0.89");
    fakes.failsAt = "train";
    fakes.failureOf = trial -> trial >= 2 ? diverged(trial) : null;

    RunResult result = run(FIVE);

    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(result.problems().get(0).message())
        .isEqualTo(
            "3 trials in a row failed for the same reason, so the search ended: diverged at step"
                + " 2");
    JsonNode json = resultJson(result);
    assertThat(json.path("trials")).hasSize(4);
    assertThat(json.at("/best/trial").asInt()).isEqualTo(1);
    assertThat(json.at("/problems/0/message").asText()).startsWith("3 trials in a row");
    assertThat(result.directory().resolve("best/model.onnx")).exists();
  }

  @Test
  void three_different_failures_do_not() throws IOException {
    accuracies("0.89 0.89 0.89 0.89 0.89");
    fakes.failsAt = "train";
    fakes.failureOf =
        trial ->
            trial >= 2 && trial <= 4
                ? new IllegalStateException("cause " + "abc".charAt(trial - 2))
                : null;

    RunResult result = run(FIVE);

    assertThat(result.exitCode()).isZero();
    assertThat(resultJson(result).path("trials")).hasSize(5);
  }

  @Test
  void when_all_fail_there_is_nothing_to_hand_on() {
    fakes.failsAt = "train";
    fakes.failureOf = trial -> trial >= 1 ? diverged(trial) : null;

    RunResult result = run(FIVE);

    assertThat(result.status()).isEqualTo(Status.FAILED);
    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(result.directory().resolve("best")).doesNotExist();
  }

  @Test
  void what_is_the_machines_fault_ends_the_run_at_once() {
    fakes.failsAt = "train 2";
    fakes.failure = ProblemException.of(ProblemKind.ENVIRONMENT, "the disk is full", null);

    RunResult result = run(FIVE);

    assertThat(result.status()).isEqualTo(Status.FAILED);
    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(fakes.calls).doesNotContain("train 3");
  }

  @Test
  void each_trial_has_the_values_that_were_proposed_for_it() {
    accuracies("0.89 0.89 0.89 0.89 0.89");

    run(FIVE);

    assertThat(fakes.trainings)
        .extracting(
            request -> request.pruning() == null ? 0 : 1 - request.pruning().schedule().last())
        .usingElementComparator((a, b) -> Math.abs(a - b) < 1e-9 ? 0 : Double.compare(a, b))
        .containsExactly(0.0, 0.1, 0.2, 0.3, 0.4, 0.5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tuning.search_space=[{key: pruning.train.learning_rate, low: 0.5, high: 2}]"
            + "|tuning.search_space[0]: 2.0 cannot be tried: pruning.train.learning_rate: must be",
        "tuning.search_space=[{key: 'pruning.approach.weight_compression.pruners[0].prune_type',"
            + " options: [movement, movment]}]"
            + "|tuning.search_space[0]: movment cannot be tried: pruning.approach.weight_compression.pruners[0].prune_type: there is no pruner",
        "tuning.strategy.name=exhaustiv|there is no tuning strategy \"exhaustiv\"",
        "tuning.strategy={name: exhaustive, parameters: {points: 0}}"
            + "|strategy exhaustive: points must be a number in [1, 1000], found 0.0",
        "tuning.strategy.name=sparsest"
            + "|tuning.strategy.name: sparsest has nothing to try in this search space",
      })
  void what_cannot_be_searched_is_said_before_training(String cases) {
    String[] parts = cases.split("\\|", 2);

    RunResult result = run(new String[0], parts[0]);

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.problems().get(0).toString()).contains(parts[1]);
    assertThat(fakes.calls).noneMatch(call -> call.startsWith("train"));
  }

  @Test
  void each_trial_is_told_in_a_line_and_the_table_comes_once_at_the_end() throws IOException {
    accuracies("0.89 0.89 0.80 0.89 0.89");

    RunResult result = run(FIVE, "tuning.exit_policy.max_trials=4");

    assertThat(notes())
        .filteredOn(note -> note.startsWith("Trial "))
        .hasSize(8)
        .allMatch(note -> note.lines().count() == 1)
        .element(0)
        .isEqualTo("Trial 1 of at most 4");
    assertThat(notes())
        .contains(
            "Trial 2 of at most 4, less than a minute left",
            "Trial 2 met: target_sparsity=0.2, accuracy 0.8900 (-0.0100), sparsity 50.00%,"
                + " modelsize 0.7931 of dense")
        .anyMatch(note -> note.startsWith("Trial 1 met, the best so far: target_sparsity=0.1"))
        .anyMatch(note -> note.startsWith("Trial 3 missed: "))
        .noneMatch(note -> note.contains("outcome"));
    assertThat(result.summary().split("outcome", -1)).as("the table").hasSize(2);
  }

  @Test
  void a_single_trial_is_no_search() {
    run(new String[0]);

    assertThat(notes()).noneMatch(note -> note.startsWith("Trial "));
  }

  @Test
  void a_bug_of_the_only_trial_is_thrown() {
    fakes.failsAt = "train 1";
    fakes.failure = new IllegalStateException("oops");

    assertThatThrownBy(() -> run(new String[0])).hasMessage("oops");
  }

  // ------------------------------------------------------------------ helpers

  private static ProblemException diverged(int step) {
    return ProblemException.of(ProblemKind.TRAINING, "diverged at step " + step, "Lower it.");
  }

  private void accuracies(String each) {
    String[] values = each.split(" ", -1);
    for (int i = 0; i < values.length; i++) {
      double accuracy = Double.parseDouble(values[i]);
      fakes.accuracy.put("trial-" + (i + 1) + "/model.onnx", accuracy);
      fakes.accuracy.put("trial-" + (i + 1) + "/model.int8.onnx", accuracy);
    }
  }

  private RunResult run(String[] assignments, String... more) {
    String[] all = Stream.concat(Stream.of(assignments), Stream.of(more)).toArray(String[]::new);
    return new Run(
            null, Fakes.configuration(folder, all), fakes.services(), events::add, NOON, new Disk())
        .execute();
  }

  private List<String> notes() {
    return events.stream()
        .filter(RunEvent.Note.class::isInstance)
        .map(event -> ((RunEvent.Note) event).text())
        .toList();
  }

  private static int best(RunResult result) {
    return result.facts().trial();
  }

  /** The trials whose folder has all of {@code names}. */
  private static String withFile(RunResult result, String... names) {
    List<String> found = new ArrayList<>();
    for (int trial = 1; trial <= 9; trial++) {
      Path trialFolder = result.directory().resolve("trial-" + trial);
      if (Stream.of(names).allMatch(name -> Files.exists(trialFolder.resolve(name)))) {
        found.add(Integer.toString(trial));
      }
    }
    return String.join(" ", found);
  }

  private static JsonNode resultJson(RunResult result) throws IOException {
    return JSON.readTree(result.directory().resolve("result.json").toFile());
  }
}
