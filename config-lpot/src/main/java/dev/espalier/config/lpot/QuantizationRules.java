package dev.espalier.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code quantization}, and what {@code model.framework: onnxrt_*} says about it. */
final class QuantizationRules {
  static final String SECTION = "quantization";

  private static final String APPROACH = SECTION + ".approach";
  private static final String FORMAT = SECTION + ".format";
  private static final String SAMPLES = SECTION + ".calibration.sampling_size";
  private static final String RECIPES = SECTION + ".recipes";
  private static final String BIAS_CORRECTION = RECIPES + ".fast_bias_correction";
  private static final String EXCLUDED = SECTION + ".excluded_names";
  private static final String STRATEGY = SECTION + ".strategy.name";
  private static final String FRAMEWORK = "model.framework";
  private static final String DYNAMIC = "post_training_dynamic_quant";
  private static final String STATIC = "post_training_static_quant";
  private static final List<String> IN_GENERAL = List.of(DYNAMIC, STATIC);
  private static final String COUNT = "[1-9][0-9]{0,8}";
  private static final String DECIDE =
      "Maybe --set " + APPROACH + "=" + STATIC + " is meant, or " + DYNAMIC + ".";

  private final LpotTree tree;

  QuantizationRules(LpotTree tree) {
    this.tree = tree;
  }

  void apply() {
    approach(framework());
    if (!tree.has(SECTION)) {
      return;
    }
    tree.checkKeys(
        SECTION,
        List.of(
            "approach",
            "train",
            "advance",
            "calibration",
            "recipes",
            "quant_level",
            "model_wise",
            "optype_wise",
            "op_wise"),
        true);
    calibration();
    recipes();
    level();
    new OperatorRules(tree).apply();
    cannot(
        SECTION + ".advance",
        BIAS_CORRECTION,
        "only the mean error of a layer can be taken out of its bias",
        "Maybe --set " + BIAS_CORRECTION + "=true is meant.");
    cannot(SECTION + ".train", APPROACH, "quantization-aware training is not supported", DECIDE);
  }

  /** The framework, when it is one of ONNX Runtime's. */
  private @Nullable String framework() {
    String name = tree.text(FRAMEWORK);
    if (name != null && name.startsWith("onnxrt_")) {
      tree.take(FRAMEWORK);
      return name;
    }
    return null;
  }

  private void approach(@Nullable String framework) {
    String approach = tree.text(APPROACH);
    if (framework != null) {
      String meant = framework.equals("onnxrt_integerops") ? DYNAMIC : STATIC;
      if (approach != null && !approach.equals(meant) && IN_GENERAL.contains(approach)) {
        tree.take(APPROACH);
        tree.undecided(
            APPROACH,
            "approach " + approach,
            APPROACH,
            "framework " + framework + " stands for " + meant + ", found " + approach,
            DECIDE);
      } else if (approach == null || meant.equals(DYNAMIC)) {
        tree.put(APPROACH, LpotTree.node(meant), FRAMEWORK, "framework " + framework);
      }
      if (meant.equals(STATIC) && STATIC.equals(effectiveApproach())) {
        String format = framework.startsWith("onnxrt_qdq") ? "qdq" : "qoperator";
        tree.put(FORMAT, LpotTree.node(format), FRAMEWORK, "framework " + framework);
      }
      if (!tree.has(SECTION)) {
        tree.set(SECTION, JsonNodeFactory.instance.objectNode(), FRAMEWORK);
      }
    }
    JsonNode section = tree.get(SECTION);
    if (section == null || !section.isObject()) {
      return;
    }
    if (framework == null && !tree.has(APPROACH)) {
      tree.put(APPROACH, LpotTree.node(STATIC), SECTION, "no approach", ", as in LPOT");
    } else if ("quant_aware_training".equals(approach)
        || "post_training_auto_quant".equals(approach)) {
      cannot(APPROACH, APPROACH, approach + " is not supported", DECIDE);
    }
    // Anything else is left in the tree: the loader names what is allowed.
  }

