package dev.espalier.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code model_wise}, {@code optype_wise} and {@code op_wise}: how weights and activations are
 * quantized. LPOT lets each value be a list of what may be tried; here it is one value.
 */
final class OperatorRules {
  private static final String MODEL_WISE = QuantizationRules.SECTION + ".model_wise";
  private static final String GRANULARITY = MODEL_WISE + ".weight.granularity";
  private static final String TYPES = QuantizationRules.SECTION + ".optype_wise";
  private static final String NAMES = QuantizationRules.SECTION + ".op_wise";

  /** What can be said of an exception here, and how. */
  private static final Map<String, List<String>> OURS =
      Map.of(
          "weight.granularity", List.of("per_channel", "per_tensor"),
          "weight.dtype", List.of("int8", "fp32"),
          "activation.algorithm", List.of("minmax", "kl"),
          "activation.dtype", List.of("uint8", "fp32"));

  /** What can be said of the whole model. */
  private static final List<String> CHOICES = List.of("weight.granularity", "activation.algorithm");

  /** What is so in any case. */
  private static final Map<String, List<String>> ALWAYS =
      Map.of(
          "weight.scheme", List.of("sym"),
          "weight.algorithm", List.of("minmax"),
          "weight.bit", List.of("7.0", "7"),
          "activation.granularity", List.of("per_tensor"),
          "activation.scheme", List.of("asym"),
          "activation.compute_dtype", List.of("uint8"));

  /** PyTorch's modules, and what they are in ONNX. */
  private static final Map<String, List<String>> MODULES =
      Map.of(
          "Linear", List.of("MatMul", "Gemm"),
          "Embedding", List.of("Gather"),
          "Conv1d", List.of("Conv"),
          "Conv2d", List.of("Conv"));

  /** A name that an exporter counted up, which says nothing about another file. */
  private static final Pattern GENERATED = Pattern.compile("[A-Z][A-Za-z]*(_[0-9]+)?");

  /**
   * The name that PyTorch's graph mode has for what has no entry of its own: functions, for every
   * module that can be quantized has one from the tuning space.
   */
  private static final String FUNCTIONS = "default_qconfig";

  private static final Pattern LITERAL = Pattern.compile("[A-Za-z0-9.][A-Za-z0-9_.\\-/]*");

  private final LpotTree tree;

  OperatorRules(LpotTree tree) {
    this.tree = tree;
  }

  void apply() {
    modelWise();
    if (tree.get(TYPES) instanceof ObjectNode) {
      types((ObjectNode) tree.take(TYPES));
    }
    if (tree.get(NAMES) instanceof ObjectNode) {
      names((ObjectNode) tree.take(NAMES));
    }
    // A list is our own form, and the loader says what is wrong with anything else.
  }

  private void modelWise() {
    tree.checkKeys(MODEL_WISE, List.of("weight", "activation"), false);
    modelWise("weight", List.of("granularity", "scheme", "dtype", "algorithm", "bit"));
    modelWise(
        "activation", List.of("granularity", "scheme", "dtype", "algorithm", "compute_dtype"));
  }

  private void modelWise(String part, List<String> keys) {
    tree.checkKeys(MODEL_WISE + "." + part, keys, false);
    for (String key : keys) {
      setting(part + "." + key, MODEL_WISE + "." + part + "." + key);
    }
  }

  private void setting(String key, String path) {
    JsonNode asked = tree.get(path);
    boolean ours = CHOICES.contains(key);
    if (asked == null || (ours && asked.isTextual())) {
      return; // in our own form, and the loader knows what is allowed
    }
    tree.take(path);
    String from = key + " " + LpotTree.show(asked);
    Optional<String> value = value(key, asked).filter(each -> !each.equals("fp32"));
    if (value.isEmpty()) {
      tree.undecided(
          path,
          from,
          GRANULARITY,
          "weights are int8 and symmetric, activations uint8, asymmetric and per tensor, found "
              + LpotTree.show(asked),
          "Maybe --set " + GRANULARITY + "=per_channel is meant.");
    } else if (ours) {
      tree.put(path, LpotTree.node(value.get()), path, from);
    } else if (key.equals("weight.bit")) {
      tree.put("quantization.reduce_range", BooleanNode.TRUE, path, from);
    } else {
      tree.line(path, from, "not used: this is how it is done here in any case");
    }
  }

