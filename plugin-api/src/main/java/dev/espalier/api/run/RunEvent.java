package dev.espalier.api.run;

import java.time.Duration;
import java.util.Map;

/** Something that a run tells whoever watches it. */
public sealed interface RunEvent {
  /**
   * A stage begins.
   *
   * @param trial 0 for the dense baseline, then 1 upwards
   * @param stage for instance fine_prune, export, quantize, measure
   */
  record StageStarted(int trial, String stage) implements RunEvent {}

  /**
   * A training step is done.
   *
   * @param trial 0 for the dense baseline
   * @param step steps done, from 1
   * @param totalSteps steps that there will be
   * @param loss training loss, smoothed over the last steps
   * @param sparsity share of the prunable weights that is zero
   * @param samplesPerSecond training speed, smoothed over the last steps
   * @param timeLeft what the rest of the stage should take
   */
  record StepDone(
      int trial,
      long step,
      long totalSteps,
      double loss,
      double sparsity,
      double samplesPerSecond,
      Duration timeLeft)
      implements RunEvent {}

  /**
   * A stage ended well.
   *
   * @param trial 0 for the dense baseline
   * @param stage as in {@link StageStarted}
   * @param time what it took
   * @param results what it found out, for people: name to value
   */
  record StageFinished(int trial, String stage, Duration time, Map<String, String> results)
      implements RunEvent {}

  /**
   * Something a user should know, in one sentence or a small table.
   *
   * @param text the message, possibly of several lines
   */
  record Note(String text) implements RunEvent {}
}
