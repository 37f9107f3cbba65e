package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns a MatMul of a matrix and the Add of its bias into a Gemm, whose int8 kernel adds an int32
 * bias and can write uint8. ONNX Runtime's optimizer would do the same, but after the weight was
 * given a DequantizeLinear, and to a float Gemm that dequantizes its weight for each request.
 */
final class GemmFusion {
  private GemmFusion() {}

  static void run(OnnxGraph graph, Set<String> operatorTypes) {
    if (!operatorTypes.containsAll(Set.of("MatMul", "Gemm"))) {
      return;
    }
    Constants constants = new Constants(graph);
    Ranks ranks = new Ranks(graph);
    Map<String, NodeProto> products = new HashMap<>();
    Set<String> gone = new HashSet<>();
    for (NodeProto node : graph.nodes()) {
      if (Nodes.is(node, "MatMul") && ranks.of(node.getInput(0)) == 2) {
        NodeProto bias = bias(graph, constants, node);
        if (bias != null) {
          products.put(bias.getOutput(0), node);
          gone.add(node.getOutput(0));
        }
      }
    }
    if (products.isEmpty()) {
      return;
    }
    List<NodeProto> nodes = new ArrayList<>();
    for (NodeProto node : graph.nodes()) {
      NodeProto product = products.get(node.getOutput(0));
      if (product != null) {
        nodes.add(
            product.toBuilder()
                .setOpType("Gemm")
                .addInput(other(node, product.getOutput(0)))
                .setOutput(0, node.getOutput(0))
                .build());
      } else if (!gone.contains(node.getOutput(0))) {
        nodes.add(node);
      }
    }
    graph.replaceNodes(nodes);
  }

  /** The Add of a constant vector that alone reads the product of a constant matrix, or null. */
  static @Nullable NodeProto bias(OnnxGraph graph, Constants constants, NodeProto product) {
    String output = product.getOutput(0);
    List<NodeProto> readers = graph.consumers(output);
    TensorProto matrix = constants.floats(product.getInput(1), 2);
    if (matrix == null
        || readers.size() != 1
        || graph.isOutput(output)
        || !Nodes.is(readers.get(0), "Add")
        || readers.get(0).getInputCount() != 2) {
      return null;
    }
    TensorProto vector = constants.floats(other(readers.get(0), output), 1);
    return vector != null && vector.getDims(0) == matrix.getDims(1) ? readers.get(0) : null;
  }

  /** The input of a sum that isn't this one. */
  static String other(NodeProto sum, String input) {
    return sum.getInput(sum.getInput(0).equals(input) ? 1 : 0);
  }
}
