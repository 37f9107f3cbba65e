package dev.espalier.archive;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A tensor as an archive gives it back, bit for bit. */
public sealed interface StoredTensor {
  /** The dimensions, outermost first; none for a single value. */
  int[] shape();

  /** The number of values. */
  default int size() {
    return Arrays.stream(shape()).reduce(1, Math::multiplyExact);
  }

  /**
   * Values kept as they are: biases, norms, whatever is no float.
   *
   * @param type what a value is
   * @param shape the dimensions
   * @param bytes the values, little-endian, row-major
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier of megabytes, never compared
  record Exact(ElementType type, int[] shape, byte[] bytes) implements StoredTensor {
    /** Checks that shape and bytes agree. */
    public Exact {
      if (Math.multiplyExact(Arrays.stream(shape).reduce(1, Math::multiplyExact), type.bytes())
          != bytes.length) {
        throw new IllegalArgumentException(
            "shape "
                + Arrays.toString(shape)
                + " of "
                + type
                + " is not "
                + bytes.length
                + " bytes");
      }
    }

    /** Float32 values. */
    public static Exact of(int[] shape, float... values) {
      ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
      buffer.asFloatBuffer().put(values);
      return new Exact(ElementType.F32, shape, buffer.array());
    }
  }

  /**
   * Values q that stand for q · scale.
   *
   * @param shape the dimensions; the first one is the rows
   * @param scales one for all, or one for each row; each positive and finite
   * @param values in [-127, 127], row-major
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier of megabytes, never compared
  record Int8(int[] shape, float[] scales, byte[] values) implements StoredTensor {
    /** Checks that shape, scales and values agree. */
    public Int8 {
      if (Arrays.stream(shape).reduce(1, Math::multiplyExact) != values.length) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(shape) + " does not hold " + values.length + " values");
      }
      if (scales.length != 1 && (shape.length == 0 || scales.length != shape[0])) {
        throw new IllegalArgumentException(
            scales.length + " scales for shape " + Arrays.toString(shape));
      }
    }

    /** The dimensions but the first, multiplied. */
    int columns() {
      return shape.length == 0 || shape[0] == 0 ? values.length : values.length / shape[0];
    }

    /** The number of values that are not zero. */
    public int nonZeros() {
      int count = 0;
      for (byte value : values) {
        count += value == 0 ? 0 : 1;
      }
      return count;
    }

    /** q · scale, each product rounded to float32. */
    public float[] toFloats() {
      float[] floats = new float[values.length];
      int columns = columns();
      for (int i = 0, row = 0; i < values.length; row++) {
        float scale = scales[scales.length == 1 ? 0 : row];
        for (int end = i + columns; i < end; i++) {
          floats[i] = values[i] * scale;
        }
      }
      return floats;
    }
  }
}
