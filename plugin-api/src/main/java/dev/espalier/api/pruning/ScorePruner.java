package dev.espalier.api.pruning;

import java.util.Optional;

/**
 * Ranks by scores S that are trained with the weights, by the same optimizer at a learning rate of
 * their own.
 *
 * <p>There is one score per unit; with the pattern 1x1 a unit is a weight. The engine calls {@link
 * #initializeScores} once, then for each step {@link #scoreGradient}, adds the gradient of the
 * {@link #penalty}, steps, and makes the next mask by the {@link #maskRule}.
 */
public non-sealed interface ScorePruner extends Pruner {
  /**
   * Fills the scores that training starts from. Without an override they start at 0.
   *
   * @param step the units whose scores they are; its number is 0
   * @param weights what the units stand for, as training starts from
   * @param scores to be filled; all zero on entry
   */
  default void initializeScores(Step step, UnitWeights weights, float[] scores) {}

  /** How scores become a mask; without an override, by the share that the schedule keeps. */
  default MaskRule maskRule() {
    return MaskRule.SHARE;
  }

  /**
   * ∂L/∂S out of ∂L/∂M. Without an override this is the straight-through estimator, {@code ∂L/∂S =
   * ∂L/∂M}, for kept and pruned units alike (Bengio et al., "Estimating or Propagating Gradients
   * Through Stochastic Neurons", 2013).
   *
   * @param step the units, and the number of the step, from 0
   * @param maskGradient ∂L/∂M = G ⊙ W, summed over each unit
   * @param scores S
   * @param mask M as the forward pass had it
   * @param gradient receives ∂L/∂S; every element must be written; may be {@code maskGradient}
   *     itself
   */
  default void scoreGradient(
      Step step, float[] maskGradient, float[] scores, float[] mask, float[] gradient) {
    if (gradient != maskGradient) {
      System.arraycopy(maskGradient, 0, gradient, 0, gradient.length);
    }
  }

  /**
   * {@link #scoreGradient} on whole arrays, for engines that keep them on a device. The default
   * computes on the host.
   */
  default Vec scoreGradient(Step step, Vec maskGradient, Vec scores, Vec mask, Ops ops) {
    return ops.written(
        scores.size(),
        out ->
            scoreGradient(
                step, ops.toHost(maskGradient), ops.toHost(scores), ops.toHost(mask), out));
  }

  /** What the loss gets on top for scores that are high, if anything. */
  default Optional<ScorePenalty> penalty() {
    return Optional.empty();
  }
}
