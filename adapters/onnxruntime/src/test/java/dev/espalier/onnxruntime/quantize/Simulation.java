package dev.espalier.onnxruntime.quantize;

import dev.espalier.onnxruntime.calibrate.TensorRange;

/** Quantized arithmetic by its definition, in double precision and sums without rounding. */
final class Simulation {
  private Simulation() {}

  /**
   * x · w + b with x as uint8 of this range and w as int8.
   *
   * @param x rows of {@code in} values
   * @param w [in, out]
   * @param perChannel whether each column of w has a scale
   * @param limit largest int8
   */
  static double[] linear(
      float[] x,
      TensorRange range,
      float[] w,
      float[] b,
      int in,
      int out,
      boolean perChannel,
      int limit) {
    float least = Math.min(0, range.minimum());
    float most = Math.max(0, range.maximum());
    float scale = (float) (((double) most - least) / 255);
    long zeroPoint = (long) Math.rint(-least / (double) scale);
    float largest = 0;
    for (float weight : w) {
      largest = Math.max(largest, Math.abs(weight));
    }
    int rows = x.length / in;
    double[] y = new double[rows * out];
    for (int column = 0; column < out; column++) {
      float most1 = 0;
      for (int i = 0; i < in; i++) {
        most1 = Math.max(most1, Math.abs(w[i * out + column]));
      }
      float weightScale = (perChannel ? most1 : largest) / limit;
      for (int row = 0; row < rows; row++) {
        long sum = 0;
        for (int i = 0; i < in; i++) {
          // In float, as QuantizeLinear divides: a double would round ties to the other side.
          long steps = (long) Math.rint(x[row * in + i] / scale) + zeroPoint;
          long activation = Math.max(0, Math.min(255, steps)) - zeroPoint;
          sum += activation * (long) Math.rint((double) w[i * out + column] / weightScale);
        }
        y[row * out + column] = (double) sum * scale * weightScale + b[column];
      }
    }
    return y;
  }
}
