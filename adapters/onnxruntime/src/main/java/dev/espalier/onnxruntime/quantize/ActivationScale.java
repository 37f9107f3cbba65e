package dev.espalier.onnxruntime.quantize;

import dev.espalier.onnxruntime.calibrate.TensorRange;

/**
 * An activation as uint8, asymmetric: {@code x ≈ scale · (q − zeroPoint)}, q in [0, 255].
 *
 * @param scale positive
 * @param zeroPoint the q of 0, which is exact
 */
public record ActivationScale(float scale, int zeroPoint) {
  private static final int LEVELS = 255;

  /** The scale of a range, which is widened to hold 0. */
  public static ActivationScale of(TensorRange range) {
    double minimum = Math.min(0, range.minimum());
    double maximum = Math.max(0, range.maximum());
    if (minimum == maximum) {
      return new ActivationScale(1, 0);
    }
    float scale = (float) Math.max((maximum - minimum) / LEVELS, Float.MIN_NORMAL);
    long zeroPoint = Math.round(Math.rint(-minimum / scale));
    return new ActivationScale(scale, (int) Math.max(0, Math.min(LEVELS, zeroPoint)));
  }

  /** What a value becomes that is quantized, as QuantizeLinear does it, and taken back. */
  public float nearest(float value) {
    double level = Math.rint(value / scale) + zeroPoint;
    return (float) (Math.max(0, Math.min(LEVELS, level)) - zeroPoint) * scale;
  }

  /** Whether a range can be quantized at all: finite, and not upside down. */
  static boolean fits(TensorRange range) {
    return Float.isFinite(range.minimum())
        && Float.isFinite(range.maximum())
        && range.minimum() <= range.maximum()
        && Float.isFinite(
            (float) ((Math.max(0.0, range.maximum()) - Math.min(0.0, range.minimum())) / LEVELS));
  }
}
