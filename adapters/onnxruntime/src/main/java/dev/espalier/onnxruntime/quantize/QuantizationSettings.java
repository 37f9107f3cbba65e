package dev.espalier.onnxruntime.quantize;

import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.OperatorRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How a model is quantized. Weights are int8 and symmetric, activations uint8 and asymmetric.
 *
 * @param format how the graph is written down
 * @param perChannel a scale for each output channel of a weight (and row of a table), or one for
 *     the whole
 * @param reduceRange keeps weights in [−64, 64] instead of [−127, 127]. ONNX Runtime adds pairs of
 *     uint8 × int8 products in 16 bits on x86 CPUs without VNNI, which saturates for large weights;
 *     there, a reduced range is exact
 * @param operatorTypes what may be quantized, of {@link #OPERATOR_TYPES}
 * @param excluded {@link dev.espalier.core.text.Globs globs} over names of nodes and of their
 *     weights; what one matches stays float
 * @param floatNodes names of nodes that stay float, taken literally
 * @param rules exceptions for some operators, the later over the earlier
 */
public record QuantizationSettings(
    QuantizationFormat format,
    boolean perChannel,
    boolean reduceRange,
    Set<String> operatorTypes,
    List<String> excluded,
    Set<String> floatNodes,
    List<OperatorRule> rules) {
  /** Everything that can be quantized. */
  public static final Set<String> OPERATOR_TYPES = QuantizationPlan.OPERATOR_TYPES;

  /**
   * Copies the collections.
   *
   * @throws IllegalArgumentException when a type is none of {@link #OPERATOR_TYPES}
   */
  public QuantizationSettings {
    operatorTypes = Set.copyOf(operatorTypes);
    excluded = List.copyOf(excluded);
    floatNodes = Set.copyOf(floatNodes);
    rules = List.copyOf(rules);
    for (String type : operatorTypes) {
      if (!OPERATOR_TYPES.contains(type)) {
        throw new IllegalArgumentException(
            "operator type " + type + " cannot be quantized; " + new TreeSet<>(OPERATOR_TYPES));
      }
    }
  }

  /** Every type of operator, per channel, in the whole range, without exceptions. */
  public static QuantizationSettings of(QuantizationFormat format) {
    return new QuantizationSettings(
        format, true, false, OPERATOR_TYPES, List.of(), Set.of(), List.of());
  }

  /** The same, with a scale per channel or one for the whole. */
  public QuantizationSettings withPerChannel(boolean wanted) {
    return new QuantizationSettings(
        format, wanted, reduceRange, operatorTypes, excluded, floatNodes, rules);
  }

  /** The same, with 7 or 8 bits for weights. */
  public QuantizationSettings withReduceRange(boolean wanted) {
    return new QuantizationSettings(
        format, perChannel, wanted, operatorTypes, excluded, floatNodes, rules);
  }

  /** The same, for these types of operators. */
  public QuantizationSettings withOperatorTypes(Collection<String> types) {
    return new QuantizationSettings(
        format, perChannel, reduceRange, Set.copyOf(types), excluded, floatNodes, rules);
  }

  /** The same, with more globs over what stays float. */
  public QuantizationSettings excluding(Collection<String> globs) {
    List<String> all = new ArrayList<>(excluded);
    all.addAll(globs);
    return new QuantizationSettings(
        format, perChannel, reduceRange, operatorTypes, all, floatNodes, rules);
  }

  /** The same, with exactly these nodes kept float. */
  public QuantizationSettings withFloatNodes(Collection<String> names) {
    return new QuantizationSettings(
        format, perChannel, reduceRange, operatorTypes, excluded, Set.copyOf(names), rules);
  }

  /** The same, with exactly these exceptions. */
  public QuantizationSettings withRules(List<OperatorRule> exceptions) {
    return new QuantizationSettings(
        format, perChannel, reduceRange, operatorTypes, excluded, floatNodes, exceptions);
  }

  /** Whether some weight has a scale for each channel. */
  boolean anyPerChannel() {
    return perChannel || rules.stream().anyMatch(rule -> Boolean.TRUE.equals(rule.perChannel()));
  }
}
