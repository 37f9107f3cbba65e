package dev.espalier.api.pruning;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * For what, and at which moment of the training, the engine calls a pruner.
 *
 * @param units what the arrays of the call hold: for arrays of weights, gradients and statistics
 *     the matrix, with its full name, rows and columns; for arrays of scores and of their masks the
 *     units that have scores
 * @param number steps done: 0 before the first step and in it, and {@code total} when the final
 *     mask is made
 * @param total steps that the training has
 * @param seed the run's seed
 */
public record Step(Units units, long number, long total, long seed) {
  /** Checks the ranges. */
  public Step {
    if (number < 0 || number > total) {
      throw new IllegalArgumentException("step " + number + " of a training of " + total);
    }
  }

  /** The share of the training that is done, in [0, 1]; 1 for a training without steps. */
  public double progress() {
    return total == 0 ? 1 : (double) number / total;
  }

  /**
   * A new generator that depends on the seed, the name of the units and the step's number alone: a
   * resumed run draws what an uninterrupted one does, on any number of threads.
   */
  public RandomGenerator random() {
    long start = seed ^ units.name().hashCode();
    return new SplittableRandom(start + number * 0xD1342543DE82EF95L); // odd, so no two are equal
  }
}
