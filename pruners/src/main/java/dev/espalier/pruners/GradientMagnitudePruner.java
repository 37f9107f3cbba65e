package dev.espalier.pruners;

import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.Ops;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.Vec;
import java.util.List;

/**
 * Keeps the weights that the loss pulls at hardest: {@code score = |G|} of the last step.
 *
 * <p>One batch decides, so the mask changes much from step to step; {@code snip_momentum} is
 * steadier.
 *
 * <p>Source: the criterion {@code gradient} of Intel Neural Compressor 2.6.
 */
public final class GradientMagnitudePruner implements GradientPruner {
  @Override
  public void update(Step step, float[] gradient, float[] weights, float[][] statistics) {
    float[] score = statistics[0];
    for (int i = 0; i < score.length; i++) {
      score[i] = Math.abs(gradient[i]);
    }
  }

  @Override
  public List<Vec> update(Step step, Vec gradient, Vec weights, List<Vec> statistics, Ops ops) {
    return List.of(ops.abs(gradient));
  }

  /** Announces {@code gradient}. */
  public static final class Provider implements PrunerProvider {
    private static final PrunerDescriptor DESCRIPTOR =
        new PrunerDescriptor(
            "gradient",
            "Keeps the weights with the largest absolute gradient in the last step. A"
                + " simple baseline; snip also looks at the weight.",
            "Intel Neural Compressor 2.6, pruning criterion gradient",
            List.of());

    @Override
    public PrunerDescriptor descriptor() {
      return DESCRIPTOR;
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new GradientMagnitudePruner();
    }
  }
}
