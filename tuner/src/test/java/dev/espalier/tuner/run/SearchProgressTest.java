package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.tuning.Proposal;
import dev.espalier.tuner.result.Criterion;
import dev.espalier.tuner.result.LossLimit;
import dev.espalier.tuner.result.LossLimit.Kind;
import dev.espalier.tuner.result.RunFacts.StageTime;
import dev.espalier.tuner.result.TrialFacts;
import dev.espalier.tuner.result.Verdict;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SearchProgressTest {
  /** The baseline took 100 s, the first trial 150 s, the second failed after 5 s. */
  private static final List<StageTime> STAGES =
      List.of(
          new StageTime(0, "fine_tune", 100),
          new StageTime(1, "fine_prune", 120),
          new StageTime(1, "measure", 30),
          new StageTime(2, "fine_prune", 5));

  @ParameterizedTest(name = "trial {0} of {1}, timeout {2}: {3}")
  @CsvSource(
      delimiter = '|',
      value = {
        "1 | 6   | 0    | Trial 1 of at most 6",
        "2 | 6   | 0    | Trial 2 of at most 6, about 13 min left",
        "3 | 6   | 0    | Trial 3 of at most 6, about 10 min left",
        "3 | 100 | 0    | Trial 3 of at most 100, about 4 h 5 min left",
        // 645 s of 900 are left, and the trial that runs then is finished
        "3 | 100 | 900  | Trial 3 of at most 100, about 13 min left",
        "3 | 100 | 100  | Trial 3 of at most 100, about 3 min left",
        "3 | 3   | 9999 | Trial 3 of at most 3, about 3 min left",
      })
  void the_time_is_that_of_the_trials_before(int number, long most, long timeout, String line) {
    List<TrialFacts> before = List.of(judged(1), TrialFacts.notBegun(2, Proposal.of(Map.of())));

    assertThat(
            new SearchProgress(most, timeout).line(number, before.subList(0, number - 1), STAGES))
        .isEqualTo(line);
  }

  @ParameterizedTest
  @CsvSource({
    "0, less than a minute",
    "29, less than a minute",
    "31, about 1 min",
    "3540, about 59 min",
    "3600, about 1 h 0 min"
  })
  void times_are_about(double seconds, String words) {
    assertThat(Durations.about(seconds)).isEqualTo(words);
  }

  private static TrialFacts judged(int number) {
    Criterion criterion = Criterion.of(new LossLimit("accuracy", true, Kind.ABSOLUTE, 0.1));
    Map<String, Double> metrics = Map.of("accuracy", 0.9);
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
        Verdict.judge(criterion, metrics, metrics),
        0.5,
        null);
  }
}
