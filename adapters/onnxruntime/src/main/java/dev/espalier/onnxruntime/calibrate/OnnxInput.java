package dev.espalier.onnxruntime.calibrate;

/** The value of one input of a model, row-major. The arrays are not copied and not changed. */
@SuppressWarnings("ArrayRecordComponent") // batches of examples, never compared
public sealed interface OnnxInput {
  /** The dimensions, outermost first. */
  long[] shape();

  /** An int64 input: token ids and masks. */
  record Longs(long[] values, long... shape) implements OnnxInput {}

  /** An int32 input. */
  record Ints(int[] values, long... shape) implements OnnxInput {}

  /** A float32 input: images and embeddings. */
  record Floats(float[] values, long... shape) implements OnnxInput {}
}
