package dev.espalier.onnxruntime.calibrate;

/** Sees all values of one tensor, batch after batch, and says which range to quantize it to. */
interface RangeObserver {
  /** Sees one batch: finite values, which it may not keep. */
  void observe(float[] values);

  /**
   * The range.
   *
   * @throws IllegalStateException when nothing was observed
   */
  TensorRange range();

  /** Refuses to answer about nothing. */
  static void requireSome(long values) {
    if (values == 0) {
      throw new IllegalStateException("there was no value to observe");
    }
  }
}
