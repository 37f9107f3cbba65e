package dev.espalier.archive;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.archive.StoredTensor.Exact;
import dev.espalier.archive.StoredTensor.Int8;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.quantization.SymmetricInt8;

/**
 * How weights become what is stored: symmetric int8 for matrices, exact float32 for vectors, which
 * are biases and norms.
 *
 * @param sparseBelow a matrix whose share of values that are not zero is below this is sparse
 * @param sparseScales the scales of a sparse matrix
 * @param denseScales the scales of any other matrix, for instance of embeddings
 */
public record Packing(double sparseBelow, Scales sparseScales, Scales denseScales) {
  /**
   * Sparse matrices, half empty and more, with one scale each, as PyTorch's dynamic quantization
   * has it; others with one for each row, because rows of embeddings differ in size.
   */
  public static final Packing DEFAULT = new Packing(0.5, Scales.ONE, Scales.ROWS);

  /** What shares a scale. */
  public enum Scales {
    /** The whole tensor. */
    ONE,
    /** The values with the same first index, which in a linear layer belong to one output. */
    ROWS
  }

  /**
   * The stored form of a tensor. A value becomes the integer nearest to value / scale, the even one
   * of two, where scale is the largest magnitude / 127; a row of zeros has scale 1. Tensors whose
   * largest magnitude is so small that its scale would not be a normal number are kept exactly.
   *
   * @throws ProblemException of kind INPUT when a value is not finite
   */
  public StoredTensor store(String name, Tensor tensor) {
    if (tensor.shape().length < 2 || tensor.values().length == 0) {
      return Exact.of(tensor.shape(), tensor.values());
    }
    boolean sparse = tensor.values().length - tensor.zeros() < sparseBelow * tensor.values().length;
    boolean perRow = (sparse ? sparseScales : denseScales) == Scales.ROWS;
    int rows = perRow ? tensor.shape()[0] : 1;
    float[] values = tensor.values();
    int columns = values.length / rows;
    float[] scales = new float[rows];
    byte[] quantized = new byte[values.length];
    for (int row = 0; row < rows; row++) {
      float scale = scale(name, values, row * columns, columns);
      if (scale < Float.MIN_NORMAL) {
        return Exact.of(tensor.shape(), values);
      }
      scales[row] = scale;
      for (int i = row * columns, end = i + columns; i < end; i++) {
        quantized[i] = SymmetricInt8.level(values[i], scale, SymmetricInt8.LARGEST);
      }
    }
    return new Int8(tensor.shape(), scales, quantized);
  }

  private static float scale(String name, float[] values, int from, int count) {
    float largest = 0;
    for (int i = from; i < from + count; i++) {
      float magnitude = Math.abs(values[i]);
      if (!(magnitude <= Float.MAX_VALUE)) {
        throw ProblemException.of(
            ProblemKind.INPUT,
            name + " has the value " + values[i] + " at position " + i,
            "A checkpoint with values that are not finite cannot be quantized; train it anew.");
      }
      largest = Math.max(largest, magnitude);
    }
    return SymmetricInt8.scale(largest, SymmetricInt8.LARGEST);
  }

  /** Whether a tensor is worth storing as positions and values. */
  boolean isSparse(Int8 tensor) {
    return tensor.nonZeros() < sparseBelow * tensor.size();
  }
}
