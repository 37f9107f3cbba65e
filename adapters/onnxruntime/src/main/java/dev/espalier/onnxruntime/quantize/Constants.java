package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Constant tensors of a graph: initializers, Constant nodes, and the transpose of a constant matrix
 * (how a table that an embedding and a MatMul share is written).
 */
final class Constants {
  private final OnnxGraph graph;
  private final Map<String, TensorProto> transposed = new HashMap<>();

  Constants(OnnxGraph graph) {
    this.graph = graph;
  }

  /** The constant of this name, or null when it is none, or an empty name. */
  @Nullable TensorProto find(String name) {
    if (name.isEmpty()) {
      return null;
    }
    TensorProto direct = graph.constant(name);
    if (direct != null) {
      return direct;
    }
    TensorProto known = transposed.get(name);
    if (known != null) {
      return known;
    }
    NodeProto producer = graph.producer(name);
    if (producer == null || !Nodes.is(producer, "Transpose")) {
      return null;
    }
    TensorProto source = graph.constant(producer.getInput(0));
    if (source == null || !Tensors.is(source, DataType.FLOAT, 2) || !swaps(producer)) {
      return null;
    }
    int rows = Math.toIntExact(source.getDims(0));
    int columns = Math.toIntExact(source.getDims(1));
    TensorProto turned =
        Tensors.ofFloats(
            name,
            List.of((long) columns, (long) rows),
            Tensors.transpose(Tensors.floats(source), rows, columns));
    transposed.put(name, turned);
    return turned;
  }

  /** The constant of this name when it is of float32 and these many dimensions, or null. */
  @Nullable TensorProto floats(String name, int rank) {
    TensorProto tensor = find(name);
    return tensor != null && Tensors.is(tensor, DataType.FLOAT, rank) ? tensor : null;
  }

  /** The values of a constant float vector of this length, in any shape that ends with it. */
  float @Nullable [] vector(String name, long length) {
    TensorProto tensor = find(name);
    if (tensor == null
        || tensor.getDataType() != DataType.FLOAT.getNumber()
        || tensor.getDimsCount() == 0
        || tensor.getDims(tensor.getDimsCount() - 1) != length
        || Tensors.size(tensor) != length) {
      return null;
    }
    return Tensors.floats(tensor);
  }

  /** Without perm, the dimensions are reversed. */
  private static boolean swaps(NodeProto transpose) {
    return transpose.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals("perm"))
        .map(AttributeProto::getIntsList)
        .allMatch(List.of(1L, 0L)::equals);
  }
}
