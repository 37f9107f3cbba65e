package dev.espalier.config.lpot;

import static dev.espalier.config.lpot.LpotFormat.COMPRESSION;
import static dev.espalier.config.lpot.LpotFormat.PRUNER;
import static dev.espalier.config.lpot.LpotFormat.PRUNERS;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code pruning.approach}: which of LPOT's shapes it has, and how many pruners. */
final class CompressionRules {
  private static final String PYTORCH = COMPRESSION + "_pytorch";

  private static final List<String> COMMON =
      List.of(
          "initial_sparsity",
          "target_sparsity",
          "start_epoch",
          "end_epoch",
          "start_step",
          "end_step",
          "update_frequency",
          "update_frequency_on_step",
          "prune_type",
          "prune_domain",
          "sparsity_decay_type",
          "pattern",
          "names",
          "exclude_names",
          "extra_excluded_names");

  private static final List<String> COMPRESSION_KEYS =
      Stream.concat(
              COMMON.stream(),
              Stream.of(
                  "pruners",
                  "max_sparsity_ratio_per_layer",
                  "not_to_prune_names",
                  "excluded_names",
                  "prune_layer_type"))
          .toList();

  private static final List<String> PRUNER_KEYS =
      Stream.concat(COMMON.stream(), Stream.of("method", "parameters", "excluded_names")).toList();

  private final LpotTree tree;
  private final long firstEpoch;

  /**
   * @param firstEpoch the number of the epoch that the training starts with
   */
  CompressionRules(LpotTree tree, long firstEpoch) {
    this.tree = tree;
    this.firstEpoch = firstEpoch;
  }

  void apply() {
    if (isOfFirstVersions()) {
      return;
    }
    boolean pytorch = tree.has(PYTORCH);
    if (pytorch && tree.has(COMPRESSION)) {
      tree.take(PYTORCH);
      tree.wrong(PYTORCH, "weight_compression is there, too", "Remove one of the two.");
      pytorch = false;
    }
    if (pytorch) {
      tree.line(PYTORCH, "weight_compression_pytorch", "weight_compression");
      tree.rename(PYTORCH, COMPRESSION);
    }
    if (tree.take(COMPRESSION + "_v2") != null) {
      // An empty section in its place, so that nothing else is said to be missing.
      tree.set(COMPRESSION, JsonNodeFactory.instance.objectNode(), COMPRESSION + "_v2");
      tree.wrong(
          COMPRESSION,
          "weight_compression_v2 is the format of Intel Neural Compressor 2, not read here",
          "Maybe write it as weight_compression, with prune_type, names and pattern.");
      return;
    }
    JsonNode section = tree.get(COMPRESSION);
    if (section != null && section.isObject()) {
      compression(pytorch);
    }
  }

  /** LPOT 1.0 to 1.3 had another shape. */
  private boolean isOfFirstVersions() {
    for (String key : List.of("magnitude", "init_sparsity")) {
      String path = "pruning." + key;
      if (tree.has(path)) {
        tree.take("pruning");
        tree.set("pruning.approach", JsonNodeFactory.instance.objectNode(), "pruning");
        tree.wrong(
            "pruning",
            "this is the form of LPOT 1.0 to 1.3, which is not read here",
            "Maybe approach: {weight_compression: {target_sparsity: 0.5, pruners: [{prune_type:"
                + " basic_magnitude}]}} is meant, the form since LPOT 1.4.");
        return true;
      }
    }
    return false;
  }

  private void compression(boolean pytorch) {
    tree.checkKeys(COMPRESSION, COMPRESSION_KEYS, true);
    JsonNode pruners = tree.get(PRUNERS);
    int count = pruners != null && pruners.isArray() ? pruners.size() : 0;
    boolean replaced = tree.overriddenBy(PRUNERS) != null;
    if (count > 1 || replaced) {
      tree.take(PRUNERS);
    }
    if (count > 1) {
      tree.undecided(
          PRUNERS,
          count + " pruners",
          PRUNERS,
          "a run has one pruner for now, found " + count,
          "Maybe one run for each, or one that stands for all: --set '"
              + PRUNERS
              + "=[{prune_type: snip_momentum, pattern: "
              + (isSensitivity(pruners) ? "heads" : "1x1")
              + "}]'.");
    } else if (replaced && count == 1) {
      tree.line(PRUNERS, "pruners", "not used: " + tree.overriddenBy(PRUNERS));
    }
    boolean one = count == 1 && !replaced && isMap(pruners);
    if (one) {
      tree.checkKeys(PRUNER, PRUNER_KEYS, true);
    }
    boolean follows = new PrunerRules(tree, pytorch).apply(one);
    new ScheduleRules(tree, firstEpoch).apply(follows);
  }

  private static boolean isSensitivity(@Nullable JsonNode pruners) {
    return pruners != null
        && pruners.findValuesAsText("prune_type").contains("gradient_sensitivity");
  }

  /** Whether the one entry is a map; nothing at all, as {@code - !Pruner}, is an empty one. */
  private static boolean isMap(@Nullable JsonNode pruners) {
    if (pruners instanceof ArrayNode list && list.size() == 1) {
      if (list.get(0).isNull() || (list.get(0).isTextual() && list.get(0).asText().isEmpty())) {
        list.set(0, JsonNodeFactory.instance.objectNode());
      }
      return list.get(0).isObject();
    }
    return false;
  }
}
