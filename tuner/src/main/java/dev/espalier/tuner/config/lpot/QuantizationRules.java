package dev.espalier.tuner.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code quantization}, and what {@code model.framework: onnxrt_*} says about it. */
final class QuantizationRules {
  private static final String SECTION = "quantization";
  private static final String APPROACH = SECTION + ".approach";
  private static final String FRAMEWORK = "model.framework";
  private static final String DYNAMIC = "post_training_dynamic_quant";
  private static final String DECIDE =
      "Maybe dynamic quantization will do: --set "
          + APPROACH
          + "="
          + DYNAMIC
          + "; static is post_training_static_quant.";

  /** What dynamic quantization does here, in LPOT's words. */
  private static final List<String> AS_HERE =
      List.of(
          "weight.granularity per_channel",
          "weight.scheme sym",
          "weight.dtype int8",
          "weight.algorithm minmax",
          "activation.granularity per_tensor",
          "activation.scheme asym",
          "activation.dtype uint8",
          "activation.algorithm minmax");

  private final Draft draft;

  QuantizationRules(Draft draft) {
    this.draft = draft;
  }

  void apply() {
    approach(framework());
    if (!draft.has(SECTION)) {
      return;
    }
    draft.checkKeys(
        SECTION,
        List.of(
            "approach",
            "train",
            "advance",
            "calibration",
            "recipes",
            "model_wise",
            "optype_wise",
            "op_wise"),
        true);
    calibration();
    recipes();
    modelWise();
    for (String key : List.of("op_wise", "optype_wise")) {
      exceptions(SECTION + "." + key);
    }
    cannot(SECTION + ".advance", "bias correction is not done here");
    cannot(SECTION + ".train", "training for quantization is not done here");
  }

  /** The framework, when it is one of ONNX Runtime's. */
  private @Nullable String framework() {
    String name = draft.text(FRAMEWORK);
    if (name != null && name.startsWith("onnxrt_")) {
      draft.take(FRAMEWORK);
      return name;
    }
    return null;
  }

  private void approach(@Nullable String framework) {
    String approach = draft.text(APPROACH);
    if ("onnxrt_integerops".equals(framework)) {
      if (approach == null || approach.equals(DYNAMIC)) {
        draft.put(APPROACH, Draft.node(DYNAMIC), FRAMEWORK, "framework " + framework);
        return;
      }
      draft.line(FRAMEWORK, "framework " + framework, "dynamic quantization of the exported file");
    } else if (framework != null) {
      draft.undecided(
          FRAMEWORK,
          "framework " + framework,
          APPROACH,
          "static quantization, which " + framework + " stands for, is not translated yet",
          DECIDE);
      draft.take(APPROACH);
      if (!draft.has(SECTION)) {
        draft.set(SECTION, JsonNodeFactory.instance.objectNode(), FRAMEWORK);
      }
      return;
    }
    JsonNode section = draft.get(SECTION);
    if (section == null || !section.isObject() || DYNAMIC.equals(approach)) {
      return;
    }
    if (approach == null && !draft.has(APPROACH)) {
      draft.undecided(
          APPROACH,
          "no approach",
          APPROACH,
          "is missing; LPOT would quantize statically, which is not translated yet",
          DECIDE);
    } else if (List.of(
            "post_training_static_quant", "quant_aware_training", "post_training_auto_quant")
        .contains(String.valueOf(approach))) {
      draft.take(APPROACH);
      draft.undecided(
          APPROACH, "approach " + approach, APPROACH, approach + " is not translated yet", DECIDE);
    }
    // Anything else is left in the tree: the loader names what is allowed.
  }

  private void calibration() {
    String path = SECTION + ".calibration";
    String sizes = path + ".sampling_size";
    draft.checkKeys(path, List.of("sampling_size", "dataloader"), false);
    JsonNode size = draft.get(sizes);
    Optional<List<String>> each = Values.texts(size);
    if (size != null
        && !each.map(s -> s.stream().allMatch(v -> v.matches("[0-9]{1,9}"))).orElse(false)) {
      draft.take(sizes);
      draft.wrong(
          sizes,
          "must be whole numbers, found " + Draft.show(size),
          "Maybe remove it: dynamic quantization needs no calibration.");
    }
    for (String key : List.of(".dataloader", ".sampling_size", "")) {
      if (draft.has(path + key) && !(key.isEmpty() && draft.keys(path).isEmpty())) {
        draft.unused(path + key, "dynamic quantization needs no calibration");
      }
    }
    draft.take(path);
  }

  private void recipes() {
    String path = SECTION + ".recipes";
    for (String key : draft.keys(path)) {
      JsonNode value = draft.get(path) == null ? null : draft.get(path).get(key);
      boolean usual = !key.equals("fast_bias_correction") && !key.equals("weight_correction");
      if (value != null && !value.isNull() && (!value.isBoolean() || value.asBoolean() != usual)) {
        cannot(path, "only LPOT's own defaults are possible here");
        return;
      }
    }
    draft.unused(path, "these are the defaults");
  }

  private void modelWise() {
    String path = SECTION + ".model_wise";
    draft.checkKeys(path, List.of("weight", "activation"), false);
    for (String part : List.of("weight", "activation")) {
      for (String key : draft.keys(path + "." + part)) {
        JsonNode value = draft.get(path + "." + part);
        List<String> wished =
            Values.texts(value == null ? null : value.get(key)).orElse(List.of("?"));
        if (wished.stream().noneMatch(w -> AS_HERE.contains(part + "." + key + " " + w))) {
          cannot(
              path,
              "weights are int8, symmetric, per channel, activations uint8, asymmetric, per"
                  + " tensor, both by minimum and maximum; this asks for another "
                  + part
                  + " "
                  + key);
          return;
        }
      }
    }
    draft.unused(path, "this is how it is done here in any case");
  }

  /** Settings for single operators, by names that another exporter made. */
  private void exceptions(String path) {
    JsonNode wise = draft.take(path);
    if (wise == null) {
      return;
    }
    draft.undecided(
        path,
        Draft.last(path) + " " + Draft.show(wise),
        APPROACH,
        "operators cannot have settings of their own yet, found "
            + Draft.show(wise)
            + ", and they would be quantized like all others",
        "Maybe that will do: --set " + APPROACH + "=" + DYNAMIC + ".");
  }

  private void cannot(String path, String message) {
    JsonNode value = draft.take(path);
    if (value != null) {
      draft.undecided(
          path,
          Draft.last(path) + " " + Draft.show(value),
          APPROACH,
          message + ", found " + Draft.show(value),
          DECIDE);
    }
  }
}
