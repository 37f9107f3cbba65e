package dev.espalier.tuner.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Suggestions;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Tells LPOT's files from ours, and says in our keys what they say. */
public final class LpotTranslator {
  static final String COMPRESSION = "pruning.approach.weight_compression";
  static final String PRUNERS = COMPRESSION + ".pruners";
  static final String PRUNER = PRUNERS + "[0]";

  private static final List<String> SIGNS_IN_COMPRESSION =
      List.of(
          "start_epoch",
          "end_epoch",
          "start_step",
          "end_step",
          "update_frequency",
          "update_frequency_on_step",
          "prune_type",
          "sparsity_decay_type",
          "prune_layer_type",
          "max_sparsity_ratio_per_layer");

  private static final String APPROACH = "quantization.approach";

  /** The sections that are no misspelling of another: tuning is near pruning. */
  private static final List<String> SECTIONS =
      List.of("version", "model", "device", "data", "distillation", "evaluation", "tuning");

  private LpotTranslator() {}

  /**
   * Whether the file was written for LPOT: it names a {@code model.framework}, has a {@code
   * !Pruner}, or has keys that only LPOT has.
   */
  public static boolean recognizes(LpotFile file) {
    if (!(file.root() instanceof ObjectNode root)) {
      return false;
    }
    Draft draft = new Draft(file, root, Nobody.INSTANCE);
    JsonNode metric = draft.get("evaluation.accuracy.metric");
    JsonNode several = draft.get("evaluation.accuracy.multi_metrics");
    JsonNode objectives = draft.get("tuning.multi_objectives");
    return !file.prunerTags().isEmpty()
        || Stream.of(metric, several, objectives).anyMatch(node -> node != null && node.isObject())
        || draft.keys(COMPRESSION).stream().anyMatch(SIGNS_IN_COMPRESSION::contains)
        || Stream.of(
                "model.framework",
                COMPRESSION + "_pytorch",
                COMPRESSION + "_v2",
                "pruning.train.optimizer",
                "pruning.train.criterion",
                "pruning.magnitude",
                "pruning.init_sparsity")
            .anyMatch(draft::has);
  }

  /**
   * Translates a file that {@link #recognizes} takes for LPOT's.
   *
   * @param overrides what stands above the file; it decides what the file leaves undecided
   */
  public static Translation translate(LpotFile file, Overrides overrides) {
    Draft draft = new Draft(file, (ObjectNode) file.root(), overrides);
    new ModelRules(draft).apply();
    new QuantizationRules(draft).apply();
    new EvaluationRules(draft).apply();
    long firstEpoch = new TrainRules(draft).apply();
    new CompressionRules(draft, firstEpoch).apply();
    new TuningRules(draft).apply();
    withoutPruning(draft);
    return draft.translation();
  }

  /** A file that only quantizes: a run trains all the same, and removes nothing. */
  private static void withoutPruning(Draft draft) {
    if (draft.has("pruning.approach") || draft.overriddenBy(PRUNERS) != null) {
      return;
    }
    boolean quantizes = draft.has("quantization") || draft.effective(APPROACH) != null;
    if (!quantizes && !draft.has("pruning") && !isMisspelled(draft)) {
      draft.wrong(
          "model",
          "the file says neither how to prune nor how to quantize",
          "Maybe --set " + APPROACH + "=post_training_dynamic_quant is meant.");
    }
    ObjectNode pruner = JsonNodeFactory.instance.objectNode().put("prune_type", "constant_mask");
    String from = draft.has("quantization") ? "quantization" : "model";
    draft.set(PRUNERS, JsonNodeFactory.instance.arrayNode().add(pruner), from);
    draft.line(
        from,
        "no pruning",
        "prune_type constant_mask: nothing is removed; the model is fine-tuned, once as the"
            + " baseline and once for the trial, and then quantized");
  }

  /** Whether the loader will say that one of the two is meant by a key that it does not know. */
  private static boolean isMisspelled(Draft draft) {
    return draft.keys("").stream()
        .filter(key -> !SECTIONS.contains(key))
        .anyMatch(key -> Suggestions.closest(key, List.of("pruning", "quantization")).isPresent());
  }

  private enum Nobody implements Overrides {
    INSTANCE;

    @Override
    public @Nullable String by(String path) {
      return null;
    }

    @Override
    public @Nullable JsonNode value(String path) {
      return null;
    }
  }
}
