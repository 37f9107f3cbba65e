package dev.espalier.checkpoints;

import java.util.Arrays;
import java.util.List;

/**
 * What is known of a stored tensor before its values are read.
 *
 * @param type type of the stored values
 * @param shape dimensions, outermost first; empty for a scalar
 */
public record TensorInfo(DataType type, List<Long> shape) {
  /**
   * Copies the shape.
   *
   * @throws IllegalArgumentException when a dimension is negative or the size does not fit 63 bits
   */
  public TensorInfo {
    shape = List.copyOf(shape);
    long size = type.bytes();
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException("shape " + shape + " has a negative dimension");
      }
      try {
        // Not 0 · n: a dimension of zero must not hide one that is absurd.
        size = Math.multiplyExact(size, Math.max(1, dimension));
      } catch (ArithmeticException overflow) {
        throw new IllegalArgumentException("shape " + shape + " is larger than any file", overflow);
      }
    }
  }

  /** A tensor of {@code type} with the given dimensions. */
  public static TensorInfo of(DataType type, int... shape) {
    return new TensorInfo(type, Arrays.stream(shape).asLongStream().boxed().toList());
  }

  /** The number of values. */
  public long size() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** The number of bytes that the values take in the file. */
  public long byteSize() {
    return size() * type.bytes();
  }

  /**
   * The shape as the tuner has it.
   *
   * @param name the tensor's, for the message
   * @throws IllegalArgumentException when the values do not fit an array
   */
  int[] arrayShape(String name) {
    if (size() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          name + " has " + size() + " values; at most 2^31 fit an array");
    }
    return shape.stream().mapToInt(Math::toIntExact).toArray();
  }
}