  /** Types of operators, each with settings of its own. */
  private void types(ObjectNode map) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    List<String> notDone = new ArrayList<>();
    for (Map.Entry<String, JsonNode> each : map.properties()) {
      ObjectNode item = JsonNodeFactory.instance.objectNode();
      item.set(
          "op_types", LpotTree.node(MODULES.getOrDefault(each.getKey(), List.of(each.getKey()))));
      if (!settings(each.getValue(), item)) {
        notDone.add(each.getKey());
      }
      list.add(item);
    }
    if (notDone.isEmpty() || tree.overriddenBy(TYPES) != null) {
      tree.put(TYPES, list, TYPES, "optype_wise " + LpotTree.show(map));
      return;
    }
    notDone.forEach(name -> settingsUnknown(TYPES, map, name));
  }

  /** Single operators, by names that another exporter made. */
  private void names(ObjectNode map) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    List<String> unknown = new ArrayList<>();
    List<String> notDone = new ArrayList<>();
    JsonNode functions = map.remove(FUNCTIONS);
    if (functions != null) {
      tree.line(
          NAMES,
          FUNCTIONS + " " + LpotTree.show(functions),
          "not used: it is for operators without an entry of their own, which no Linear and no"
              + " Embedding is; these are int8, there and here");
      if (map.isEmpty()) {
        return;
      }
    }
    for (Map.Entry<String, JsonNode> each : map.properties()) {
      Optional<String> glob = glob(each.getKey());
      ObjectNode item = JsonNodeFactory.instance.objectNode();
      if (glob.isEmpty()) {
        unknown.add(each.getKey());
        continue;
      }
      item.set("names", LpotTree.node(List.of(glob.get())));
      if (!settings(each.getValue(), item)) {
        notDone.add(each.getKey());
      }
      list.add(item);
    }
    if ((unknown.isEmpty() && notDone.isEmpty()) || tree.overriddenBy(NAMES) != null) {
      tree.put(NAMES, list, NAMES, "op_wise " + LpotTree.show(map));
      return;
    }
    notDone.forEach(name -> settingsUnknown(NAMES, map, name));
    if (unknown.isEmpty()) {
      return;
    }
    tree.undecided(
        NAMES,
        "op_wise " + LpotTree.show(map),
        NAMES,
        "the name " + unknown.get(0) + " is that of another exporter, and says nothing here",
        "Maybe --set '"
            + NAMES
            + "=[{names: [\"*layer.0/output/dense/MatMul\"], weight: {dtype: fp32}}]' is meant; ="
            + "[] quantizes it like all others.");
  }

  private void settingsUnknown(String path, JsonNode map, String name) {
    tree.undecided(
        path,
        LpotTree.last(path) + " " + LpotTree.show(map),
        path,
        "what is asked for " + name + " is not supported, found " + LpotTree.show(map.get(name)),
        "Maybe dtype: [fp32] is meant, for operators that stay float; --set "
            + path
            + "=[] quantizes them like all others.");
  }

  /**
   * Puts the settings of one exception into {@code item}.
   *
   * @return whether all of them can be said
   */
  private static boolean settings(JsonNode asked, ObjectNode item) {
    if (!asked.isObject()) {
      return false;
    }
    for (Map.Entry<String, JsonNode> part : asked.properties()) {
      if (!List.of("weight", "activation").contains(part.getKey()) || !part.getValue().isObject()) {
        return false;
      }
      for (Map.Entry<String, JsonNode> setting : part.getValue().properties()) {
        String key = part.getKey() + "." + setting.getKey();
        Optional<String> value = value(key, setting.getValue());
        if (value.isEmpty()) {
          return false;
        }
        if (OURS.containsKey(key)) {
          item.withObject("/" + part.getKey()).put(setting.getKey(), value.get());
        }
      }
    }
    return true;
  }

  /** The first of the values asked for that is possible here. */
  private static Optional<String> value(String key, @Nullable JsonNode asked) {
    List<String> possible = OURS.getOrDefault(key, ALWAYS.getOrDefault(key, List.of()));
    return Values.texts(asked).orElse(List.of()).stream().filter(possible::contains).findFirst();
  }

  /**
   * A name of TensorFlow's scopes ({@code bert/encoder/layer_2/output/dense/MatMul}) or of
   * PyTorch's modules ({@code bert.encoder.layer.2.output.dense}) as a glob over nodes and weights
   * of an exported file; empty for one that says nothing about it.
   */
  private static Optional<String> glob(String name) {
    if (!LITERAL.matcher(name).matches() || GENERATED.matcher(name).matches()) {
      return Optional.empty();
    }
    if (name.contains("/")) {
      String path = name.replaceAll("layer_([0-9]+)", "layer.$1");
      return Optional.of("*" + path.substring(path.startsWith("bert/") ? "bert".length() : 0));
    }
    return Optional.of("*" + name.replaceFirst("^bert\\.", "") + ".weight");
  }
}
