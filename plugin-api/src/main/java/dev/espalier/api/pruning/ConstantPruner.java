package dev.espalier.api.pruning;

/** Decides once, before the first step, and no schedule changes it. */
public non-sealed interface ConstantPruner extends Pruner {
  /**
   * The mask for the whole run.
   *
   * @param step the matrix; its number is 0
   * @param weights W as training starts from, not to be changed
   * @param mask receives 1 for each weight to keep and 0 for each to remove
   */
  void mask(Step step, float[] weights, float[] mask);
}
