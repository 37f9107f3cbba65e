package dev.espalier.onnxruntime.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * A MatMul of an activation with a constant matrix: a linear layer without its bias.
 *
 * @param node the MatMul
 * @param matrix its constant, float32 [inputs, outputs]
 */
public record Linear(NodeProto node, TensorProto matrix) {
  /** All of a graph, in its order. */
  public static List<Linear> of(OnnxGraph graph) {
    List<Linear> linears = new ArrayList<>();
    for (NodeProto node : graph.nodes()) {
      if (Nodes.is(node, "MatMul") && node.getInputCount() == 2) {
        TensorProto matrix = graph.constant(node.getInput(1));
        if (matrix != null
            && Tensors.is(matrix, DataType.FLOAT, 2)
            && Tensors.size(matrix) > 0
            && graph.constant(node.getInput(0)) == null) {
          linears.add(new Linear(node, matrix));
        }
      }
    }
    return linears;
  }

  /** The activation that is multiplied, [..., inputs]. */
  public String activation() {
    return node.getInput(0);
  }

  /** The name of the constant. */
  public String weight() {
    return node.getInput(1);
  }

  /** What is written, [..., outputs]. */
  public String output() {
    return node.getOutput(0);
  }

  /** The rows of the matrix. */
  public int inputs() {
    return Math.toIntExact(matrix.getDims(0));
  }

  /** The columns of the matrix. */
  public int outputs() {
    return Math.toIntExact(matrix.getDims(1));
  }
}
