package com.example;

import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.ParameterDescriptor.Quantity;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerDescriptor.Need;
import dev.espalier.api.pruning.PrunerProvider;
import java.util.List;
import java.util.Set;

/**
 * Keeps the weights whose removal would change the loss most, to first order: {@code score ←
 * memory · score + (1 − memory) · (G ⊙ W)²}.
 *
 * <p>{@code (G ⊙ W)²} is the squared first-order Taylor term of what the loss does when a weight is
 * set to zero. The average over the steps takes the noise of single batches out of it.
 *
 * <p>Source: Molchanov, Mallya, Tyree, Frosio and Kautz, "Importance Estimation for Neural Network
 * Pruning" (2019), section 3, which sums over the weights of a filter; here the engine's pattern
 * decides what is removed together.
 */
public final class TaylorPruner implements GradientPruner {
  private final float memory;

  private TaylorPruner(double memory) {
    this.memory = (float) memory;
  }

  @Override
  public void update(float[] gradient, float[] weights, float[] scores) {
    for (int i = 0; i < scores.length; i++) {
      float term = gradient[i] * weights[i];
      scores[i] = memory * scores[i] + (1 - memory) * term * term;
    }
  }

  /** Announces {@code taylor}; named in META-INF/services. */
  public static final class Provider implements PrunerProvider {
    @Override
    public PrunerDescriptor descriptor() {
      return new PrunerDescriptor(
          "taylor",
          "Keeps the weights whose removal would change the loss most, by the square of the first"
              + " Taylor term. For blocks, rows and heads, whose weights it averages.",
          "Molchanov et al. 2019, Importance Estimation for Neural Network Pruning, section 3",
          Set.of(Need.TARGET_SPARSITY, Need.GRADIENTS),
          List.of(
              new Quantity(
                  "memory", 0.9, 0, 0.9999, "Share of the score that is kept from step to step.")));
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new TaylorPruner(parameters.number("memory"));
    }
  }
}
