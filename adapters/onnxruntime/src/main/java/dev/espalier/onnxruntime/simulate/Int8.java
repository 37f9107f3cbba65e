package dev.espalier.onnxruntime.simulate;

import dev.espalier.onnxruntime.calibrate.TensorRange;
import java.util.Arrays;

/** Values as int8 layers see them: quantized and taken back. All matrices are row-major. */
public final class Int8 {
  private static final int LEVELS = 255;
  private static final int LIMIT = 127;

  private Int8() {}

  /** How an activation is quantized: uint8, {@code x ≈ scale · (q − zero)}. */
  private record Scale(double scale, double zero) {
    static Scale of(TensorRange range) {
      double low = Math.min(0, range.minimum());
      double high = Math.max(0, range.maximum());
      double scale = high == low ? 1 : (high - low) / LEVELS;
      return new Scale(scale, Math.rint(-low / scale));
    }

    float apply(float value) {
      double level = Math.rint(value / scale) + zero;
      return (float) ((Math.max(0, Math.min(LEVELS, level)) - zero) * scale);
    }
  }

  /** An activation in uint8, asymmetric, its range widened to hold 0. */
  public static float[] activation(float[] values, TensorRange range) {
    Scale scale = Scale.of(range);
    float[] quantized = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      quantized[i] = scale.apply(values[i]);
    }
    return quantized;
  }

  /** A matrix [rows, columns] in int8, symmetric, with one scale for each column. */
  public static float[] columns(float[] matrix, int columns) {
    return columns(matrix, columns, LIMIT);
  }

  /**
   * The same with fewer levels.
   *
   * @param limit the largest level, 127 or 64
   */
  public static float[] columns(float[] matrix, int columns, int limit) {
    float[] scales = new float[columns];
    for (int i = 0; i < matrix.length; i++) {
      scales[i % columns] = Math.max(scales[i % columns], Math.abs(matrix[i]) / limit);
    }
    float[] quantized = new float[matrix.length];
    for (int i = 0; i < matrix.length; i++) {
      float scale = scales[i % columns];
      quantized[i] = scale == 0 ? 0 : (float) (Math.rint(matrix[i] / (double) scale) * scale);
    }
    return quantized;
  }

  /** A matrix [rows, columns] in int8, symmetric, with one scale for each row. */
  public static float[] rows(float[] matrix, int columns) {
    float[] quantized = new float[matrix.length];
    for (int from = 0; from < matrix.length; from += columns) {
      float largest = 0;
      for (int i = from; i < from + columns; i++) {
        largest = Math.max(largest, Math.abs(matrix[i]));
      }
      float scale = largest / LIMIT;
      for (int i = from; i < from + columns; i++) {
        quantized[i] = scale == 0 ? 0 : (float) (Math.rint(matrix[i] / (double) scale) * scale);
      }
    }
    return quantized;
  }

  /** A matrix in int8, symmetric, with one scale for the whole. */
  public static float[] whole(float[] matrix) {
    return symmetric(matrix, largest(matrix));
  }

  /** Values in int8, symmetric, 127 steps to {@code largest}. */
  public static float[] symmetric(float[] values, float largest) {
    float scale = largest / LIMIT;
    float[] quantized = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      quantized[i] = scale == 0 ? 0 : (float) (Math.rint(values[i] / (double) scale) * scale);
    }
    return quantized;
  }

  /** The largest magnitude; 0 for no values. */
  public static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  /** The range of values, of which there is one at least. */
  public static TensorRange range(float[] values) {
    float least = values[0];
    float largest = values[0];
    for (float value : values) {
      least = Math.min(least, value);
      largest = Math.max(largest, value);
    }
    return new TensorRange(least, largest);
  }

  /** The product of a [n, inputs] and a [inputs, outputs] matrix. */
  public static float[] multiply(float[] a, float[] b, int inputs, int outputs) {
    int n = a.length / inputs;
    float[] product = new float[n * outputs];
    float[] row = new float[outputs];
    for (int t = 0; t < n; t++) {
      Arrays.fill(row, 0);
      for (int i = 0; i < inputs; i++) {
        float x = a[t * inputs + i];
        if (x != 0) {
          int at = i * outputs;
          for (int o = 0; o < outputs; o++) {
            row[o] += x * b[at + o];
          }
        }
      }
      System.arraycopy(row, 0, product, t * outputs, outputs);
    }
    return product;
  }

  /**
   * Some rows of a matrix, evenly spaced: all of them when there are no more than {@code most}.
   *
   * @param columns the length of a row
   */
  public static float[] someRows(float[] values, int columns, int most) {
    int rows = values.length / columns;
    if (rows <= most) {
      return values;
    }
    float[] some = new float[most * columns];
    for (int i = 0; i < most; i++) {
      int row = (int) ((long) i * rows / most);
      System.arraycopy(values, row * columns, some, i * columns, columns);
    }
    return some;
  }
}
