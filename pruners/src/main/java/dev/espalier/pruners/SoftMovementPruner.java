package dev.espalier.pruners;

import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Ops;
import dev.espalier.api.pruning.ParameterDescriptor.Quantity;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.ScorePenalty;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.UnitWeights;
import dev.espalier.api.pruning.Vec;
import java.util.Optional;

/**
 * Movement pruning with a threshold in place of a share: keeps what has {@code σ(S) > τ}, where a
 * penalty {@code λ · mean of σ(S)} pushes all scores down and {@code G ⊙ W} pushes those up that
 * the task needs.
 *
 * <p>So how much remains is found by training, matrix by matrix, and λ decides it: runs on SQuAD
 * that nn_pruning published with λ from 20 to 300 kept 31 to 3 percent. τ rises along the schedule,
 * and λ with it. The gradient of the scores is the straight-through estimator {@code ∂L/∂S =
 * ∂L/∂M}: σ' is not multiplied in.
 *
 * <p>Source: Sanh, Wolf and Rush, "Movement Pruning: Adaptive Sparsity by Fine-Tuning" (2020),
 * section 4; thresholds, floor and λ by default as in its reference implementation's recipe for
 * SQuAD.
 */
public final class SoftMovementPruner implements ScorePruner {
  private final ScoreInit start;
  private final MaskRule rule;
  private final ScorePenalty penalty;

  private SoftMovementPruner(ParameterValues parameters) {
    start = ScoreInit.of(parameters);
    rule =
        new MaskRule.Threshold(
            parameters.number("initial_threshold"),
            parameters.number("final_threshold"),
            parameters.number("floor"));
    penalty = new ScorePenalty(parameters.number("final_lambda"), 0);
  }

  @Override
  public void initializeScores(Step step, UnitWeights weights, float[] scores) {
    start.fill(step.units(), scores, step.random());
  }

  @Override
  public MaskRule maskRule() {
    return rule;
  }

  @Override
  public Optional<ScorePenalty> penalty() {
    return Optional.of(penalty);
  }

  @Override
  public Vec scoreGradient(Step step, Vec maskGradient, Vec scores, Vec mask, Ops ops) {
    return maskGradient;
  }

  /** Announces {@code soft_movement}. */
  public static final class Provider implements PrunerProvider {
    private static final PrunerDescriptor DESCRIPTOR =
        new PrunerDescriptor(
            "soft_movement",
            "Movement pruning with one threshold for all matrices in place of a share of each:"
                + " final_lambda, the weight of the penalty, decides how much remains, and the"
                + " matrices share it out among themselves. With target_sparsity it is steered.",
            "Sanh et al. 2020, Movement Pruning: Adaptive Sparsity by Fine-Tuning, section"
                + " 4 (soft movement pruning)",
            ScoreInit.parameters(
                0,
                new Quantity(
                    "initial_threshold",
                    0.0,
                    0,
                    1,
                    "What the logistic function of a score must exceed at the beginning."),
                new Quantity(
                    "final_threshold",
                    0.1,
                    0.001,
                    1,
                    "What the logistic function of a score must exceed at the end."),
                new Quantity("floor", 0.005, 0, 1, "Least share kept of each matrix; 0 for none."),
                new Quantity(
                        "final_lambda",
                        400.0,
                        0,
                        100_000,
                        "Weight of the penalty on high scores at the end; more of it prunes more.")
                    .searchedIn(10, 1000, true)));

    @Override
    public PrunerDescriptor descriptor() {
      return DESCRIPTOR;
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new SoftMovementPruner(parameters);
    }
  }
}
