package dev.espalier.pruners;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.TopShare;
import java.util.List;

/**
 * Keeps a model as sparse as it came: {@code M = 1} where {@code W ≠ 0}, and 0 elsewhere.
 *
 * <p>For fine-tuning what was pruned before, such as a sparse pretrained model, without losing its
 * zeros.
 *
 * <p>Source: {@code pattern_lock} of Intel's LPOT 1.4; Zafrir, Larey, Boudoukh, Shen and
 * Wasserblat, "Prune Once for All: Sparse Pre-Trained Language Models" (2021).
 */
public final class ConstantMaskPruner implements ConstantPruner {
  @Override
  public void mask(Step step, float[] weights, float[] mask) {
    TopShare.requireNumbers(weights);
    for (int i = 0; i < mask.length; i++) {
      mask[i] = weights[i] == 0 ? 0f : 1f;
    }
  }

  /** Announces {@code constant_mask}. */
  public static final class Provider implements PrunerProvider {
    private static final PrunerDescriptor DESCRIPTOR =
        new PrunerDescriptor(
            "constant_mask",
            "Keeps the zeros that the model comes with, and removes nothing else. For"
                + " fine-tuning a model that is sparse already.",
            "LPOT 1.4, pattern_lock; Zafrir et al. 2021, Prune Once for All: Sparse"
                + " Pre-Trained Language Models",
            List.of());

    @Override
    public PrunerDescriptor descriptor() {
      return DESCRIPTOR;
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return new ConstantMaskPruner();
    }
  }
}
