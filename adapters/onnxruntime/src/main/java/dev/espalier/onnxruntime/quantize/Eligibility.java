package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.Tensors;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which nodes with a constant weight can be quantized: for each, null or why not. */
final class Eligibility {
  /** Below this, int8 kernels gain nothing and a classifier loses accuracy. */
  static final int FEWEST_COLUMNS = 16;

  /** Below this, a table is not worth its rounding. */
  static final int FEWEST_ROWS = 16;

  /** What QAttention has as well. */
  private static final Set<String> ATTENTION_ATTRIBUTES =
      Set.of("num_heads", "unidirectional", "mask_filter_value");

  private final Constants constants;

  Eligibility(Constants constants) {
    this.constants = constants;
  }

  @Nullable String whyNotMatMul(NodeProto node) {
    String reason = whyNotMatrix(constants.find(node.getInput(1)), 1);
    if (reason != null) {
      return reason;
    }
    return constants.find(node.getInput(0)) == null ? null : "both operands are constants";
  }

  @Nullable String whyNotGemm(NodeProto node) {
    boolean transB = Nodes.intAttribute(node, "transB", 0) != 0;
    TensorProto matrix = constants.find(node.getInput(1));
    String reason = whyNotMatrix(matrix, transB ? 0 : 1);
    if (reason != null || matrix == null) {
      return reason;
    }
    if (Nodes.intAttribute(node, "transA", 0) != 0) {
      return "it transposes its input";
    }
    if (floatAttribute(node, "alpha") != 1 || floatAttribute(node, "beta") != 1) {
      return "its alpha or beta is not 1";
    }
    long columns = matrix.getDims(transB ? 0 : 1);
    if (hasInput(node, 2) && constants.vector(node.getInput(2), columns) == null) {
      return "its bias is not a constant with a value for each column";
    }
    return constants.find(node.getInput(0)) == null ? null : "both operands are constants";
  }

  @Nullable String whyNotConv(NodeProto node) {
    TensorProto kernel = constants.find(node.getInput(1));
    if (kernel == null || kernel.getDataType() != DataType.FLOAT.getNumber()) {
      return "its kernel is not a float constant";
    }
    if (kernel.getDimsCount() < 3 || kernel.getDimsList().stream().anyMatch(size -> size < 1)) {
      return "its kernel has shape " + kernel.getDimsList();
    }
    if (hasInput(node, 2) && constants.vector(node.getInput(2), kernel.getDims(0)) == null) {
      return "its bias is not a constant with a value for each channel";
    }
    return constants.find(node.getInput(0)) == null ? null : "both operands are constants";
  }

  @Nullable String whyNotAttention(NodeProto node) {
    TensorProto matrix = constants.find(node.getInput(1));
    String reason = whyNotMatrix(matrix, 1);
    if (reason != null || matrix == null) {
      return reason;
    }
    if (!hasInput(node, 2) || constants.vector(node.getInput(2), matrix.getDims(1)) == null) {
      return "its bias is not a constant with a value for each column";
    }
    if (hasInput(node, 4) || hasInput(node, 5) || hasInput(node, 6) || node.getOutputCount() > 1) {
      return "QAttention has no past and no attention bias";
    }
    for (AttributeProto attribute : node.getAttributeList()) {
      if (!ATTENTION_ATTRIBUTES.contains(attribute.getName())) {
        return "QAttention has no " + attribute.getName();
      }
    }
    return null;
  }

  @Nullable String whyNotGather(NodeProto node) {
    TensorProto table = constants.floats(node.getInput(0), 2);
    if (table == null) {
      return "its table is not a constant float matrix";
    }
    if (Nodes.intAttribute(node, "axis", 0) != 0) {
      return "it doesn't gather rows";
    }
    if (table.getDims(0) < FEWEST_ROWS) {
      return "fewer than " + FEWEST_ROWS + " rows";
    }
    return table.getDims(1) < 1 ? "its rows are empty" : null;
  }

  private static @Nullable String whyNotMatrix(@Nullable TensorProto matrix, int columnAxis) {
    if (matrix == null || matrix.getDataType() != DataType.FLOAT.getNumber()) {
      return "its matrix is not a float constant";
    }
    if (matrix.getDimsCount() != 2) {
      return "its constant has " + matrix.getDimsCount() + " dimensions instead of 2";
    }
    if (matrix.getDims(columnAxis) < FEWEST_COLUMNS) {
      return "fewer than " + FEWEST_COLUMNS + " columns";
    }
    return Tensors.size(matrix) < 1 ? "its matrix is empty" : null;
  }

  static boolean hasInput(NodeProto node, int index) {
    return node.getInputCount() > index && !node.getInput(index).isEmpty();
  }

  private static float floatAttribute(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .map(AttributeProto::getF)
        .findFirst()
        .orElse(1f);
  }
}
