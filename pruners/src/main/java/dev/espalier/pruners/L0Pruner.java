package dev.espalier.pruners;

import dev.espalier.api.pruning.FastMath;
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
 * L0 regularization by hard concrete gates: each weight has a gate that is open, closed or ajar by
 * chance, with odds that training learns.
 *
 * <p>With {@code l = −0.1}, {@code r = 1.1}, {@code b = 2/3}:
 *
 * <table>
 * <caption>Formulas</caption>
 * <tr><td>training</td>
 *     <td>{@code s = σ((ln u − ln(1 − u) + S) / b)}, with u uniform in [0.0001, 0.9999];
 *     {@code M = clamp(s·(r − l) + l, 0, 1)}</td></tr>
 * <tr><td>its gradient</td>
 *     <td>{@code ∂L/∂S = ∂L/∂M · (r − l)/b · s·(1 − s)} where {@code 0 < M < 1}, else 0</td></tr>
 * <tr><td>evaluation</td><td>{@code M = clamp(σ(S)·(r − l) + l, 0, 1)}, without b</td></tr>
 * <tr><td>penalty</td>
 *     <td>{@code λ · mean of P(M > 0)}, and {@code P(M > 0) = σ(S − b·ln(−l/r))}</td></tr>
 * </table>
 *
 * <p>A weight is removed for good where {@code S ≤ −ln 11 = −2.398}; how many, λ decides. A mask
 * that is evaluated may lie between 0 and 1 and scales its weight then.
 *
 * <p>Source: Louizos, Welling and Kingma, "Learning Sparse Neural Networks through L0
 * Regularization" (2018), section 2.2, equations 10 to 13, with gates for single weights; λ and the
 * scores' start by default as in the reference implementation of Sanh et al. 2020, whose evaluation
 * this is, too.
 */
public final class L0Pruner implements ScorePruner {
  private static final float LEFT = -0.1f;
  private static final float STRETCH = 1.2f; // r − l
  private static final float INVERSE_TEMPERATURE = 1.5f; // 1 / b

  private final ScoreInit start;
  private final ScorePenalty penalty;

  private L0Pruner(ParameterValues parameters) {
    start = ScoreInit.of(parameters);
    penalty = new ScorePenalty(parameters.number("final_lambda"), ScorePenalty.HARD_CONCRETE_SHIFT);
  }

  @Override
  public void initializeScores(Step step, UnitWeights weights, float[] scores) {
    start.fill(step.units(), scores, step.random());
  }

  @Override
  public MaskRule maskRule() {
    return HardConcrete.GATES;
  }

  @Override
  public Optional<ScorePenalty> penalty() {
    return Optional.of(penalty);
  }

  @Override
  public void scoreGradient(
      Step step, float[] maskGradient, float[] scores, float[] mask, float[] gradient) {
    for (int i = 0; i < gradient.length; i++) {
      float m = mask[i];
      float s = (m - LEFT) / STRETCH;
      float ajar = Math.min(1, m * (1 - m) * 1e30f); // 1 for 0 < m < 1, else 0; no branch
      gradient[i] = maskGradient[i] * (ajar * STRETCH * INVERSE_TEMPERATURE * s * (1 - s));
    }
  }

  @Override
  public Vec scoreGradient(Step step, Vec maskGradient, Vec scores, Vec mask, Ops ops) {
    Vec s = ops.scale(mask, 1 / STRETCH, -LEFT / STRETCH);
    Vec slope =
        ops.mul(s, ops.scale(s, -STRETCH * INVERSE_TEMPERATURE, STRETCH * INVERSE_TEMPERATURE));
    Vec open = ops.greater(mask, Math.nextDown(1f));
    Vec ajar = ops.axpy(-1, open, ops.greater(mask, 0));
    return ops.mul(maskGradient, ops.mul(ajar, slope));
  }

  private static float stretchedAndClamped(float s) {
    return Math.max(0, Math.min(1, s * STRETCH + LEFT));
  }

  private static Vec stretchedAndClamped(Vec s, Ops ops) {
    return ops.clamp(ops.scale(s, STRETCH, LEFT), 0, 1);
  }

  private enum HardConcrete implements MaskRule.Gates {
    GATES;

    /** {@code s = 1 / (1 + z^1.5)} with {@code z = exp(−(ln u − ln(1 − u) + S))}: no logarithm. */
    @Override
    public void sample(Step step, float[] scores, float[] uniform, float[] mask) {
      for (int i = 0; i < mask.length; i++) {
        float u = Math.max(1e-4f, Math.min(0.9999f, uniform[i]));
        float z = (1 - u) / u * FastMath.exp(-scores[i]);
        mask[i] = stretchedAndClamped(1 / (1 + z * (float) Math.sqrt(z)));
      }
    }

    @Override
    public Vec sample(Step step, Vec scores, Vec uniform, Ops ops) {
      Vec u = ops.clamp(uniform, 1e-4f, 0.9999f);
      Vec logit = ops.axpy(-1, ops.log(ops.scale(u, -1, 1)), ops.log(u));
      Vec drawn = ops.scale(ops.add(logit, scores), INVERSE_TEMPERATURE, 0);
      return stretchedAndClamped(ops.sigmoid(drawn), ops);
    }

    @Override
    public Vec decide(Step step, Vec scores, Ops ops) {
      return stretchedAndClamped(ops.sigmoid(scores), ops);
    }

    @Override
    public void decide(Step step, float[] scores, float[] mask) {
      for (int i = 0; i < mask.length; i++) {
        mask[i] = stretchedAndClamped(FastMath.sigmoid(scores[i]));
      }
    }
  }

  /** Announces {@code l0}. */
  public static final class Provider implements PrunerProvider {
    private static final PrunerDescriptor DESCRIPTOR =
        new PrunerDescriptor(
            "l0",
            "Trains a random gate for each weight, with a price on every gate that may be"
                + " open: final_lambda, or with target_sparsity what it is steered to, decides how much"
                + " remains. Wants a score_learning_rate about ten times that of movement.",
            "Louizos et al. 2018, Learning Sparse Neural Networks through L0"
                + " Regularization, section 2.2",
            ScoreInit.parameters(
                2.197,
                new Quantity(
                        "final_lambda",
                        125.0,
                        0,
                        100_000,
                        "Weight of the penalty on open gates at the end; more of it prunes more.")
                    .searchedIn(10, 1000, true)));

    @Override
    public PrunerDescriptor descriptor() {
      return DESCRIPTOR;
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new L0Pruner(parameters);
    }
  }
}
