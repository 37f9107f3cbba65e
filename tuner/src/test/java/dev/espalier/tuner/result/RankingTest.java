package dev.espalier.tuner.result;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.tuning.Proposal;
import dev.espalier.config.Configuration.Objective;
import dev.espalier.tuner.result.LossLimit.Kind;
import dev.espalier.tuner.result.Objectives.Part;
import dev.espalier.tuner.result.RunFacts.Failure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which of several trials is the best, and which may still become it. */
final class RankingTest {
  private static final double BASELINE = 0.9;

  /** Each trial is its objective and its metric; 0.8 is the threshold. */
  @ParameterizedTest(name = "{0} {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        // sizes and latencies: within 1% of the smallest the metric decides
        "MODELSIZE   | 0.300 0.85, 0.298 0.84            | 1",
        "PERFORMANCE | 0.300 0.85, 0.298 0.84            | 1",
        "MODELSIZE   | 0.302 0.85, 0.298 0.84            | 2",
        "MODELSIZE   | 0.300 0.84, 0.298 0.84            | 1",
        "MODELSIZE   | 0.298 0.84, 0.300 0.85, 0.299 0.85 | 2",
        // what is equal is measured from the smallest one, so a chain of near ones is cut
        "MODELSIZE   | 0.300 0.84, 0.302 0.85, 0.304 0.86 | 2",
        "MODELSIZE   | 0.304 0.86, 0.302 0.85, 0.300 0.84 | 2",
        // densities are exact counts, and a metric has no other one to ask
        "DENSITY     | 0.300 0.85, 0.298 0.84            | 2",
        "DENSITY     | 0.300 0.84, 0.300 0.85            | 2",
        "DENSITY     | 0.300 0.85, 0.300 0.85            | 1",
        "ACCURACY    | 0.300 0.84, 0.299 0.85            | 2",
        // what misses the criterion never wins against what meets it
        "MODELSIZE   | 0.100 0.79, 0.300 0.80            | 2",
        "MODELSIZE   | 0.100 0.79, 0.300 0.78            | 1",
        "MODELSIZE   | 0.300 0.79, 0.100 0.79            | 1",
      })
  void the_smallest_then_the_metric_then_the_first(
      Objective objective, String trials, int expected) {
    Ranking ranking = ranking(objective);
    List<TrialFacts> all = trials(trials);

    assertThat(ranking.best(all)).hasValueSatisfying(best -> isTrial(best, expected));
    List<TrialFacts> backwards = new ArrayList<>(all);
    Collections.reverse(backwards);
    assertThat(ranking.best(backwards)).hasValueSatisfying(best -> isTrial(best, expected));
  }

  @Test
  void less_of_an_error_is_the_better_metric() {
    LossLimit error = new LossLimit("error", false, Kind.ABSOLUTE, 1);
    List<TrialFacts> trials =
        List.of(trial(1, error, 0.5, 0.40, null), trial(2, error, 0.5, 0.30, null));

    assertThat(ranking(Objective.DENSITY).best(trials))
        .hasValueSatisfying(best -> isTrial(best, 2));
  }

  @Test
  void what_failed_is_never_the_best() {
    TrialFacts failed =
        trial(1, accuracy(), 0.1, 0.9, new Failure("TRAINING", null, "diverged", null));

    assertThat(ranking(Objective.DENSITY).best(List.of(failed))).isEmpty();
    assertThat(ranking(Objective.DENSITY).contenders(List.of(failed))).isEmpty();
    assertThat(ranking(Objective.DENSITY).best(List.of())).isEmpty();
  }

  @Test
  void a_mean_with_a_size_in_it_is_no_more_exact_than_the_size() {
    assertThat(
            new Objectives(
                    List.of(new Part(Objective.DENSITY, 3), new Part(Objective.MODELSIZE, 1)))
                .tolerance())
        .isEqualTo(0.01);
    assertThat(new Objectives(List.of(new Part(Objective.DENSITY, 1))).tolerance()).isZero();
  }

  /**
   * A trial that was no contender once never is the best later, so its files may go; the first
   * trial of the table is out after the second, and would be the best after the third if only the
   * best were kept.
   */
  @Test
  void whoever_is_best_in_the_end_was_a_contender_ever_since() {
    for (long seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      Ranking ranking = ranking(random.nextBoolean() ? Objective.MODELSIZE : Objective.DENSITY);
      List<TrialFacts> trials = new ArrayList<>();
      List<List<TrialFacts>> contenders = new ArrayList<>();
      for (int number = 1; number <= 12; number++) {
        double size = 0.3 + 0.001 * random.nextInt(8);
        trials.add(trial(number, accuracy(), size, 0.78 + 0.01 * random.nextInt(8), null));
        contenders.add(ranking.contenders(trials));
      }
      TrialFacts best = ranking.best(trials).orElseThrow();
      for (int after = best.number(); after <= trials.size(); after++) {
        assertThat(contenders.get(after - 1))
            .as("seed %d after trial %d", seed, after)
            .contains(best);
      }
    }
  }

  private static void isTrial(TrialFacts trial, int number) {
    assertThat(trial.number()).isEqualTo(number);
  }

  private static Ranking ranking(Objective objective) {
    return new Ranking(new Objectives(List.of(new Part(objective, 1))));
  }

  private static LossLimit accuracy() {
    return new LossLimit("accuracy", true, Kind.ABSOLUTE, 0.1);
  }

  private static List<TrialFacts> trials(String text) {
    List<TrialFacts> trials = new ArrayList<>();
    for (String each : text.split(", ", -1)) {
      String[] numbers = each.split(" ", -1);
      trials.add(
          trial(
              trials.size() + 1,
              accuracy(),
              Double.parseDouble(numbers[0]),
              Double.parseDouble(numbers[1]),
              null));
    }
    return trials;
  }

  private static TrialFacts trial(
      int number, LossLimit limit, double objective, double metric, @Nullable Failure failure) {
    Verdict verdict =
        Verdict.judge(
            Criterion.of(limit), Map.of(limit.metric(), BASELINE), Map.of(limit.metric(), metric));
    return new TrialFacts(
        number,
        Proposal.of(Map.of()),
        null,
        null,
        null,
        null,
        null,
        null,
        Map.of(),
        null,
        Map.of(),
        verdict,
        objective,
        failure);
  }
}
