package dev.espalier.checkpoints;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemKind;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Tells a quantized checkpoint by its {@code config.json} or by its tensors. Its integers mean
 * nothing without the scales that are stored beside them, each library's in its own way, so they
 * must not be read as weights.
 */
final class Quantized {
  private static final String KEY = "quantization_config";
  private static final String ADVICE =
      "Load the original float checkpoint, the one that was quantized.";

  /** Of weights under other names: what GPTQ and AWQ write in the place of every NAME.weight. */
  static final String PACKED_ADVICE =
      "Found were packed integers, NAME.qweight, as GPTQ and AWQ write them. " + ADVICE;

  private static final int NAMED = 5;

  /** What parameters are called, and buffers such as {@code position_ids} are not. */
  private static final Pattern PARAMETER = Pattern.compile("(.*\\.)?(weight|bias|gamma|beta)");

  private Quantized() {}

  /** The problem of a {@code config.json} that says that its model is quantized. */
  static Optional<Problem> byConfig(Path file, JsonNode config) {
    JsonNode quantization = config.path(KEY);
    if (quantization.isMissingNode() || quantization.isNull()) {
      return Optional.empty();
    }
    return Optional.of(
        problem(
            file,
            KEY
                + ": the checkpoint is quantized by "
                + library(quantization)
                + "; Espalier prunes float weights"));
  }

  private static String library(JsonNode quantization) {
    String method = quantization.path("quant_method").asText("");
    if (!method.isEmpty()) {
      return method;
    }
    // As written before there was a quant_method.
    return quantization.has("load_in_8bit") || quantization.has("load_in_4bit")
        ? "bitsandbytes"
        : "a library that it does not name";
  }

  /**
   * The problem of weights that are stored as integers.
   *
   * @param weights type and shape of every tensor that is to be read as a weight
   */
  static Optional<Problem> byTypes(Path file, SortedMap<String, TensorInfo> weights) {
    List<String> integers =
        weights.entrySet().stream()
            .filter(entry -> !entry.getValue().type().isFloat())
            .map(entry -> entry.getKey() + " as " + entry.getValue().type())
            .toList();
    if (integers.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        problem(
            file,
            "stores "
                + integers.stream().limit(NAMED).collect(Collectors.joining(", "))
                + (integers.size() > NAMED ? ", and " + (integers.size() - NAMED) + " more" : "")
                + ": integers, as a quantized checkpoint has them; Espalier prunes float weights"));
  }

  /** Of all tensors in a file those that are named as parameters are. */
  static SortedMap<String, TensorInfo> parameters(SortedMap<String, TensorInfo> tensors) {
    SortedMap<String, TensorInfo> parameters = new TreeMap<>(tensors);
    parameters.keySet().removeIf(name -> !PARAMETER.matcher(name).matches());
    return parameters;
  }

  private static Problem problem(Path file, String message) {
    return new Problem(
        ProblemKind.INPUT,
        ProblemCode.UNSUPPORTED,
        Location.ofFile(file.toString()),
        message,
        ADVICE);
  }
}
