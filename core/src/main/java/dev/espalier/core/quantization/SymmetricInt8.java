package dev.espalier.core.quantization;

/** The arithmetic of int8 with a zero point of 0: {@code x ≈ scale · level}. */
public final class SymmetricInt8 {
  /** The largest level. The least is its negative, so that a range is symmetric. */
  public static final int LARGEST = 127;

  /**
   * The largest level of 7 bits. On x86 CPUs without VNNI, ONNX Runtime adds pairs of uint8 × int8
   * products in 16 bits, which saturates for large weights; with 7 bits it is exact.
   */
  public static final int REDUCED = 64;

  private SymmetricInt8() {}

  /** The largest level of 8 or of 7 bits. */
  public static int largest(boolean reduced) {
    return reduced ? REDUCED : LARGEST;
  }

  /**
   * The scale at which the largest magnitude becomes the largest level; 1 for zeros, which need
   * some scale. It may be too small to be a normal number.
   */
  public static float scale(float magnitude, int largest) {
    return magnitude == 0 ? 1 : magnitude / largest;
  }

  /** The nearest level, ties to even, saturated. */
  public static byte level(float value, float scale, int largest) {
    // In double, so that the quotient is not rounded before it is rounded to an integer.
    return (byte) Math.max(-largest, Math.min(largest, Math.rint((double) value / scale)));
  }
}
