package dev.espalier.pruners;

import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.Ops;
import dev.espalier.api.pruning.ParameterDescriptor.Quantity;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.Vec;
import java.util.List;

/**
 * SNIP's sensitivity, remembered over the steps: {@code score ← momentum · score + |W ⊙ G|}.
 *
 * <p>A momentum of 0 is {@code snip}; a momentum of 1 sums over all steps.
 *
 * <p>Source: the criterion {@code snip_momentum} of Intel Neural Compressor 2.6, whose momentum is
 * 0.9; after Lee, Ajanthan and Torr, "SNIP" (2019), section 4.1.
 */
public final class SnipMomentumPruner implements GradientPruner {
  private final float momentum;

  private SnipMomentumPruner(double momentum) {
    this.momentum = (float) momentum;
  }

  @Override
  public void update(Step step, float[] gradient, float[] weights, float[][] statistics) {
    float[] score = statistics[0];
    for (int i = 0; i < score.length; i++) {
      score[i] = momentum * score[i] + Math.abs(weights[i] * gradient[i]);
    }
  }

  @Override
  public List<Vec> update(Step step, Vec gradient, Vec weights, List<Vec> statistics, Ops ops) {
    Vec sensitivity = ops.abs(ops.mul(weights, gradient));
    return List.of(ops.axpy(momentum, statistics.get(0), sensitivity));
  }

  /** Announces {@code snip_momentum}. */
  public static final class Provider implements PrunerProvider {
    private static final PrunerDescriptor DESCRIPTOR =
        new PrunerDescriptor(
            "snip_momentum",
            "Keeps the weights whose removal would change the loss most, to first order and"
                + " over the last steps. The choice for blocks and N:M patterns when scores are"
                + " not to be learned.",
            "Intel Neural Compressor 2.6, pruning criterion snip_momentum; Lee et al. 2019,"
                + " SNIP, section 4.1",
            List.of(
                new Quantity(
                    "momentum", 0.9, 0, 1, "Share of the score that is kept from step to step.")));

    @Override
    public PrunerDescriptor descriptor() {
      return DESCRIPTOR;
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new SnipMomentumPruner(parameters.number("momentum"));
    }
  }
}
