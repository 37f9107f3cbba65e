package dev.espalier.onnxruntime.weightonly;

/**
 * How weights are quantized in blocks: {@code blockSize} neighbours of one column share a scale.
 *
 * @param bits 4 or 8
 * @param blockSize 32, 64 or 128
 * @param zeroPoints whether each block has a zero point of its own. Without, it is the middle of
 *     the range, and the scale takes the largest magnitude to its negative end; with, levels span
 *     from the block's least to its largest value, 0 included. A zero weight is exactly zero either
 *     way.
 */
public record BlockFormat(int bits, int blockSize, boolean zeroPoints) {
  /** Checks the numbers. */
  public BlockFormat {
    if (bits != 4 && bits != 8) {
      throw new IllegalArgumentException("blocks have 4 or 8 bits, not " + bits);
    }
    if (blockSize != 32 && blockSize != 64 && blockSize != 128) {
      throw new IllegalArgumentException("a block is of 32, 64 or 128 weights, not " + blockSize);
    }
  }

  /** The largest code: 15 or 255. */
  int largest() {
    return (1 << bits) - 1;
  }

  /** The zero point of a block that has none of its own: 8 or 128. */
  int middle() {
    return 1 << (bits - 1);
  }

  /** The number of blocks of a column. */
  int blocks(int rows) {
    return (rows + blockSize - 1) / blockSize;
  }
}