  private String effectiveApproach() {
    JsonNode approach = tree.effective(APPROACH);
    return approach == null ? "" : approach.asText();
  }

  private void calibration() {
    String path = SECTION + ".calibration";
    boolean calibrates = STATIC.equals(effectiveApproach());
    tree.checkKeys(path, List.of("sampling_size", "dataloader"), false);
    JsonNode size = tree.get(SAMPLES);
    List<String> sizes = Values.texts(size).orElse(List.of());
    boolean counts = !sizes.isEmpty() && sizes.stream().allMatch(v -> v.matches(COUNT));
    if (size != null && !counts) {
      tree.take(SAMPLES);
      tree.wrong(
          SAMPLES,
          "must be whole numbers of at least 1, found " + LpotTree.show(size),
          calibrates
              ? "Maybe 100 is meant."
              : "Remove it: dynamic quantization needs no calibration.");
    } else if (size != null && calibrates && !size.isNumber()) {
      tree.take(SAMPLES);
      tree.put(
          SAMPLES,
          LpotTree.node(Long.parseLong(sizes.get(0))),
          SAMPLES,
          "sampling_size " + LpotTree.show(size),
          sizes.size() > 1 ? ", the first; LPOT tries one after the other" : "");
    }
    if (calibrates) {
      tree.unused(
          path + ".dataloader",
          "calibration looks at training examples that the random seed chooses");
      return;
    }
    for (String key : List.of(".dataloader", ".sampling_size", "")) {
      if (tree.has(path + key) && !(key.isEmpty() && tree.keys(path).isEmpty())) {
        tree.unused(path + key, "dynamic quantization needs no calibration");
      }
    }
    tree.take(path);
  }

  /** Of LPOT's recipes one is ours; the others are possible as LPOT has them by default. */
  private void recipes() {
    for (String key : List.of("scale_propagation_max_pooling", "scale_propagation_concat")) {
      tree.unused(RECIPES + "." + key, "pooling and Concat stay float");
    }
    for (String key :
        List.of(
            "first_conv_or_matmul_quantization",
            "last_conv_or_matmul_quantization",
            "pre_post_process_quantization")) {
      String path = RECIPES + "." + key;
      if (BooleanNode.TRUE.equals(tree.get(path))) {
        tree.unused(path, "this is how it is done here in any case");
      } else {
        cannot(
            path,
            EXCLUDED,
            "what stays float is said by name here",
            "Maybe --set '" + EXCLUDED + "=[\"*layer.0*query*\"]' is meant.");
      }
    }
    String correction = RECIPES + ".weight_correction";
    if (BooleanNode.FALSE.equals(tree.get(correction))) {
      tree.unused(correction, "this is how it is done here in any case");
    } else {
      cannot(
          correction,
          BIAS_CORRECTION,
          "only the mean error of a layer can be taken out of its bias",
          "Maybe --set " + BIAS_CORRECTION + "=true is meant.");
    }
  }

  /** From 2.0 on: 0 begins with a float model, 1 with an int8 one. */
  private void level() {
    String path = SECTION + ".quant_level";
    JsonNode level = tree.take(path);
    if (level == null) {
      return;
    }
    List<String> levels = List.of("0", "1", "auto");
    if (levels.contains(level.asText())) {
      tree.put(
          STRATEGY,
          LpotTree.node(level.asText().equals("0") ? "conservative" : "mse"),
          path,
          "quant_level " + level.asText());
    } else {
      tree.wrong(
          path,
          "must be one of " + String.join(", ", levels) + ", found " + LpotTree.show(level),
          "Maybe \"auto\" is meant.");
    }
  }

  private void cannot(String path, String target, String message, String advice) {
    JsonNode value = tree.take(path);
    if (value != null) {
      tree.undecided(
          path,
          LpotTree.last(path) + " " + LpotTree.show(value),
          target,
          message + (path.equals(target) ? "" : ", found " + LpotTree.show(value)),
          advice);
    }
  }
}
