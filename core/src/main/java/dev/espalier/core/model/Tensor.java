package dev.espalier.core.model;

import java.util.Arrays;

/**
 * A named parameter's values, row-major. The array is not copied; whoever hands it over no longer
 * changes it.
 *
 * @param shape the dimensions, outermost first
 * @param values as many as the product of the dimensions
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of megabytes, never compared
public record Tensor(int[] shape, float[] values) {
  /** Checks that shape and values agree. */
  public Tensor {
    if (Arrays.stream(shape).reduce(1, Math::multiplyExact) != values.length) {
      throw new IllegalArgumentException(
          "shape " + Arrays.toString(shape) + " does not hold " + values.length + " values");
    }
  }

  /** A matrix of {@code rows · columns} values. */
  public static Tensor matrix(int rows, int columns, float[] values) {
    return new Tensor(new int[] {rows, columns}, values);
  }

  /** A vector. */
  public static Tensor vector(float... values) {
    return new Tensor(new int[] {values.length}, values);
  }

  /** Whether there are two dimensions or more, and a value. */
  public boolean isMatrix() {
    return shape.length > 1 && values.length > 0;
  }

  /** Rows of the matrix that a mask is made for: the first dimension, output features. */
  public int rows() {
    return shape[0];
  }

  /** Its columns: all other dimensions, flattened, as a convolution's kernels are. */
  public int columns() {
    return values.length / shape[0];
  }

  /** The number of values that are exactly zero. */
  public int zeros() {
    int zeros = 0;
    for (float value : values) {
      if (value == 0f) {
        zeros++;
      }
    }
    return zeros;
  }
}
