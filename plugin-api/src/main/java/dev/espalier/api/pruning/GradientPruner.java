package dev.espalier.api.pruning;

/**
 * Ranks weights by a statistic that it keeps from the gradients.
 *
 * <p>The engine holds one score per weight, all zero at the start, and calls {@link #update} once
 * per step, before gradients are clipped. Until the first step nothing is known, so nothing is
 * pruned. Those with the highest scores are kept; for units of several weights the engine takes the
 * mean.
 */
public non-sealed interface GradientPruner extends Pruner {
  /**
   * Takes one step's gradient into account.
   *
   * @param gradient G = ∂L/∂W', for kept and pruned weights alike, not to be changed
   * @param weights W, not to be changed
   * @param scores the statistic, to be updated in place
   */
  void update(float[] gradient, float[] weights, float[] scores);
}
