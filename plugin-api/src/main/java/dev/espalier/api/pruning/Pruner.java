package dev.espalier.api.pruning;

import java.util.random.RandomGenerator;

/**
 * Decides which weights matter.
 *
 * <p>A pruner never sees the model. Forward passes run on effective weights {@code W' = M ⊙ W}; the
 * engine owns W, the mask M, the optimizer's state and the gradient {@code G = ∂L/∂W'}. The pruner
 * answers two questions about one matrix at a time: how important is each element, and, when it has
 * scores of its own, what is their gradient. The engine then keeps the share of elements that the
 * schedule asks for, clips, and steps.
 *
 * <p>Arrays hold a matrix row by row and have {@link PrunableParameter#size()} elements. A pruner
 * keeps no state between calls beyond its own parameters, so one instance serves every matrix, from
 * several threads at once. The engine calls {@link #initializeScores} once per matrix, then, for
 * each step, {@link #scoreGradient} and {@link #importance} in this order.
 *
 * <p>The decomposition into weights, scores and masks follows Sanh, Wolf and Rush, "Movement
 * Pruning: Adaptive Sparsity by Fine-Tuning" (2020), section 3.
 */
public interface Pruner {
  /** Whether each prunable matrix gets a matrix of scores that is trained with it. */
  boolean learnsScores();

  /**
   * Fills the scores that training starts from. Called only when {@link #learnsScores()}.
   *
   * @param parameter whose scores they are
   * @param scores to be filled; all zero on entry
   * @param random seeded by the run's seed and the parameter's name
   */
  default void initializeScores(
      PrunableParameter parameter, float[] scores, RandomGenerator random) {}

  /**
   * The importance of each element: those with the highest values are kept.
   *
   * @param weights W, not to be changed
   * @param scores S, not to be changed; empty unless {@link #learnsScores()}
   * @param scratch an array that may be filled and returned
   * @return the importance of each element, either {@code scratch} or one of the inputs; NaN is an
   *     error that the engine reports with the parameter's name
   */
  float[] importance(float[] weights, float[] scores, float[] scratch);

  /**
   * The gradient of the loss with respect to the scores. Called only when {@link #learnsScores()}.
   *
   * @param effectiveGradient G = ∂L/∂W', for kept and pruned elements alike
   * @param weights W
   * @param scores S
   * @param gradient receives ∂L/∂S; every element must be written
   */
  default void scoreGradient(
      float[] effectiveGradient, float[] weights, float[] scores, float[] gradient) {
    throw new UnsupportedOperationException(getClass().getName() + " learns no scores");
  }
}
