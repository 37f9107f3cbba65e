package dev.espalier.tuner.result;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which trial is handed on.
 *
 * <p>Of the trials that meet everything the smallest objective decides first: it, and all within
 * {@link Objectives#tolerance} above it, are taken for equal. Of these the one that loses least of
 * the metric is best, of several the first. What is equal is measured from the smallest one, so the
 * answer depends neither on the order of comparisons nor on chains of almost equal trials. When
 * none meets everything, the one that lacks least is best, then the one that loses least of the
 * metric, then the first.
 *
 * @param objectives what is made small
 */
public record Ranking(Objectives objectives) {
  private static final Comparator<TrialFacts> BY_METRIC =
      Comparator.comparingDouble((TrialFacts trial) -> lossOfBaseline(trial))
          .thenComparing(TrialFacts::number);

  /** The best trial; empty when none was judged. Trials that failed are never the best. */
  public Optional<TrialFacts> best(List<TrialFacts> trials) {
    List<TrialFacts> met = met(trials);
    return met.isEmpty()
        ? judged(trials).stream()
            .min(
                Comparator.comparingDouble((TrialFacts trial) -> value(trial.loss()))
                    .thenComparing(BY_METRIC))
        : closeToSmallest(met).stream().min(BY_METRIC);
  }

  /**
   * The trials that are the best, or can still be after further trials. The smallest objective only
   * ever falls, so what is not close to it now never will be; and a trial is out for good when
   * another one is no larger and loses less of the metric.
   */
  public List<TrialFacts> contenders(List<TrialFacts> trials) {
    List<TrialFacts> met = met(trials);
    if (met.isEmpty()) {
      return best(trials).stream().toList();
    }
    List<TrialFacts> close = closeToSmallest(met);
    return close.stream()
        .filter(trial -> close.stream().noneMatch(other -> isAlwaysBefore(other, trial)))
        .toList();
  }

  private static boolean isAlwaysBefore(TrialFacts one, TrialFacts other) {
    return value(one.objective()) <= value(other.objective()) && BY_METRIC.compare(one, other) < 0;
  }

  private static List<TrialFacts> judged(List<TrialFacts> trials) {
    return trials.stream().filter(trial -> trial.loss() != null).toList();
  }

  private static List<TrialFacts> met(List<TrialFacts> trials) {
    return judged(trials).stream().filter(TrialFacts::met).toList();
  }

  private List<TrialFacts> closeToSmallest(List<TrialFacts> met) {
    double smallest =
        met.stream().mapToDouble(trial -> value(trial.objective())).min().orElseThrow();
    double limit = smallest * (1 + objectives.tolerance());
    List<TrialFacts> close = new ArrayList<>(met);
    close.removeIf(trial -> value(trial.objective()) > limit);
    return close;
  }

  private static double lossOfBaseline(TrialFacts trial) {
    return Objects.requireNonNull(trial.verdict()).lossOfBaseline();
  }

  private static double value(@Nullable Double number) {
    return Objects.requireNonNull(number);
  }
}
