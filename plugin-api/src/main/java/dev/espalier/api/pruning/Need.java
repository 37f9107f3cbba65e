package dev.espalier.api.pruning;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** What a pruner needs beside the weights; it follows from the pruner's kind. */
public enum Need {
  /** The target sparsity decides how much is removed; without it the run cannot be planned. */
  TARGET_SPARSITY,
  /** The gradient of each step. */
  GRADIENTS,
  /** Scores that are trained with the weights, and so {@code score_learning_rate}. */
  LEARNED_SCORES;

  /** The needs of {@code pruner}, in the order of their declaration; not to be changed. */
  public static Set<Need> of(Pruner pruner) {
    EnumSet<Need> needs = EnumSet.noneOf(Need.class);
    if (pruner instanceof GradientPruner) {
      needs.add(GRADIENTS);
    }
    if (pruner instanceof ScorePruner) {
      needs.add(LEARNED_SCORES);
    }
    boolean keepsShare =
        pruner instanceof ScorePruner scored
            ? scored.maskRule() instanceof MaskRule.Share
            : !(pruner instanceof ConstantPruner);
    if (keepsShare) {
      needs.add(TARGET_SPARSITY);
    }
    return Collections.unmodifiableSet(needs);
  }
}
