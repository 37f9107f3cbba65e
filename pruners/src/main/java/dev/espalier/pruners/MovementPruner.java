package dev.espalier.pruners;

import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import java.util.List;

/**
 * Keeps the weights that fine-tuning moves away from zero: {@code importance = S}, where the scores
 * S start at 0 and are trained with {@code ∂L/∂S = G ⊙ W}.
 *
 * <p>The mask is a step function of S and has no useful derivative. The straight-through estimator
 * takes it for the identity in the backward pass, so {@code ∂L/∂S = ∂L/∂M = G ⊙ W} holds for kept
 * and pruned elements alike: a score rises when its weight and its gradient have opposite signs,
 * which is when gradient descent moves the weight away from zero, and a pruned element can come
 * back. Scores are ranked with their sign.
 *
 * <p>Source: Sanh, Wolf and Rush, "Movement Pruning: Adaptive Sparsity by Fine-Tuning" (2020),
 * section 3.
 */
public final class MovementPruner implements Pruner {
  @Override
  public boolean learnsScores() {
    return true;
  }

  @Override
  public float[] importance(float[] weights, float[] scores, float[] scratch) {
    return scores;
  }

  @Override
  public void scoreGradient(
      float[] effectiveGradient, float[] weights, float[] scores, float[] gradient) {
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = effectiveGradient[i] * weights[i];
    }
  }

  /** Announces {@code movement}. */
  public static final class Provider implements PrunerProvider {
    private static final PrunerDescriptor DESCRIPTOR =
        new PrunerDescriptor(
            "movement",
            "Keeps the weights that fine-tuning moves away from zero, by scores that are trained"
                + " with the weights. The choice for high sparsity of a fine-tuned model.",
            "Sanh et al. 2020, Movement Pruning: Adaptive Sparsity by Fine-Tuning, section 3",
            List.of());

    @Override
    public PrunerDescriptor descriptor() {
      return DESCRIPTOR;
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new MovementPruner();
    }
  }
}
