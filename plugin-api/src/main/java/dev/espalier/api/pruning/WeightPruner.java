package dev.espalier.api.pruning;

/**
 * Ranks weights by their present values.
 *
 * <p>For each step the engine first asks for {@link #shrinkage}, where there is one, and after the
 * optimizer's step for {@link #importance}.
 */
public non-sealed interface WeightPruner extends Pruner {
  /**
   * The importance of each weight: those with the highest values are kept. For units of several
   * weights the engine takes the mean.
   *
   * @param step the matrix, and the number of steps done
   * @param weights W, not to be changed
   * @param importance receives the importance of each weight; every element must be written; one
   *     that is NaN or infinite ends the run with the pruner's name
   */
  void importance(Step step, float[] weights, float[] importance);

  /**
   * {@link #importance} on whole arrays, for engines that keep them on a device. The default
   * computes on the host.
   */
  default Vec importance(Step step, Vec weights, Ops ops) {
    return ops.written(weights.size(), out -> importance(step, ops.toHost(weights), out));
  }

  /** Whether {@link #shrinkage} is to be asked for. */
  default boolean shrinks() {
    return false;
  }

  /**
   * A penalty that drives whole units towards zero: what it adds to {@code ∂L/∂w} is {@code
   * shrinkage(‖u‖) · w} for each weight w of a unit u. A penalty {@code λ Σ f(‖u‖)} has {@code
   * shrinkage(n) = λ f'(n) / n}.
   *
   * @param step the units, and the number of the step, from 0
   * @param norm L2 norm of the unit's weights, positive
   * @return the factor, finite
   */
  default double shrinkage(Step step, double norm) {
    return 0;
  }
}
