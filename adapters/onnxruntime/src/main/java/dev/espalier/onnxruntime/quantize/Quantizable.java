package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import java.util.Set;

/** Whether a model can be quantized at all. */
final class Quantizable {
  /** First opset with DynamicQuantizeLinear, and with bounds of Clip as inputs. */
  static final long OLDEST_OPSET = 11;

  /** First opset with a DequantizeLinear per channel. */
  static final long PER_CHANNEL_QDQ_OPSET = 13;

  /** Last opset that ONNX Runtime 1.29 loads. */
  static final long NEWEST_OPSET = 26;

  /** First version of the file format that ONNX Runtime 1.29 loads. */
  static final long OLDEST_IR = 3;

  /** Last version of the file format that ONNX Runtime 1.29 loads. */
  static final long NEWEST_IR = 13;

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

  /** Whether some weight has a scale for each channel. */
  private static boolean anyPerChannel(QuantizationPlan plan) {
    return plan.perChannel()
        || plan.rules().stream().anyMatch(rule -> Boolean.TRUE.equals(rule.perChannel()));
  }

  /**
   * Checks a model up front.
   *
   * @throws IllegalArgumentException saying in one sentence why it cannot be quantized
   */
  static void check(OnnxGraph graph, QuantizationPlan plan) {
    long irVersion = graph.irVersion();
    if (irVersion < OLDEST_IR || irVersion > NEWEST_IR) {
      throw new IllegalArgumentException(
          "uses IR version "
              + irVersion
              + " of the file format, supported are "
              + OLDEST_IR
              + " to "
              + NEWEST_IR);
    }
    long opset = graph.opset("");
    boolean perChannelQdq = plan.format() == Format.QDQ && anyPerChannel(plan);
    if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
      throw new IllegalArgumentException(
          "uses opset " + opset + ", supported are " + OLDEST_OPSET + " to " + NEWEST_OPSET);
    }
    if (perChannelQdq && opset < PER_CHANNEL_QDQ_OPSET) {
      throw new IllegalArgumentException(
          "uses opset "
              + opset
              + ", qdq per channel needs "
              + PER_CHANNEL_QDQ_OPSET
              + " to "
              + NEWEST_OPSET
              + "; per tensor, or the format qoperator, needs "
              + OLDEST_OPSET);
    }
    for (NodeProto node : graph.nodes()) {
      if (QUANTIZED.contains(node.getOpType()) || node.getOpType().startsWith("QLinear")) {
        throw new IllegalArgumentException(
            "is quantized already: it holds a " + node.getOpType() + " operator");
      }
    }
  }
}
