package dev.espalier.pruners;

import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerDescriptor.Need;
import dev.espalier.api.pruning.PrunerProvider;
import java.util.List;
import java.util.Set;

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
  public void update(float[] gradient, float[] weights, float[] scores) {
    for (int i = 0; i < scores.length; i++) {
      scores[i] = Math.abs(gradient[i] * weights[i]);
    }
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
            Set.of(Need.TARGET_SPARSITY, Need.GRADIENTS),
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
