package com.example;

import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.ParameterDescriptor.Quantity;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.Step;
import java.util.List;

/**
 * Keeps weights that matter, and weights of which that is not certain yet: with the sensitivity
 * {@code I = |G ⊙ W|} of a step, {@code Ī ← β₁Ī + (1 − β₁)I}, {@code Ū ← β₂Ū + (1 − β₂)|I − Ī|},
 * and {@code importance = Ī ⊙ Ū}.
 *
 * <p>Source: Zhang et al., "PLATON: Pruning Large Transformer Models with Upper Confidence Bound of
 * Weight Importance" (2022), section 3. Of our own is {@code explore}, after which share of the
 * training uncertainty does not count any more; 1, the default, is the paper's.
 */
public final class PlatonPruner implements GradientPruner {
  private final float beta1;
  private final float beta2;
  private final double explore;

  private PlatonPruner(ParameterValues parameters) {
    beta1 = (float) parameters.number("beta1");
    beta2 = (float) parameters.number("beta2");
    explore = parameters.number("explore");
  }

  @Override
  public List<String> statistics() {
    return List.of("sensitivity", "uncertainty");
  }

  @Override
  public void update(Step step, float[] gradient, float[] weights, float[][] statistics) {
    float[] mean = statistics[0];
    float[] uncertainty = statistics[1];
    for (int i = 0; i < mean.length; i++) {
      float sensitivity = Math.abs(gradient[i] * weights[i]);
      mean[i] = beta1 * mean[i] + (1 - beta1) * sensitivity;
      float deviation = Math.abs(sensitivity - mean[i]);
      uncertainty[i] = beta2 * uncertainty[i] + (1 - beta2) * deviation;
    }
  }

  @Override
  public float[] importance(Step step, float[][] statistics, float[] out) {
    if (step.progress() > explore) {
      return statistics[0];
    }
    for (int i = 0; i < out.length; i++) {
      out[i] = statistics[0][i] * statistics[1][i];
    }
    return out;
  }

  /** Announces {@code platon}; named in META-INF/services. */
  public static final class Provider implements PrunerProvider {
    @Override
    public PrunerDescriptor descriptor() {
      return new PrunerDescriptor(
          "platon",
          "Keeps weights of high sensitivity, and those whose sensitivity is still uncertain.",
          "Zhang et al. 2022, PLATON: Pruning Large Transformer Models with Upper Confidence Bound"
              + " of Weight Importance, section 3",
          List.of(
              new Quantity("beta1", 0.85, 0, 0.9999, "Share of the mean sensitivity that is kept."),
              new Quantity("beta2", 0.95, 0, 0.9999, "Share of the uncertainty that is kept."),
              new Quantity("explore", 1.0, 0, 1, "Share of the training with uncertainty.")));
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new PlatonPruner(parameters);
    }
  }
}
