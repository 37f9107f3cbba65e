package dev.espalier.api.run;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Something that a run tells its listeners.
 *
 * <p>The order of a run that ends well: stage {@code prepare}, {@link RunStarted}, the other stages
 * with their steps, {@link RunEnded}. Notes come at any time.
 *
 * <p>Later versions of Espalier add events. The interface is not sealed, so that the compiler
 * demands a default branch of a {@code switch} over it.
 */
public interface RunEvent {
  /**
   * A run begins, or is resumed: it has a directory and a plan, and nothing is trained yet. A run
   * that fails in its preparation has no such event, and neither has a finished run whose result is
   * only printed again.
   *
   * @param name the model's name in the configuration
   * @param directory the run directory, the same for every process that works on the run; a
   *     listener may keep files of its own in it, beside Espalier's and not in its folders
   * @param resumed whether an earlier process began the run
   * @param mostTrials upper bound of the number of trials, those of earlier processes included; the
   *     search may end sooner
   * @param settings every configuration key with its resolved value as JSON, in the order of the
   *     configuration
   */
  record RunStarted(
      String name, Path directory, boolean resumed, long mostTrials, Map<String, String> settings)
      implements RunEvent {
    /** Copies the map, keeping its order. */
    public RunStarted {
      settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }
  }

  /**
   * A stage begins.
   *
   * @param trial 0 for the dense baseline, then 1 upwards
   * @param stage for instance fine_prune, export, quantize, measure
   */
  record StageStarted(int trial, String stage) implements RunEvent {}

  /**
   * A training step is done. What is not defined for a training is empty and never NaN, so that a
   * listener cannot record or add up a NaN by mistake.
   *
   * @param trial 0 for the dense baseline
   * @param step steps done, from 1
   * @param totalSteps steps that there will be
   * @param loss training loss, smoothed over the last steps
   * @param sparsity share of the prunable weights that is zero
   * @param learningRate of the weights in this step; that of scores differs by a constant factor
   * @param gradientNorm Euclidean norm of the gradients of weights and scores together, before
   *     clipping; finite, since a training with another one ends
   * @param lambda factor of the penalty on the scores in this step's gradient; empty for a pruner
   *     without a penalty and for a training that does not prune
   * @param samplesPerSecond training speed, smoothed over the last steps
   * @param timeLeft what the rest of the stage should take
   */
  record StepDone(
      int trial,
      long step,
      long totalSteps,
      double loss,
      double sparsity,
      double learningRate,
      double gradientNorm,
      OptionalDouble lambda,
      double samplesPerSecond,
      Duration timeLeft)
      implements RunEvent {}

  /**
   * A stage ended well.
   *
   * @param trial 0 for the dense baseline
   * @param stage as in {@link StageStarted}
   * @param time what it took
   * @param findings what it found out, in the order to show it
   */
  record StageFinished(int trial, String stage, Duration time, List<Finding> findings)
      implements RunEvent {
    /** Copies the list. */
    public StageFinished {
      findings = List.copyOf(findings);
    }
  }

  /**
   * Something a user should know, in one sentence or a small table.
   *
   * @param text the message, possibly of several lines
   */
  record Note(String text) implements RunEvent {}

  /**
   * The last event of a process that works on a run, whatever ended it but a kill; also of one that
   * failed before {@link RunStarted}. The result is written by then.
   *
   * @param outcome how it ended
   * @param time wall time of this process's work
   */
  record RunEnded(Outcome outcome, Duration time) implements RunEvent {}

  /** How a run ended. Later versions may add outcomes. */
  enum Outcome {
    /** The shipped file meets the accuracy criterion, and what else was asked for. */
    MET,
    /** There is a shipped file, but it misses something that was asked for. */
    NOT_MET,
    /** The user stopped it; it can be resumed. */
    STOPPED,
    /** There is no result. */
    FAILED
  }
}
