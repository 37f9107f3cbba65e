package dev.espalier.onnxruntime;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.core.quantization.QuantizedModel.Operator;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.quantize.QuantizationReport;
import dev.espalier.onnxruntime.quantize.QuantizationReport.Left;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns a quantizer's report into a list of operators, in the order of the graph. */
final class OperatorList {
  /** A scale of 4 bytes and a zero point of 1. */
  private static final int BYTES_PER_SCALE = 5;

  private OperatorList() {}

  /**
   * What {@code report} says.
   *
   * @param graph the float model that was quantized
   */
  static QuantizedModel of(OnnxGraph graph, QuantizationReport report) {
    List<Operator> operators = new ArrayList<>();
    for (QuantizationReport.Operator one : report.quantized()) {
      long scales = one.perChannel() ? channels(graph, one) : 1;
      long elements = elements(graph, one);
      long bytes = elements == 0 ? 0 : elements + BYTES_PER_SCALE * scales;
      operators.add(new Operator(one.node(), one.type(), "int8", null, null, bytes));
    }
    for (Left left : report.left()) {
      QuantizationReport.Operator one = left.operator();
      long bytes = Float.BYTES * elements(graph, one);
      operators.add(
          new Operator(one.node(), one.type(), QuantizedModel.FLOAT, left.reason(), null, bytes));
    }
    return new QuantizedModel(report.asMap(), inOrder(graph, operators));
  }

  /** Operators in the order of the graph. */
  static List<Operator> inOrder(OnnxGraph graph, List<Operator> operators) {
    Map<String, Integer> order = order(graph);
    return operators.stream()
        .sorted(Comparator.comparingInt(one -> order.getOrDefault(one.name(), Integer.MAX_VALUE)))
        .toList();
  }

  /** Names of what can be quantized and of its weights. */
  static Set<String> names(OnnxGraph graph) {
    Set<String> names = new LinkedHashSet<>();
    for (NodeProto node : graph.nodes()) {
      if (QuantizationPlan.OPERATOR_TYPES.contains(node.getOpType())) {
        names.add(name(node));
        node.getInputList().stream()
            .filter(input -> graph.initializer(input) != null)
            .forEach(names::add);
      }
    }
    return names;
  }

  static String name(NodeProto node) {
    return node.getName().isEmpty() ? node.getOutput(0) : node.getName();
  }

  private static long elements(OnnxGraph graph, QuantizationReport.Operator operator) {
    TensorProto weight = weight(graph, operator);
    return weight == null ? 0 : Tensors.size(weight);
  }

  /** Rows of a table, outputs of a convolution, columns of a matrix. */
  private static long channels(OnnxGraph graph, QuantizationReport.Operator operator) {
    TensorProto weight = weight(graph, operator);
    if (weight == null || weight.getDimsCount() < 2) {
      return 1;
    }
    boolean rows = operator.type().equals("Gather") || operator.type().equals("Conv");
    return weight.getDims(rows ? 0 : 1);
  }

  private static @Nullable TensorProto weight(
      OnnxGraph graph, QuantizationReport.Operator operator) {
    return operator.weight().isEmpty() ? null : graph.constant(operator.weight());
  }

  private static Map<String, Integer> order(OnnxGraph graph) {
    Map<String, Integer> order = new HashMap<>();
    for (NodeProto node : graph.nodes()) {
      order.putIfAbsent(name(node), order.size());
    }
    return order;
  }
}
