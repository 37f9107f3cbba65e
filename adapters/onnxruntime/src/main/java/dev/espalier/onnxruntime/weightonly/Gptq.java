package dev.espalier.onnxruntime.weightonly;

/**
 * Quantizes a matrix row by row and lets the rows that are still to come make up for each row's
 * error (Frantar et al. 2023, "GPTQ", algorithm 1), with the second moments of the inputs as
 * Hessian.
 *
 * <p>With {@code U} the upper Cholesky factor of {@code (H + λI)⁻¹}: row i is quantized, its error
 * divided by {@code U[i, i]}, and {@code U[i, k]} times that is taken from each later row k. λ is
 * {@code damping} times the mean of H's diagonal. The scales of a block are chosen when its first
 * row is reached. A weight that is exactly zero at the start is pruned: it stays exactly zero, and
 * what the others would have had it take over goes on to later rows, as in SparseGPT (Frantar and
 * Alistarh 2023).
 */
final class Gptq {
  private Gptq() {}

  /**
   * Quantizes.
   *
   * @param weights [rows, columns]; not changed
   * @param moments Σ x·xᵀ of the inputs, [rows, rows], symmetric; not changed
   * @param damping share of the mean diagonal, above 0
   * @throws ArithmeticException when the moments are not positive definite even with damping
   */
  static BlockMatrix quantize(
      BlockFormat format,
      float[] weights,
      int rows,
      int columns,
      double[] moments,
      double damping) {
    double[] factor = inverseFactor(moments, rows, damping);
    float[] current = weights.clone();
    BlockMatrix matrix = BlockMatrix.empty(format, rows, columns);
    double[] errors = new double[columns];
    for (int row = 0; row < rows; row++) {
      if (row % format.blockSize() == 0) {
        for (int column = 0; column < columns; column++) {
          matrix.choose(current, weights, row, column);
        }
      }
      double diagonal = factor[row * rows + row];
      for (int column = 0; column < columns; column++) {
        int at = row * columns + column;
        int code =
            weights[at] == 0 ? matrix.zeroCode(row, column) : matrix.code(current[at], row, column);
        matrix.codes()[at] = (byte) code;
        errors[column] = ((double) current[at] - matrix.value(code, row, column)) / diagonal;
      }
      for (int later = row + 1; later < rows; later++) {
        double share = factor[row * rows + later];
        if (share != 0) {
          int at = later * columns;
          for (int column = 0; column < columns; column++) {
            current[at + column] -= (float) (share * errors[column]);
          }
        }
      }
    }
    return matrix;
  }

  /** The upper Cholesky factor of the inverse of the damped moments, [n, n]. */
  static double[] inverseFactor(double[] moments, int n, double damping) {
    double mean = 0;
    for (int i = 0; i < n; i++) {
      mean += moments[i * n + i] / n;
    }
    double[] damped = moments.clone();
    for (int i = 0; i < n; i++) {
      // Where all inputs are zero any positive number will do.
      damped[i * n + i] += mean == 0 ? 1 : damping * mean;
    }
    // damped = R·Rᵀ with R upper, so its inverse is (R⁻¹)ᵀ·R⁻¹ and U = R⁻¹: one factorization and
    // no inverse of a full matrix.
    double[] upper = reverseCholesky(damped, n);
    return invertUpper(upper, n);
  }

  /** R, upper, with R·Rᵀ = a; only a's lower triangle is read. */
  private static double[] reverseCholesky(double[] a, int n) {
    double[] r = new double[n * n];
    // Column j of R is what remains of row j of a, divided by the root of its pivot; rows of `a`
    // are updated in place, lower triangle only, so that the inner loop runs along memory.
    for (int j = n - 1; j >= 0; j--) {
      double pivot = a[j * n + j];
      if (!(pivot > 0) || !Double.isFinite(pivot)) {
        throw new ArithmeticException("the moments of the inputs are not positive definite");
      }
      double root = Math.sqrt(pivot);
      double[] column = new double[j + 1];
      for (int i = 0; i <= j; i++) {
        column[i] = a[j * n + i] / root;
        r[i * n + j] = column[i];
      }
      for (int i = 0; i < j; i++) {
        double factor = column[i];
        int at = i * n;
        for (int k = 0; k <= i; k++) {
          a[at + k] -= factor * column[k];
        }
      }
    }
    return r;
  }

  /** The inverse of an upper triangular matrix, upper. */
  private static double[] invertUpper(double[] r, int n) {
    double[] inverse = new double[n * n];
    for (int i = n - 1; i >= 0; i--) {
      double diagonal = 1 / r[i * n + i];
      int to = i * n;
      for (int k = i + 1; k < n; k++) {
        double factor = -r[i * n + k] * diagonal;
        int from = k * n;
        for (int j = k; j < n; j++) {
          inverse[to + j] += factor * inverse[from + j];
        }
      }
      inverse[to + i] = diagonal;
    }
    return inverse;
  }
}
