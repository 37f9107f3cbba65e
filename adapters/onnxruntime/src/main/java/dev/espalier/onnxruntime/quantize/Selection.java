package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.OperatorRule;
import dev.espalier.core.text.Globs;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.quantize.QuantizationReport.Left;
import dev.espalier.onnxruntime.quantize.QuantizationReport.Operator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the plan has quantized, and what became of it. */
final class Selection {
  private final QuantizationPlan plan;
  private final List<Operator> quantized = new ArrayList<>();
  private final List<Left> left = new ArrayList<>();
  private final Map<String, Integer> matched = new LinkedHashMap<>();

  Selection(QuantizationPlan plan, OnnxGraph graph) {
    this.plan = plan;
    List<String> globs = new ArrayList<>(plan.excluded());
    plan.rules().forEach(rule -> globs.addAll(rule.names()));
    for (String glob : globs) {
      long count =
          graph.nodes().stream()
              .filter(
                  node ->
                      names(glob, name(node))
                          || node.getInputList().stream()
                              .anyMatch(
                                  input -> graph.initializer(input) != null && names(glob, input)))
              .count();
      matched.put(glob, (int) count);
    }
  }

  QuantizationPlan plan() {
    return plan;
  }

  List<Operator> quantized() {
    return quantized;
  }

  List<Left> left() {
    return left;
  }

  /**
   * How many nodes each exclusion and each name of a rule matches, by their name or by an
   * initializer that they read.
   */
  Map<String, Integer> matched() {
    return matched;
  }

  /** The node's name, or its first output's where it has none. */
  static String name(NodeProto node) {
    return node.getName().isEmpty() ? node.getOutput(0) : node.getName();
  }

  /**
   * Why the plan keeps a node float, or null.
   *
   * @param weight the name of its constant, or nothing
   */
  @Nullable String whyFloat(NodeProto node, String weight) {
    for (String glob : plan.excluded()) {
      if (names(glob, name(node)) || names(glob, weight)) {
        return "excluded by " + glob;
      }
    }
    if (plan.floatNodes().contains(name(node))) {
      return "kept float";
    }
    OperatorRule decisive = null;
    for (OperatorRule rule : plan.rules()) {
      if (rule.quantized() != null && matches(rule, node, weight)) {
        decisive = rule;
      }
    }
    if (decisive != null) {
      return Boolean.TRUE.equals(decisive.quantized()) ? null : "fp32 by " + decisive.inWords();
    }
    if (!plan.operatorTypes().contains(node.getOpType())) {
      return "operators of type " + node.getOpType() + " are not selected";
    }
    return null;
  }

  /** Whether a node's weight has a scale for each channel. */
  boolean perChannel(NodeProto node, String weight) {
    boolean perChannel = plan.perChannel();
    for (OperatorRule rule : plan.rules()) {
      Boolean said = rule.perChannel();
      if (said != null && matches(rule, node, weight)) {
        perChannel = said;
      }
    }
    return perChannel;
  }

  /** Whether a rule is about a node, with the name of its constant, or nothing. */
  static boolean matches(OperatorRule rule, NodeProto node, String weight) {
    boolean type = rule.types().isEmpty() || rule.types().contains(node.getOpType());
    return type
        && (rule.names().isEmpty()
            || rule.names().stream()
                .anyMatch(
                    glob -> names(glob, name(node)) || (!weight.isEmpty() && names(glob, weight))));
  }

  void quantized(NodeProto node, String weight) {
    quantized.add(
        new Operator(
            node.getOpType(), name(node), weight, !weight.isEmpty() && perChannel(node, weight)));
  }

  void leave(NodeProto node, String weight, String reason) {
    left.add(new Left(new Operator(node.getOpType(), name(node), weight, false), reason));
  }

  private static boolean names(String glob, String name) {
    return Globs.of(glob).test(name);
  }
}
