package dev.espalier.core.quantization;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of a model that was quantized.
 *
 * @param notes for people: name to value
 * @param operators each operator with a weight, and each other one that became int8, in the order
 *     of the graph
 */
public record QuantizedModel(Map<String, String> notes, List<Operator> operators) {
  /** What {@link Operator#precision} says of an operator that was left as it was. */
  public static final String FLOAT = "float32";

  /**
   * One operator.
   *
   * @param name the node's name, or its first output's where it has none
   * @param type its type, for instance MatMul
   * @param precision how its weight is stored: {@link #FLOAT}, int8, int4
   * @param reason why it stayed float, as a part of a sentence; null when it did not
   * @param error what int8 does to its output, Σ(y − ŷ)² / Σy²; null when that was not measured
   * @param bytes of its weight in the file, scales included
   */
  public record Operator(
      String name,
      String type,
      String precision,
      @Nullable String reason,
      @Nullable Double error,
      long bytes) {
    /** Whether it was quantized. */
    public boolean isQuantized() {
      return !precision.equals(FLOAT);
    }

    /** What share of a file of this size its weight takes, in [0, 1]. */
    public double share(long fileBytes) {
      return fileBytes == 0 ? 0 : Math.min(1, (double) bytes / fileBytes);
    }

    /** The same, with its error. */
    public Operator withError(@Nullable Double measured) {
      return new Operator(name, type, precision, reason, measured, bytes);
    }
  }

  /** Copies the collections, keeping their order. */
  public QuantizedModel {
    notes = Collections.unmodifiableMap(new LinkedHashMap<>(notes));
    operators = List.copyOf(operators);
  }

  /** The operators that are quantized. */
  public List<Operator> quantized() {
    return operators.stream().filter(Operator::isQuantized).toList();
  }
}
