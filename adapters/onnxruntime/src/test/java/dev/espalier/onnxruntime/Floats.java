package dev.espalier.onnxruntime;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.espalier.onnxruntime.calibrate.Activations;
import dev.espalier.onnxruntime.calibrate.CalibrationBatches;
import dev.espalier.onnxruntime.calibrate.OnnxInput;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Random matrices, and models with one float input x run by ONNX Runtime. */
public final class Floats {
  private Floats() {}

  public static float[] gaussian(Random random, int count, double deviation) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return values;
  }

  /** Batches of rows of x. */
  public static CalibrationBatches batches(float[] values, int columns, int rowsPerBatch) {
    List<Map<String, OnnxInput>> batches = new ArrayList<>();
    int step = rowsPerBatch * columns;
    for (int from = 0; from < values.length; from += step) {
      float[] part = Arrays.copyOfRange(values, from, Math.min(values.length, from + step));
      batches.add(Map.of("x", new OnnxInput.Floats(part, part.length / columns, columns)));
    }
    return batches::iterator;
  }

  /** One tensor of a model for one batch, computed by ONNX Runtime. */
  public static float[] run(ModelProto model, String tensor, CalibrationBatches batches) {
    List<float[]> seen = new ArrayList<>();
    new Activations(1)
        .view(
            model,
            Path.of("test.onnx"),
            List.of(tensor),
            batches,
            (name, values, shape) -> seen.add(values));
    return seen.get(0);
  }

  /** The product of a [n, inputs] and a [inputs, outputs] matrix in double precision. */
  public static double[] product(float[] a, float[] b, int inputs, int outputs) {
    int n = a.length / inputs;
    double[] product = new double[n * outputs];
    for (int t = 0; t < n; t++) {
      for (int o = 0; o < outputs; o++) {
        for (int i = 0; i < inputs; i++) {
          product[t * outputs + o] += (double) a[t * inputs + i] * b[i * outputs + o];
        }
      }
    }
    return product;
  }

  /** Σ(a − b)² / Σa². */
  public static double error(double[] expected, double[] actual) {
    double noise = 0;
    double signal = 0;
    for (int i = 0; i < expected.length; i++) {
      noise += (expected[i] - actual[i]) * (expected[i] - actual[i]);
      signal += expected[i] * expected[i];
    }
    return noise / signal;
  }

  public static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}
