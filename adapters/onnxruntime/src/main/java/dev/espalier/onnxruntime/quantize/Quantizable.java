package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import java.util.Set;

/** Whether a model can be quantized at all. */
final class Quantizable {
  /** First opset with DynamicQuantizeLinear. */
  static final long OLDEST_OPSET = 11;

  /** Last opset that ONNX Runtime 1.29 loads. */
  static final long NEWEST_OPSET = 26;

  private static final Set<String> QUANTIZED =
      Set.of(
          "QuantizeLinear",
          "DequantizeLinear",
          "DynamicQuantizeLinear",
          "MatMulInteger",
          "ConvInteger",
          "DynamicQuantizeMatMul",
          "DynamicQuantizeLSTM",
          "MatMulIntegerToFloat",
          "MatMulNBits",
          "QAttention",
          "QEmbedLayerNormalization",
          "QGemm");

  private Quantizable() {}

  /**
   * Checks a model up front.
   *
   * @throws IllegalArgumentException saying in one sentence why it cannot be quantized
   */
  static void check(OnnxGraph graph) {
    long opset = graph.opset("");
    if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
      throw new IllegalArgumentException(
          "uses opset " + opset + ", supported are " + OLDEST_OPSET + " to " + NEWEST_OPSET);
    }
    for (NodeProto node : graph.nodes()) {
      if (QUANTIZED.contains(node.getOpType()) || node.getOpType().startsWith("QLinear")) {
        throw new IllegalArgumentException(
            "is quantized already: it holds a " + node.getOpType() + " operator");
      }
    }
    for (TensorProto tensor : graph.initializers()) {
      if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
        throw new IllegalArgumentException(
            "keeps " + tensor.getName() + " in another file, which is not supported yet");
      }
    }
  }
}
