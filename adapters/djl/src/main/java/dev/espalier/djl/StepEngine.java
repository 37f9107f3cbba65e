package dev.espalier.djl;

import dev.espalier.core.model.Tensor;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything between the backward pass and the next forward pass: global gradient norm, AdamW on
 * weights and scores, new masks, effective weights. It owns the parameters that are trained, where
 * it likes to keep them; the training loop never sees them but as {@link #effective()}.
 *
 * <p>For each step the loop calls {@link #takeGradients}, then {@link #update}; at the end {@link
 * #finish}.
 */
interface StepEngine extends AutoCloseable {
  /**
   * Learning rates and the like of one step.
   *
   * @param decayed of matrices
   * @param plain of vectors, which do not decay
   * @param scores of scores
   * @param share the present learning rate as a share of its highest
   */
  record Rates(AdamW.Step decayed, AdamW.Step plain, AdamW.Step scores, double share) {}

  /**
   * What a training is resumed from.
   *
   * @param arrays every array that training changes, by name; masks follow from them
   * @param steering what steers λ; null when nothing does
   */
  record State(SortedMap<String, float[]> arrays, LambdaController.@Nullable State steering) {}

  /**
   * Takes the gradients that the backward pass left, and clears them for the next one.
   *
   * @param number the step, from 0
   * @return their global L2 norm over weights and scores, as the optimizer will see them
   */
  double takeGradients(long number);

  /** What has a gradient that is not finite, for the error message; null when nothing has. */
  @Nullable String nonFiniteParameter();

  /**
   * λ of all groups together, as the gradients of a step have it; empty when nothing is penalized.
   *
   * @param number the step, from 0; before its {@link #update}
   */
  OptionalDouble lambda(long number);

  /**
   * Steps the optimizers, makes the masks of the next forward pass and publishes its weights.
   *
   * @param number the step, from 0
   * @param scale factor on all gradients, from clipping
   */
  void update(long number, float scale, Rates rates);

  /** Makes the masks that are evaluated and exported, with no chance in them. */
  void finish();

  /** Share of the prunable weights that the present masks keep; 1 when nothing is pruned. */
  double density();

  /** Share kept of each pruned matrix, by name. */
  Map<String, Double> densities();

  /** Copies of the trained scores, by the name of what they rank; empty where none are trained. */
  Map<String, Tensor> scores();

  /** Copies of what the forward pass sees of each trained parameter, by name: W' = M ⊙ W, or W. */
  Map<String, Tensor> effective();

  /** The state after the last step. Its arrays are for reading, and only until the next step. */
  State save();

  /**
   * Resumes from a state of the same training: copies it, and makes the masks of the next forward
   * pass.
   *
   * @param done steps done
   * @throws IllegalArgumentException saying what is missing or of another size
   */
  void load(long done, State state);

  /** Frees threads and memory. */
  @Override
  void close();
}
