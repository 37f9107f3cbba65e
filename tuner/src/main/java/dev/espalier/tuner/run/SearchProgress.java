package dev.espalier.tuner.run;

import dev.espalier.tuner.result.RunFacts.StageTime;
import dev.espalier.tuner.result.TrialFacts;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How far a search is, before each trial.
 *
 * @param most the largest number of trials
 * @param timeout seconds after which no further trial begins; 0 for no limit
 */
record SearchProgress(long most, long timeout) {
  /**
   * For instance "Trial 2 of at most 6, about 14 min left"; without a time before the first trial
   * was judged. A trial is taken to last as long as those that were judged, on average.
   *
   * @param number the trial that begins
   * @param trials those before it
   * @param stages every finished stage of the run
   */
  String line(int number, List<TrialFacts> trials, List<StageTime> stages) {
    String count = "Trial " + number + " of at most " + most;
    OptionalDouble each = secondsOfOne(trials, stages);
    if (each.isEmpty()) {
      return count;
    }
    double left = each.getAsDouble() * (most - number + 1);
    if (timeout > 0) {
      double elapsed = stages.stream().mapToDouble(StageTime::seconds).sum();
      left = Math.min(left, Math.max(0, timeout - elapsed) + each.getAsDouble());
    }
    return count + ", " + Durations.about(left) + " left";
  }

  private static OptionalDouble secondsOfOne(List<TrialFacts> trials, List<StageTime> stages) {
    Set<Integer> judged =
        trials.stream()
            .filter(trial -> trial.loss() != null)
            .map(TrialFacts::number)
            .collect(Collectors.toSet());
    return judged.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(
            stages.stream()
                    .filter(stage -> judged.contains(stage.trial()))
                    .mapToDouble(StageTime::seconds)
                    .sum()
                / judged.size());
  }
}
