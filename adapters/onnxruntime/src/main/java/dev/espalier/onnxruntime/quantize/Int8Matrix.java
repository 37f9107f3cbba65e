package dev.espalier.onnxruntime.quantize;

/**
 * A float matrix as int8 with one scale per row or per column, symmetric: {@code w ≈ scale · q},
 * zero point 0, so that a zero weight stays exactly zero.
 *
 * @param values q row by row, in [−127, 127], or [−64, 64] with a reduced range
 * @param scales one per row or column, positive
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes of weights, never compared
record Int8Matrix(byte[] values, float[] scales) {
  private static final int FULL_RANGE = 127;
  private static final int REDUCED_RANGE = 64;

  /** What shares a scale. */
  enum Axis {
    /** Each row has its scale: embeddings. */
    ROW,
    /** Each column has its scale: the output channels of a [in, out] matrix. */
    COLUMN
  }

  /**
   * Quantizes: {@code scale = max|w| / limit}, {@code q = round(w / scale)}, ties to even.
   *
   * @param weights {@code rows · columns} values, row by row
   * @param reduceRange keeps 7 bits, so that pairs of products don't saturate the 16-bit sums of
   *     AVX2 and AVX-512 without VNNI
   * @throws IllegalArgumentException when a weight is not finite
   */
  static Int8Matrix of(float[] weights, int rows, int columns, Axis axis, boolean reduceRange) {
    int limit = reduceRange ? REDUCED_RANGE : FULL_RANGE;
    float[] scales = new float[axis == Axis.ROW ? rows : columns];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        float weight = weights[row * columns + column];
        if (!Float.isFinite(weight)) {
          throw new IllegalArgumentException(
              "the value at [" + row + ", " + column + "] is " + weight);
        }
        int channel = axis == Axis.ROW ? row : column;
        scales[channel] = Math.max(scales[channel], Math.abs(weight));
      }
    }
    for (int channel = 0; channel < scales.length; channel++) {
      // A channel of zeros needs some scale; one so small that it would vanish gets the least.
      scales[channel] =
          scales[channel] == 0 ? 1f : Math.max(scales[channel] / limit, Float.MIN_NORMAL);
    }

    byte[] values = new byte[weights.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        int at = row * columns + column;
        double steps = Math.rint((double) weights[at] / scales[axis == Axis.ROW ? row : column]);
        values[at] = (byte) Math.max(-limit, Math.min(limit, steps));
      }
    }
    return new Int8Matrix(values, scales);
  }
}
