package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Arrays whose memory libtorch itself allocated and owns. Every constant and every batch comes from
 * here: the one place that decides how values reach the device.
 */
final class NativeArrays {
  private NativeArrays() {}

  /** An array of {@code type} (float32 or float64) with the given values, row-major. */
  static NDArray create(NDManager manager, Shape shape, DataType type, double[] values) {
    NDArray array = manager.zeros(shape, type);
    switch (type) {
      case FLOAT64 -> array.toByteBuffer(true).asDoubleBuffer().put(values);
      case FLOAT32 -> {
        var buffer = array.toByteBuffer(true).asFloatBuffer();
        for (double value : values) {
          buffer.put((float) value);
        }
      }
      default -> throw new IllegalArgumentException("unsupported type " + type);
    }
    return array;
  }

  /** As {@link #create(NDManager, Shape, DataType, double[])}, from floats. */
  static NDArray create(NDManager manager, Shape shape, DataType type, float[] values) {
    if (type != DataType.FLOAT32) {
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i];
      }
      return create(manager, shape, type, wide);
    }
    NDArray array = manager.zeros(shape, type);
    array.toByteBuffer(true).asFloatBuffer().put(values);
    return array;
  }

  /** An array of int64 with the given values, row-major. */
  static NDArray create(NDManager manager, Shape shape, long[] values) {
    return manager.create(values, shape);
  }
}
