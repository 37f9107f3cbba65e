package dev.espalier.onnxruntime.quantize;

import dev.espalier.core.quantization.QuantizationPlan;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a quantization did.
 *
 * @param plan how it was asked for
 * @param quantized what became int8, in the order of the graph
 * @param left what could have been but stayed float, with the reason
 * @param excluded how many nodes each exclusion, and each name of a rule, matched, in their order
 * @param bytesBefore size of the source, with the data that it keeps in other files
 * @param bytesAfter size of the target, likewise
 */
public record QuantizationReport(
    QuantizationPlan plan,
    List<Operator> quantized,
    List<Left> left,
    Map<String, Integer> excluded,
    long bytesBefore,
    long bytesAfter) {
  /**
   * One operator that could be quantized.
   *
   * @param type its type, for instance MatMul
   * @param node the node's name, or its first output's where it has none
   * @param weight the name of its constant; empty when it has none
   * @param perChannel whether that has a scale for each channel
   */
  public record Operator(String type, String node, String weight, boolean perChannel) {}

  /**
   * An operator that stayed float.
   *
   * @param operator the operator
   * @param reason why, as a part of a sentence
   */
  public record Left(Operator operator, String reason) {}

  /** Copies the collections. */
  public QuantizationReport {
    quantized = List.copyOf(quantized);
    left = List.copyOf(left);
    excluded = Collections.unmodifiableMap(new LinkedHashMap<>(excluded));
  }

  /** The same, with the sizes of the files. */
  QuantizationReport ofSizes(long before, long after) {
    return new QuantizationReport(plan, quantized, left, excluded, before, after);
  }

  /** For people: name to value. */
  public Map<String, String> asMap() {
    Map<String, String> map = new LinkedHashMap<>();
    map.put(
        "format",
        switch (plan.format()) {
              case DYNAMIC, WEIGHT_ONLY -> "dynamic int8";
              case QDQ -> "static int8, QDQ";
              case QOPERATOR -> "static int8, QOperator";
            }
            + ", weights symmetric "
            + (plan.perChannel() ? "per channel" : "per tensor")
            + ", activations uint8");
    Map<String, Integer> counts = new TreeMap<>();
    quantized.forEach(operator -> counts.merge(operator.type(), 1, Integer::sum));
    counts.forEach((type, count) -> map.put("quantized " + type, String.valueOf(count)));
    for (Left one : left) {
      Operator operator = one.operator();
      String name = operator.weight().isEmpty() ? operator.node() : operator.weight();
      map.put("left " + operator.type() + " " + name, one.reason());
    }
    excluded.forEach(
        (pattern, count) ->
            map.put(
                (plan.excluded().contains(pattern) ? "excluded " : "op_wise ") + pattern,
                count + (count == 1 ? " node" : " nodes")));
    map.put("reduce_range", String.valueOf(plan.reduceRange().reduced()));
    map.put("bytes before", String.valueOf(bytesBefore));
    map.put("bytes after", String.valueOf(bytesAfter));
    return map;
  }
}
