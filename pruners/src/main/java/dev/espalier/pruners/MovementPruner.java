package dev.espalier.pruners;

import dev.espalier.api.pruning.Ops;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.UnitWeights;
import dev.espalier.api.pruning.Vec;

/**
 * Keeps the weights that fine-tuning moves away from zero: the share with the highest scores S,
 * which are trained with {@code ∂L/∂S = G ⊙ W}.
 *
 * <p>The mask is a step function of S and has no useful derivative. The straight-through estimator
 * takes it for the identity in the backward pass, so {@code ∂L/∂S = ∂L/∂M = G ⊙ W} holds for kept
 * and pruned elements alike: a score rises when its weight and its gradient have opposite signs,
 * which is when gradient descent moves the weight away from zero, and a pruned element can come
 * back. Scores are ranked with their sign. All of this is what {@link ScorePruner} does by default.
 *
 * <p>Source: Sanh, Wolf and Rush, "Movement Pruning: Adaptive Sparsity by Fine-Tuning" (2020),
 * section 4.
 */
public final class MovementPruner implements ScorePruner {
  private final ScoreInit start;

  /** With scores that start at 0. */
  public MovementPruner() {
    this(new ScoreInit(ScoreInit.CONSTANT, 0));
  }

  private MovementPruner(ScoreInit start) {
    this.start = start;
  }

  @Override
  public void initializeScores(Step step, UnitWeights weights, float[] scores) {
    start.fill(step.units(), scores, step.random());
  }

  @Override
  public Vec scoreGradient(Step step, Vec maskGradient, Vec scores, Vec mask, Ops ops) {
    return maskGradient;
  }

  /** Announces {@code movement}. */
  public static final class Provider implements PrunerProvider {
    private static final PrunerDescriptor DESCRIPTOR =
        new PrunerDescriptor(
            "movement",
            "Keeps the weights that fine-tuning moves away from zero, by scores that are"
                + " trained with the weights. The choice for high sparsity of a fine-tuned model.",
            "Sanh et al. 2020, Movement Pruning: Adaptive Sparsity by Fine-Tuning, section 4",
            ScoreInit.parameters(0));

    @Override
    public PrunerDescriptor descriptor() {
      return DESCRIPTOR;
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new MovementPruner(ScoreInit.of(parameters));
    }
  }
}
