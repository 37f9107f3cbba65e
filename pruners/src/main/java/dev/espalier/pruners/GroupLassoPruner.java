package dev.espalier.pruners;

import dev.espalier.api.pruning.Ops;
import dev.espalier.api.pruning.ParameterDescriptor.Quantity;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.Vec;
import dev.espalier.api.pruning.WeightPruner;
import java.util.List;

/**
 * Magnitude pruning of units that a penalty {@code strength · Σ ‖u‖₂} drives to zero as a whole.
 *
 * <p>The penalty's gradient for a weight w of a unit u is {@code strength · w / ‖u‖₂}: every unit
 * is pulled towards zero equally hard, so those that the task does not defend arrive there. With
 * units of one weight this is the plain lasso.
 *
 * <p>0.006 by default is what LPOT's example for BERT on SQuAD has. The penalty's gradient has the
 * norm {@code strength} for each unit; at 1 a single unit would weigh as much as the whole gradient
 * does after it is clipped, which bounds the range.
 *
 * <p>Source: Yuan and Lin, "Model selection and estimation in regression with grouped variables"
 * (2006), section 2; Wen, Wu, Wang, Chen and Li, "Learning Structured Sparsity in Deep Neural
 * Networks" (2016), section 3; {@code group_lasso} of Intel's LPOT.
 */
public final class GroupLassoPruner implements WeightPruner {
  private final double strength;

  private GroupLassoPruner(double strength) {
    this.strength = strength;
  }

  @Override
  public void importance(Step step, float[] weights, float[] importance) {
    for (int i = 0; i < importance.length; i++) {
      importance[i] = Math.abs(weights[i]);
    }
  }

  @Override
  public Vec importance(Step step, Vec weights, Ops ops) {
    return ops.abs(weights);
  }

  @Override
  public boolean shrinks() {
    return true;
  }

  @Override
  public double shrinkage(Step step, double norm) {
    return strength / norm;
  }

  /** Announces {@code group_lasso}. */
  public static final class Provider implements PrunerProvider {
    private static final PrunerDescriptor DESCRIPTOR =
        new PrunerDescriptor(
            "group_lasso",
            "Magnitude pruning with a penalty that drives whole units towards zero. For"
                + " blocks, rows and heads.",
            "Yuan and Lin 2006, Model selection and estimation in regression with grouped"
                + " variables, section 2",
            List.of(
                new Quantity(
                    "strength", 0.006, 0, 1, "Norm of the penalty's gradient for each unit.")));

    @Override
    public PrunerDescriptor descriptor() {
      return DESCRIPTOR;
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new GroupLassoPruner(parameters.number("strength"));
    }
  }
}
