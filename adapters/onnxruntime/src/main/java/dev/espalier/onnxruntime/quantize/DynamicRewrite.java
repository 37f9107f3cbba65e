package dev.espalier.onnxruntime.quantize;

import static dev.espalier.onnxruntime.graph.Nodes.attribute;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.quantize.Int8Constants.Weight;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Dynamic int8: weights are quantized here, activations at run time.
 *
 * <p>A MatMul with a constant matrix becomes, in plain ONNX operators,
 *
 * <pre>
 * q, s, z = DynamicQuantizeLinear(x)         uint8, one per activation however many read it
 * y       = Cast(MatMulInteger(q, w, z)) · (s · scales)
 * </pre>
 *
 * with {@code w} int8 and {@code scales} one per output column. ONNX Runtime fuses this to
 * DynamicQuantizeMatMul where x has one reader and to MatMulIntegerToFloat where it has several,
 * the bias that follows included; at optimization level NONE it runs as it stands. A Gemm becomes
 * the same and an Add. Microsoft's Attention becomes QAttention. Everything else stays float, Conv
 * too: ConvInteger was not faster than float convolution where it was tried.
 */
final class DynamicRewrite {
  private static final Set<String> WEIGHTED = Set.of("MatMul", "Gemm", "Gather", "Attention");

  private final OnnxGraph graph;
  private final Selection selection;
  private final Constants constants;
  private final Eligibility eligibility;
  private final Int8Constants int8;
  private final Gathers gathers;
  private final List<NodeProto> nodes = new ArrayList<>();
  private final Map<String, Activation> activations = new HashMap<>();

  /** The outputs of a DynamicQuantizeLinear. */
  private record Activation(String values, String scale, String zeroPoint) {}

  DynamicRewrite(OnnxGraph graph, Selection selection) {
    this.graph = graph;
    this.selection = selection;
    constants = new Constants(graph);
    eligibility = new Eligibility(constants);
    int8 = new Int8Constants(graph, selection.plan());
    gathers = new Gathers(graph, selection, int8);
  }

  /**
   * Rewrites the graph.
   *
   * @throws IllegalArgumentException when a weight is not finite
   */
  void run() {
    for (NodeProto node : graph.nodes()) {
      if (!rewritten(node)) {
        nodes.add(node);
      }
    }
    graph.replaceNodes(nodes);
    graph.dropUnused();
  }

  private boolean rewritten(NodeProto node) {
    String type =
        Nodes.isAttention(node) || Nodes.is(node, node.getOpType()) ? node.getOpType() : "";
    if (type.equals("Conv")) {
      if (constants.find(node.getInput(1)) != null) {
        selection.leave(
            node, node.getInput(1), "convolutions are quantized statically, not dynamically");
      }
      return false;
    }
    if (!WEIGHTED.contains(type)) {
      return false;
    }
    String name = node.getInput(type.equals("Gather") ? 0 : 1);
    TensorProto weight = constants.find(name);
    if (weight == null) {
      return false;
    }
    String reason = whyNot(node, type);
    String unwanted = selection.whyFloat(node, name);
    if (reason != null || unwanted != null) {
      if (weight.getDataType() == DataType.FLOAT.getNumber()) {
        selection.leave(node, name, unwanted == null ? String.valueOf(reason) : unwanted);
      }
      return false;
    }
    switch (type) {
      case "MatMul" -> matMul(node, name, weight, node.getOutput(0));
      case "Gemm" -> gemm(node, name, weight);
      case "Attention" -> attention(node, name, weight);
      default -> gathers.rewrite(node, weight, nodes);
    }
    selection.quantized(node, name);
    return true;
  }

  private @Nullable String whyNot(NodeProto node, String type) {
    return switch (type) {
      case "MatMul" -> eligibility.whyNotMatMul(node);
      case "Gemm" -> eligibility.whyNotGemm(node);
      case "Attention" -> eligibility.whyNotAttention(node);
      default -> eligibility.whyNotGather(node);
    };
  }

  private void matMul(NodeProto node, String name, TensorProto matrix, String output) {
    Activation input = activations.computeIfAbsent(node.getInput(0), this::quantizeActivation);
    boolean perChannel = selection.perChannel(node, node.getInput(1));
    Weight weight = int8.of(perChannel, name, matrix, 1, List.of(matrix.getDims(1)));
    String sums =
        add(
            "MatMulInteger",
            List.of(input.values(), weight.values(), input.zeroPoint()),
            output + "_int32");
    String floats = graph.fresh(output + "_cast");
    nodes.add(
        Nodes.node(
            "Cast", List.of(sums), List.of(floats), attribute("to", DataType.FLOAT.getNumber())));
    String scales = add("Mul", List.of(input.scale(), weight.scales()), output + "_scales");
    nodes.add(Nodes.node("Mul", List.of(floats, scales), List.of(output)));
  }

  private void gemm(NodeProto node, String name, TensorProto matrix) {
    String output = node.getOutput(0);
    boolean bias = Eligibility.hasInput(node, 2);
    String product = bias ? graph.fresh(output + "_product") : output;
    if (Nodes.intAttribute(node, "transB", 0) == 0) {
      matMul(node, name, matrix, product);
    } else {
      int rows = Math.toIntExact(matrix.getDims(0));
      int columns = Math.toIntExact(matrix.getDims(1));
      float[] turned = Tensors.transpose(Tensors.floats(matrix), rows, columns);
      List<Long> shape = List.of((long) columns, (long) rows);
      matMul(node, name + "_transposed", Tensors.ofFloats(name, shape, turned), product);
    }
    if (bias) {
      nodes.add(Nodes.node("Add", List.of(product, node.getInput(2)), List.of(output)));
    }
  }

  private void attention(NodeProto node, String name, TensorProto matrix) {
    Activation input = activations.computeIfAbsent(node.getInput(0), this::quantizeActivation);
    Weight weight =
        int8.of(selection.perChannel(node, name), name, matrix, 1, List.of(matrix.getDims(1)));
    nodes.add(
        Nodes.qAttention(
            node,
            List.of(input.values(), input.scale(), input.zeroPoint()),
            List.of(weight.values(), weight.scales(), weight.zeroPoints())));
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

  private String add(String operator, List<String> inputs, String output) {
    String name = graph.fresh(output);
    nodes.add(Nodes.node(operator, inputs, List.of(name)));
    return name;
  }
}
