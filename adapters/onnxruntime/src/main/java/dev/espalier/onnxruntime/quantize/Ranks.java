package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The numbers of dimensions of a graph's tensors, as far as they follow from what is declared. */
final class Ranks {
  private static final int UNKNOWN = -1;

  private static final Set<String> LIKE_FIRST_INPUT =
      Set.of(
          "Relu",
          "Clip",
          "Tanh",
          "Sigmoid",
          "Erf",
          "Gelu",
          "LeakyRelu",
          "Softmax",
          "Dropout",
          "LayerNormalization",
          "Identity",
          "Cast",
          "Transpose",
          "Sqrt",
          "CumSum");

  private static final Set<String> BROADCAST = Set.of("Add", "Sub", "Mul", "Div", "Pow");

  private final Map<String, Integer> known = new HashMap<>();

  Ranks(OnnxGraph graph) {
    graph
        .declared()
        .forEach(
            value -> {
              TypeProto.Tensor tensor = value.getType().getTensorType();
              if (value.getType().hasTensorType() && tensor.hasShape()) {
                known.put(value.getName(), tensor.getShape().getDimCount());
              }
            });
    for (TensorProto tensor : graph.initializers()) {
      known.put(tensor.getName(), tensor.getDimsCount());
    }
    graph.nodes().forEach(node -> infer(node, graph));
  }

  /** The rank of a tensor, or −1 when it isn't known. */
  int of(String tensor) {
    return known.getOrDefault(tensor, UNKNOWN);
  }

  private void infer(NodeProto node, OnnxGraph graph) {
    String output = node.getOutput(0);
    TensorProto constant = node.getInputCount() == 0 ? graph.constant(output) : null;
    if (constant != null) {
      known.put(output, constant.getDimsCount());
    }
    if (node.getInputCount() == 0
        || known.containsKey(output)
        || !Nodes.is(node, node.getOpType())) {
      return;
    }
    List<String> inputs = node.getInputList();
    int first = of(inputs.get(0));
    int second = inputs.size() > 1 ? of(inputs.get(1)) : UNKNOWN;
    String type = node.getOpType();
    int rank = UNKNOWN;
    if (LIKE_FIRST_INPUT.contains(type)) {
      rank = first;
    } else if (type.equals("Reshape") && inputs.size() > 1) {
      TensorProto shape = graph.constant(inputs.get(1));
      rank = shape != null && shape.getDimsCount() == 1 ? (int) shape.getDims(0) : UNKNOWN;
    } else if (type.equals("Gemm") || type.equals("Flatten")) {
      rank = 2;
    } else if (first >= 0 && second >= 0) {
      if (BROADCAST.contains(type)) {
        rank = Math.max(first, second);
      } else if (type.equals("MatMul") && first >= 2 && second >= 2) {
        rank = Math.max(first, second);
      } else if (type.equals("Gather")) {
        rank = first - 1 + second;
      }
    }
    if (rank >= 0) {
      known.put(output, rank);
    }
  }
}
