package dev.espalier.tuner.prepare;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.core.model.Architecture;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.text.Formats;
import dev.espalier.tuner.result.RunFacts;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Zeros that the models of a run come with. Against a model that was pruned before, "loses at most
 * 1% of the dense model" is not what it says.
 */
public final class StartingSparsity {
  /** A trained dense matrix has no exact zeros to speak of. */
  private static final double WORTH_A_WORD = 0.01;

  private StartingSparsity() {}

  /** The share of zeros in the matrices that may be pruned, in [0, 1]. */
  static double of(TransformerWeights weights) {
    Architecture architecture = weights.architecture();
    long zeros = 0;
    long all = 0;
    for (Map.Entry<String, Tensor> each : weights.tensors().entrySet()) {
      Tensor tensor = each.getValue();
      if (architecture.isPrunable(each.getKey()) && tensor.shape().length == 2) {
        zeros += tensor.zeros();
        all += tensor.values().length;
      }
    }
    return all == 0 ? 0 : (double) zeros / all;
  }

  /**
   * What to say of a model that comes with zeros; empty for a dense one.
   *
   * @param share its zeros
   * @param isBaseline whether the dense model is this one, and not one that is trained from it
   */
  static Optional<String> caution(double share, boolean isBaseline) {
    return share < WORTH_A_WORD
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%s is not dense: %s of its prunable weights are zero. It was pruned before, so what"
                    + " a trial loses is not measured against a model that was never pruned.",
                isBaseline
                    ? "The baseline (tuning.baseline.checkpoint)"
                    : "The model that training starts from (model.checkpoint)",
                Formats.percent(share)));
  }

  /** Writes down what results tell; nothing of dense models. */
  public static void writeTo(ObjectNode environment, Preparation.Prepared prepared) {
    prepared
        .startingSparsityCaution()
        .ifPresent(
            caution ->
                environment
                    .putObject(RunFacts.STARTING_SPARSITY)
                    .put("share", prepared.startingSparsity())
                    .put("caution", caution));
  }
}
