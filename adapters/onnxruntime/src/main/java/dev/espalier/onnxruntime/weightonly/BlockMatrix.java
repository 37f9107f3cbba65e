package dev.espalier.onnxruntime.weightonly;

/**
 * A float matrix [rows, columns] in blocks along its columns: {@code w ≈ scale · (q − zero)}.
 *
 * @param codes q, [rows, columns], in [0, 15] or, as unsigned bytes, [0, 255]
 * @param scales [columns, blocks]; may be negative
 * @param zeros zero points, [columns, blocks], as codes
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes of weights, never compared
record BlockMatrix(
    BlockFormat format, int rows, int columns, byte[] codes, float[] scales, byte[] zeros) {

  /** An empty one. */
  static BlockMatrix empty(BlockFormat format, int rows, int columns) {
    int blocks = Math.multiplyExact(columns, format.blocks(rows));
    return new BlockMatrix(
        format,
        rows,
        columns,
        new byte[Math.multiplyExact(rows, columns)],
        new float[blocks],
        new byte[blocks]);
  }

  /**
   * Rounds each weight to the nearest level, ties to even.
   *
   * @throws IllegalArgumentException when a weight is not finite
   */
  static BlockMatrix nearest(BlockFormat format, float[] weights, int rows, int columns) {
    requireFinite(weights, columns);
    BlockMatrix matrix = empty(format, rows, columns);
    for (int row = 0; row < rows; row++) {
      if (row % format.blockSize() == 0) {
        for (int column = 0; column < columns; column++) {
          matrix.choose(weights, weights, row, column);
        }
      }
      for (int column = 0; column < columns; column++) {
        int at = row * columns + column;
        matrix.codes[at] = (byte) matrix.code(weights[at], row, column);
      }
    }
    return matrix;
  }

  /** Refuses a matrix with a value that is not finite, saying where. */
  static void requireFinite(float[] weights, int columns) {
    for (int i = 0; i < weights.length; i++) {
      if (!Float.isFinite(weights[i])) {
        throw new IllegalArgumentException(
            "the value at [" + i / columns + ", " + i % columns + "] is " + weights[i]);
      }
    }
  }

  /**
   * Chooses scale and zero point of the block that begins at {@code row}.
   *
   * @param pruned weights that are zero here are not looked at
   */
  void choose(float[] weights, float[] pruned, int row, int column) {
    float least = 0;
    float largest = 0;
    int end = Math.min(rows, row + format.blockSize());
    for (int i = row; i < end; i++) {
      int at = i * columns + column;
      float weight = pruned[at] == 0 ? 0 : weights[at];
      least = Math.min(least, weight);
      largest = Math.max(largest, weight);
    }
    double scale;
    int zero;
    if (format.zeroPoints()) {
      scale = ((double) largest - least) / format.largest();
      zero = scale == 0 ? format.middle() : (int) Math.rint(-least / (double) (float) scale);
    } else {
      // The larger side gets the one level more that the negative side has.
      scale = (-least > largest ? least : largest) / -(double) format.middle();
      zero = format.middle();
    }
    int block = block(row, column);
    scales[block] = (float) scale;
    zeros[block] = (byte) Math.max(0, Math.min(format.largest(), zero));
  }

  /** The code of a weight in the block of this row. */
  int code(float weight, int row, int column) {
    int block = block(row, column);
    double steps = scales[block] == 0 ? 0 : Math.rint(weight / (double) scales[block]);
    return (int) Math.max(0, Math.min(format.largest(), steps + zero(block)));
  }

  /** What a code stands for in the block of this row. */
  float value(int code, int row, int column) {
    int block = block(row, column);
    return (code - zero(block)) * scales[block];
  }

  /** The code of exactly zero in the block of this row. */
  int zeroCode(int row, int column) {
    return zero(block(row, column));
  }

  /** What the codes stand for: [rows, columns]. */
  float[] dequantize() {
    float[] values = new float[codes.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        int at = row * columns + column;
        values[at] = value(Byte.toUnsignedInt(codes[at]), row, column);
      }
    }
    return values;
  }

  /**
   * The codes as MatMulNBits reads them, [columns, blocks, blockSize · bits / 8]: of two 4-bit
   * codes in a byte the first is the low half; what is missing of the last block is zero.
   */
  byte[] packedCodes() {
    int blocks = format.blocks(rows);
    int padded = blocks * format.blockSize();
    byte[] packed = new byte[Math.multiplyExact(columns, padded * format.bits() / 8)];
    for (int column = 0; column < columns; column++) {
      for (int row = 0; row < padded; row++) {
        int code =
            row < rows
                ? Byte.toUnsignedInt(codes[row * columns + column])
                : zeroCode(rows - 1, column);
        put(packed, column * padded + row, code);
      }
    }
    return packed;
  }

  /** The zero points as MatMulNBits reads them, each column from a new byte on. */
  byte[] packedZeros() {
    int blocks = format.blocks(rows);
    int perColumn = (blocks * format.bits() + 7) / 8;
    byte[] packed = new byte[columns * perColumn];
    for (int column = 0; column < columns; column++) {
      for (int block = 0; block < blocks; block++) {
        put(packed, column * perColumn * 8 / format.bits() + block, zero(column * blocks + block));
      }
    }
    return packed;
  }

  private void put(byte[] packed, int index, int code) {
    if (format.bits() == 8) {
      packed[index] = (byte) code;
    } else {
      packed[index / 2] |= (byte) (index % 2 == 0 ? code : code << 4);
    }
  }

  private int block(int row, int column) {
    return column * format.blocks(rows) + row / format.blockSize();
  }

  private int zero(int block) {
    return Byte.toUnsignedInt(zeros[block]);
  }
}
