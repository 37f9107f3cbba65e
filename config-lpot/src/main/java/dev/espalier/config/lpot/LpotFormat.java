package dev.espalier.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.config.foreign.ForeignFile;
import dev.espalier.config.foreign.ForeignFormat;
import dev.espalier.config.foreign.Overrides;
import dev.espalier.config.foreign.Translation;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** LPOT's and Neural Compressor 1.x's YAML, recognized by keys that only it has. */
public final class LpotFormat implements ForeignFormat {
  private static final String TAG = "Pruner";

  static final String COMPRESSION = "pruning.approach.weight_compression";
  static final String PRUNERS = COMPRESSION + ".pruners";
  static final String PRUNER = PRUNERS + "[0]";

  private static final String NO_SUCH_THING = "the training loop has no such thing";

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

  /** Keys that mean nothing here, whatever the other rules left of them, and why. */
  private static final Map<String, String> UNUSED =
      Map.ofEntries(
          Map.entry("model.inputs", "the exporter names the inputs"),
          Map.entry("model.outputs", "the exporter names the outputs"),
          Map.entry("use_bf16", "everything is fp32, or int8 once it is quantized"),
          Map.entry("pruning.train.frequency", NO_SUCH_THING),
          Map.entry("pruning.train.execution_mode", NO_SUCH_THING),
          Map.entry("pruning.train.postprocess", NO_SUCH_THING),
          Map.entry("pruning.train.hostfile", NO_SUCH_THING),
          Map.entry("evaluation.accuracy.dataloader", "batches do not change the metric"),
          Map.entry("evaluation.accuracy.iteration", "the whole evaluation set is used"),
          Map.entry("evaluation.accuracy.configs", "they do not change the metric"),
          Map.entry("evaluation.accuracy.postprocess", "the task brings its own"),
          Map.entry(
              "evaluation.performance.dataloader",
              "requests are made up in the size that is asked for"),
          Map.entry("evaluation.performance.postprocess", "only the model's own time is measured"),
          Map.entry("tuning.tensorboard", "report.html draws the curves"),
          Map.entry("tuning.diagnosis", "masks.json and report.html describe the model"),
          Map.entry("tuning.exit_policy.performance_only", "accuracy is always measured"));

  @Override
  public Set<String> tags() {
    return Set.of(TAG);
  }

  /**
   * Whether the file was written for LPOT: it names a {@code model.framework}, has a {@code
   * !Pruner}, or has keys that only LPOT has.
   */
  @Override
  public boolean recognizes(ForeignFile file) {
    if (!(file.root() instanceof ObjectNode root)) {
      return false;
    }
    LpotTree tree = new LpotTree(file, root, Overrides.NONE);
    JsonNode metric = tree.get("evaluation.accuracy.metric");
    JsonNode several = tree.get("evaluation.accuracy.multi_metrics");
    JsonNode objectives = tree.get("tuning.multi_objectives");
    return file.tags().containsValue(TAG)
        || Stream.of(metric, several, objectives).anyMatch(node -> node != null && node.isObject())
        || tree.keys(COMPRESSION).stream().anyMatch(SIGNS_IN_COMPRESSION::contains)
        || Stream.of(
                "model.framework",
                COMPRESSION + "_pytorch",
                COMPRESSION + "_v2",
                "pruning.train.optimizer",
                "pruning.train.criterion",
                "pruning.magnitude",
                "pruning.init_sparsity")
            .anyMatch(tree::has);
  }

  /**
   * Translates a file that {@link #recognizes} takes for LPOT's.
   *
   * @param overrides what stands above the file; it decides what the file leaves undecided
   */
  @Override
  public Translation translate(ForeignFile file, Overrides overrides) {
    LpotTree tree = new LpotTree(file, (ObjectNode) file.root(), overrides);
    new ModelRules(tree).apply();
    new QuantizationRules(tree).apply();
    new EvaluationRules(tree).apply();
    long firstEpoch = new TrainRules(tree).apply();
    new CompressionRules(tree, firstEpoch).apply();
    new TuningRules(tree).apply();
    UNUSED.forEach(tree::unused);
    withoutPruning(tree);
    return tree.translation();
  }

  /** A file that only quantizes: a run trains all the same, and removes nothing. */
  private static void withoutPruning(LpotTree tree) {
    if (tree.has("pruning.approach") || tree.overriddenBy(PRUNERS) != null) {
      return;
    }
    boolean quantizes = tree.has("quantization") || tree.effective(APPROACH) != null;
    if (!quantizes && !tree.has("pruning") && !isMisspelled(tree)) {
      tree.wrong(
          "model",
          "the file says neither how to prune nor how to quantize",
          "Maybe --set " + APPROACH + "=post_training_dynamic_quant is meant.");
    }
    ObjectNode pruner = JsonNodeFactory.instance.objectNode().put("prune_type", "constant_mask");
    String from = tree.has("quantization") ? "quantization" : "model";
    tree.set(PRUNERS, JsonNodeFactory.instance.arrayNode().add(pruner), from);
    tree.line(
        from,
        "no pruning",
        "prune_type constant_mask: nothing is removed; the model is fine-tuned, once as the"
            + " baseline and once for the trial, and then quantized");
  }

  /** Whether the loader will say that one of the two is meant by a key that it does not know. */
  private static boolean isMisspelled(LpotTree tree) {
    return tree.keys("").stream()
        .filter(key -> !SECTIONS.contains(key))
        .anyMatch(key -> Suggestions.closest(key, List.of("pruning", "quantization")).isPresent());
  }
}
