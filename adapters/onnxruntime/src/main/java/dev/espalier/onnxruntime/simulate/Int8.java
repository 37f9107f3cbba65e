package dev.espalier.onnxruntime.simulate;

import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.quantize.ActivationScale;
import java.util.Arrays;

/** Activations as int8 layers see them, and products. All matrices are row-major. */
public final class Int8 {
  private Int8() {}

  /** An activation in uint8, asymmetric, its range widened to hold 0. */
  public static float[] activation(float[] values, TensorRange range) {
    ActivationScale scale = ActivationScale.of(range);
    float[] quantized = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      quantized[i] = scale.nearest(values[i]);
    }
    return quantized;
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
