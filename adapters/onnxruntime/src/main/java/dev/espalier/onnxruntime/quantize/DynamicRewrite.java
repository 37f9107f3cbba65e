package dev.espalier.onnxruntime.quantize;

import static dev.espalier.onnxruntime.graph.Nodes.attribute;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.quantize.Int8Matrix.Axis;
import dev.espalier.onnxruntime.quantize.QuantizationReport.Left;
import dev.espalier.onnxruntime.quantize.QuantizationReport.Operator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rewrite that {@link DynamicQuantizer} describes, of one graph. */
final class DynamicRewrite {
  /** Below this, int8 kernels gain nothing and a classifier loses accuracy. */
  private static final int FEWEST_COLUMNS = 16;

  /** Below this, a table is not worth its rounding. */
  private static final int FEWEST_ROWS = 16;

  private final OnnxGraph graph;
  private final boolean reduceRange;
  private final List<NodeProto> nodes = new ArrayList<>();
  private final Map<String, Activation> activations = new HashMap<>();
  private final Map<String, Weight> weights = new HashMap<>();
  private final List<Operator> quantized = new ArrayList<>();
  private final List<Left> left = new ArrayList<>();

  /** The outputs of a DynamicQuantizeLinear. */
  private record Activation(String values, String scale, String zeroPoint) {}

  /** The two initializers of a quantized matrix. */
  private record Weight(String values, String scales) {}

  DynamicRewrite(OnnxGraph graph, boolean reduceRange) {
    this.graph = graph;
    this.reduceRange = reduceRange;
  }

  List<Operator> quantized() {
    return quantized;
  }

  List<Left> left() {
    return left;
  }

  /**
   * Rewrites the graph.
   *
   * @throws IllegalArgumentException when there is nothing to quantize, or a weight is not finite
   */
  void run() {
    for (NodeProto node : graph.nodes()) {
      switch (Nodes.is(node, node.getOpType()) ? node.getOpType() : "") {
        case "MatMul" -> matMul(node);
        case "Gather" -> gather(node);
        case "Gemm", "Conv" -> {
          leave(node, 1, "only MatMul and Gather are quantized dynamically");
          nodes.add(node);
        }
        default -> nodes.add(node);
      }
    }
    if (quantized.isEmpty()) {
      throw new IllegalArgumentException(
          "holds no MatMul and no Gather with a constant float matrix that could be quantized");
    }
    graph.replaceNodes(nodes);
    graph.dropUnused();
  }

  private void matMul(NodeProto node) {
    TensorProto matrix = graph.constant(node.getInput(1));
    String reason = whyNotMatMul(node, matrix);
    if (matrix == null || reason != null) {
      if (matrix != null && reason != null) {
        leave(node, 1, reason);
      }
      nodes.add(node);
      return;
    }
    Activation input = activations.computeIfAbsent(node.getInput(0), this::quantizeActivation);
    Weight weight = weight(node.getInput(1), matrix, Axis.COLUMN);
    String output = node.getOutput(0);

    String sums =
        add(
            "MatMulInteger",
            List.of(input.values(), weight.values(), input.zeroPoint()),
            output + "_int32");
    String floats = cast(sums, output + "_cast");
    String scales = add("Mul", List.of(input.scale(), weight.scales()), output + "_scales");
    nodes.add(Nodes.node("Mul", List.of(floats, scales), List.of(output)));
    quantized.add(new Operator("MatMul", node.getInput(1)));
  }

  private @Nullable String whyNotMatMul(NodeProto node, @Nullable TensorProto matrix) {
    if (matrix == null || matrix.getDataType() != DataType.FLOAT.getNumber()) {
      return "its matrix is not a float constant";
    }
    if (matrix.getDimsCount() != 2) {
      return "its constant has " + matrix.getDimsCount() + " dimensions instead of 2";
    }
    if (graph.constant(node.getInput(0)) != null) {
      return "both operands are constants";
    }
    if (matrix.getDims(1) < FEWEST_COLUMNS) {
      return "fewer than " + FEWEST_COLUMNS + " columns";
    }
    return null;
  }

  private void gather(NodeProto node) {
    TensorProto table = graph.constant(node.getInput(0));
    if (table == null
        || !Tensors.is(table, DataType.FLOAT, 2)
        || Nodes.intAttribute(node, "axis", 0) != 0
        || table.getDims(0) < FEWEST_ROWS) {
      if (table != null && Tensors.is(table, DataType.FLOAT, 2)) {
        leave(
            node,
            0,
            table.getDims(0) < FEWEST_ROWS
                ? "fewer than " + FEWEST_ROWS + " rows"
                : "it doesn't gather rows");
      }
      nodes.add(node);
      return;
    }
    Weight weight = weight(node.getInput(0), table, Axis.ROW);
    String indices = node.getInput(1);
    String output = node.getOutput(0);

    String rows = add("Gather", List.of(weight.values(), indices), output + "_int8");
    String scales = add("Gather", List.of(weight.scales(), indices), output + "_scales");
    String floats = cast(rows, output + "_cast");
    nodes.add(Nodes.node("Mul", List.of(floats, scales), List.of(output)));
    quantized.add(new Operator("Gather", node.getInput(0)));
  }

  private Activation quantizeActivation(String tensor) {
    Activation activation =
        new Activation(
            graph.fresh(tensor + "_quantized"),
            graph.fresh(tensor + "_scale"),
            graph.fresh(tensor + "_zero_point"));
    nodes.add(
        Nodes.node(
            "DynamicQuantizeLinear",
            List.of(tensor),
            List.of(activation.values(), activation.scale(), activation.zeroPoint())));
    return activation;
  }

  /** The matrix quantized along this axis; once, however many operators read it. */
  private Weight weight(String name, TensorProto matrix, Axis axis) {
    Weight known = weights.get(name + "/" + axis);
    if (known != null) {
      return known;
    }
    int rows = Math.toIntExact(matrix.getDims(0));
    int columns = Math.toIntExact(matrix.getDims(1));
    Int8Matrix int8;
    try {
      int8 = Int8Matrix.of(Tensors.floats(matrix), rows, columns, axis, reduceRange);
    } catch (IllegalArgumentException notFinite) {
      throw new IllegalArgumentException(
          "cannot quantize " + name + ": " + notFinite.getMessage(), notFinite);
    }
    // [rows, 1], so that what is gathered from it has the dimension to multiply rows along.
    List<Long> scalesShape = axis == Axis.ROW ? List.of((long) rows, 1L) : List.of((long) columns);
    Weight weight =
        new Weight(
            graph.addInitializer(
                Tensors.ofInt8(
                    name + "_quantized", List.of((long) rows, (long) columns), int8.values())),
            graph.addInitializer(Tensors.ofFloats(name + "_scale", scalesShape, int8.scales())));
    weights.put(name + "/" + axis, weight);
    return weight;
  }

  private void leave(NodeProto node, int input, String reason) {
    String name = node.getInput(input);
    if (graph.constant(name) != null) {
      left.add(new Left(new Operator(node.getOpType(), name), reason));
    }
  }

  private String cast(String input, String output) {
    String name = graph.fresh(output);
    nodes.add(
        Nodes.node(
            "Cast", List.of(input), List.of(name), attribute("to", DataType.FLOAT.getNumber())));
    return name;
  }

  private String add(String operator, List<String> inputs, String output) {
    String name = graph.fresh(output);
    nodes.add(Nodes.node(operator, inputs, List.of(name)));
    return name;
  }
}
