package dev.espalier.pruners;

import dev.espalier.api.pruning.Ops;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.Vec;
import dev.espalier.api.pruning.WeightPruner;
import java.util.List;

/**
 * Keeps the weights that are far from zero: {@code importance = |W|}.
 *
 * <p>There are no scores to learn, so the mask changes only where training moves a kept weight past
 * another. A strong choice at moderate sparsity; at high sparsity of a fine-tuned model it keeps
 * what pretraining made large rather than what the task needs.
 *
 * <p>Source: Han, Pool, Tran and Dally, "Learning both Weights and Connections for Efficient Neural
 * Networks" (2015), section 3; in the notation of Sanh, Wolf and Rush, "Movement Pruning" (2020),
 * section 3.
 */
public final class MagnitudePruner implements WeightPruner {
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

  /** Announces {@code magnitude}. */
  public static final class Provider implements PrunerProvider {
    private static final PrunerDescriptor DESCRIPTOR =
        new PrunerDescriptor(
            "magnitude",
            "Keeps the weights with the largest absolute value. Needs no scores and costs"
                + " least; movement keeps more accuracy at high sparsity.",
            "Han et al. 2015, Learning both Weights and Connections for Efficient Neural"
                + " Networks, section 3",
            List.of());

    @Override
    public PrunerDescriptor descriptor() {
      return DESCRIPTOR;
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new MagnitudePruner();
    }
  }
}
