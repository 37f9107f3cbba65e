package dev.espalier.core.training;

import dev.espalier.core.model.TransformerWeights;

/**
 * A trained model whose answers another one learns beside the true ones (Hinton, Vinyals and Dean,
 * "Distilling the Knowledge in a Neural Network", 2015).
 *
 * <p>The loss becomes {@code alphaCe · L + alphaDistil · D + hiddenStates · H}, where L is that of
 * the true answers, D is {@code T² · KL(teacher/T ‖ student/T)}, the mean over the examples (for
 * spans also over start and end; for numbers, which have no distribution, the squared difference),
 * and H is the mean squared difference of the hidden states after the encoder's layers.
 *
 * @param teacher how the configuration names it
 * @param weights the teacher with its head, for the same vocabulary and the same answers
 * @param identity tells the weights from those of other teachers: a hash of them, or that they are
 *     the run's own baseline
 * @param temperature T, which divides the logits of both; above 0
 * @param alphaDistil weight of the teacher's answers; 0 or more
 * @param alphaCe weight of the true answers; 0 or more
 * @param hiddenStates weight of the teacher's hidden states; 0 or more
 */
public record Distillation(
    String teacher,
    TransformerWeights weights,
    String identity,
    double temperature,
    double alphaDistil,
    double alphaCe,
    double hiddenStates) {
  /** Checks the numbers. */
  public Distillation {
    if (!(temperature > 0) || alphaDistil < 0 || alphaCe < 0 || hiddenStates < 0) {
      throw new IllegalArgumentException(
          "temperature "
              + temperature
              + ", alphaDistil "
              + alphaDistil
              + ", alphaCe "
              + alphaCe
              + ", hiddenStates "
              + hiddenStates);
    }
  }
}
