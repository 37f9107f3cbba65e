package dev.espalier.djl;

import dev.espalier.api.run.RunEvent;
import java.time.Duration;

/** Smooths what a progress bar shows: the loss over the last fifty steps or so. */
final class TrainingProgress {
  private static final double SMOOTHING = 0.98;

  private final int trial;
  private final long totalSteps;
  private final long begun = System.nanoTime();
  private long before;
  private long steps;
  private long samples;
  private double loss;
  private double weight;

  TrainingProgress(int trial, long totalSteps) {
    this.trial = trial;
    this.totalSteps = totalSteps;
  }

  /**
   * The event of a step that is done.
   *
   * @param figures of the step
   * @param newSamples examples in its batch
   * @param sparsity share of the prunable weights that is zero after it
   */
  RunEvent.StepDone step(FinePruneLoop.Figures figures, int newSamples, double sparsity) {
    steps++;
    samples += newSamples;
    loss = SMOOTHING * loss + (1 - SMOOTHING) * figures.loss();
    weight = SMOOTHING * weight + (1 - SMOOTHING);
    double seconds = seconds();
    return new RunEvent.StepDone(
        trial,
        steps,
        totalSteps,
        loss / weight,
        sparsity,
        figures.learningRate(),
        figures.gradientNorm(),
        figures.lambda(),
        samples / seconds,
        Duration.ofMillis((long) (1000 * seconds / (steps - before) * (totalSteps - steps))));
  }

  /** Seconds since the training began, or went on. */
  double seconds() {
    return (System.nanoTime() - begun) / 1e9;
  }

  /** The smoothed loss, for {@link #restore} of another one. */
  record State(double loss, double weight) {}

  /** The smoothed loss now. */
  State state() {
    return new State(loss, weight);
  }

  /**
   * Resumes from the state of another one; its speed is not that of this process.
   *
   * @param done steps done before
   */
  void restore(long done, State state) {
    before = done;
    steps = done;
    loss = state.loss();
    weight = state.weight();
  }
}
