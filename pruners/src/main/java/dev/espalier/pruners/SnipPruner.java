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
 * Keeps the weights whose removal would change the loss most, to first order: {@code score = |G ⊙
 * W|} of the last step.
 *
 * <p>{@code G ⊙ W = ∂L/∂M} is the loss's sensitivity to the mask. Unlike movement it ranks without
 * the sign and learns nothing: what matters is how much, not in which direction.
 *
 * <p>Source: Lee, Ajanthan and Torr, "SNIP: Single-shot Network Pruning based on Connection
 * Sensitivity" (2019), section 4.1; the paper divides by the sum of all, which changes no order.
 */
public final class SnipPruner implements GradientPruner {
  @Override
  public void update(Step step, float[] gradient, float[] weights, float[][] statistics) {
    float[] score = statistics[0];
    for (int i = 0; i < score.length; i++) {
      score[i] = Math.abs(gradient[i] * weights[i]);
    }
  }

  @Override
  public List<Vec> update(Step step, Vec gradient, Vec weights, List<Vec> statistics, Ops ops) {
    return List.of(ops.abs(ops.mul(gradient, weights)));
  }

  /** Announces {@code snip}. */
  public static final class Provider implements PrunerProvider {
    private static final PrunerDescriptor DESCRIPTOR =
        new PrunerDescriptor(
            "snip",
            "Keeps the weights whose removal would change the loss of the last batch most,"
                + " to first order. For pruning in one shot; snip_momentum is steadier over many"
                + " steps.",
            "Lee et al. 2019, SNIP: Single-shot Network Pruning based on Connection"
                + " Sensitivity, section 4.1",
            List.of());

    @Override
    public PrunerDescriptor descriptor() {
      return DESCRIPTOR;
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new SnipPruner();
    }
  }
}
