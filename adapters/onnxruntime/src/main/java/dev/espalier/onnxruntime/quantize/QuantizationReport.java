package dev.espalier.onnxruntime.quantize;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a quantization did.
 *
 * @param quantized what became int8, in the order of the graph
 * @param left what could have been but stayed float, with the reason
 * @param bytesBefore size of the source
 * @param bytesAfter size of the target
 * @param reduceRange whether weights have 7 bits
 */
public record QuantizationReport(
    List<Operator> quantized,
    List<Left> left,
    long bytesBefore,
    long bytesAfter,
    boolean reduceRange) {
  /**
   * One operator with a constant matrix.
   *
   * @param type its type, for instance MatMul
   * @param weight the name of its matrix
   */
  public record Operator(String type, String weight) {}

  /**
   * An operator that stayed float.
   *
   * @param operator the operator
   * @param reason why, as a part of a sentence
   */
  public record Left(Operator operator, String reason) {}

  /** Copies the lists. */
  public QuantizationReport {
    quantized = List.copyOf(quantized);
    left = List.copyOf(left);
  }

  /** For people: name to value. */
  public Map<String, String> asMap() {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("format", "dynamic int8, weights symmetric per channel, activations uint8");
    Map<String, Integer> counts = new TreeMap<>();
    quantized.forEach(operator -> counts.merge(operator.type(), 1, Integer::sum));
    counts.forEach((type, count) -> map.put("quantized " + type, String.valueOf(count)));
    for (Left one : left) {
      map.put("left " + one.operator().type() + " " + one.operator().weight(), one.reason());
    }
    map.put("reduce_range", String.valueOf(reduceRange));
    map.put("bytes before", String.valueOf(bytesBefore));
    map.put("bytes after", String.valueOf(bytesAfter));
    return map;
  }
}
