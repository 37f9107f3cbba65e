package dev.espalier.onnxruntime.quantize;

/** How a quantized graph is written down. */
public enum QuantizationFormat {
  /**
   * Activations are quantized at run time, by their own minimum and maximum: DynamicQuantizeLinear
   * and MatMulInteger. No calibration.
   */
  DYNAMIC("dynamic_int8"),
  /**
   * Activations have calibrated scales; float operators between QuantizeLinear and
   * DequantizeLinear, all of ONNX itself, that a runtime fuses into integer operators.
   */
  QDQ("qdq_int8"),
  /**
   * Activations have calibrated scales; the integer operators are in the file: QLinearConv and
   * QLinearMatMul of ONNX, MatMulIntegerToFloat, QGemm, QLinearAdd, QLinearMul and QAttention of
   * ONNX Runtime, which alone loads it.
   */
  QOPERATOR("qoperator_int8");

  private final String text;

  QuantizationFormat(String text) {
    this.text = text;
  }

  /** The value of the file's metadata key {@code quantization}. */
  public String text() {
    return text;
  }

  /** Whether activations need ranges, which calibration finds. */
  public boolean isStatic() {
    return this != DYNAMIC;
  }
}
