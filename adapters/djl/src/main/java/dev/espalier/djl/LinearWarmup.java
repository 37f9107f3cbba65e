package dev.espalier.djl;

/**
 * The factor on the learning rates: rising linearly from 0 over the warm-up, then falling linearly
 * to 0 at the end of the training.
 *
 * @param warmupSteps steps of the rise; 0 for none
 * @param totalSteps steps of the training
 */
record LinearWarmup(long warmupSteps, long totalSteps) {
  /** The factor for {@code step}, counted from 0. */
  double factor(long step) {
    if (step < warmupSteps) {
      return (double) step / warmupSteps;
    }
    return Math.max(0, (double) (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
  }
}
