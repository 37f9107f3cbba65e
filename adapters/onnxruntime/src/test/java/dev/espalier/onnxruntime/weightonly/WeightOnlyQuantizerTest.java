package dev.espalier.onnxruntime.weightonly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.onnxruntime.Floats;
import dev.espalier.onnxruntime.calibrate.Activations;
import dev.espalier.onnxruntime.calibrate.CalibrationBatches;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.weightonly.WeightOnlyQuantizer.Feedback;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WeightOnlyQuantizerTest {
  private static final Path NAME = Path.of("model.onnx");
  private static final long SEED = 42;

  private static ModelProto linear(float[] weights, int rows, int columns) {
    OnnxGraph graph = OnnxGraph.create("linear", 8, 17);
    graph.input("x", DataType.FLOAT, "n", "k");
    graph.initializer(Tensors.ofFloats("w", List.of((long) rows, (long) columns), weights));
    graph.node("MatMul", List.of("x", "w"), "y");
    graph.output("y", DataType.FLOAT, "n", columns);
    return graph.toModel();
  }

  private static float[] pruned(Random random, int count) {
    float[] weights = Floats.gaussian(random, count, 0.1);
    for (int i = 0; i < count; i += 3) {
      weights[i] = 0;
    }
    return weights;
  }

  /** Rows that go together, as activations do: few directions and some noise. */
  private static float[] correlated(Random random, int rows, int columns) {
    float[] mixing = Floats.gaussian(random, 8 * columns, 1);
    float[] values = new float[rows * columns];
    for (int t = 0; t < rows; t++) {
      double[] hidden = random.doubles(8, -1, 1).toArray();
      for (int j = 0; j < columns; j++) {
        double value = 0.05 * random.nextGaussian();
        for (int h = 0; h < 8; h++) {
          value += hidden[h] * mixing[h * columns + j];
        }
        values[t * columns + j] = (float) value;
      }
    }
    return values;
  }

  /**
   * The plain definition, block by block in double precision: the error of a weight is at most half
   * a step (a whole one at the end that a symmetric range doesn't reach).
   */
  @ParameterizedTest
  @CsvSource({
    "4, 32, false, 64, 16",
    "4, 64, true, 100, 20",
    "4, 128, false, 300, 17",
    "4, 32, true, 33, 16",
    "8, 32, false, 96, 18",
    "8, 128, true, 200, 16"
  })
  void dequantizesToWithinHalfAStep(int bits, int size, boolean zeros, int rows, int columns) {
    float[] weights = pruned(new Random(SEED), rows * columns);
    BlockFormat format = new BlockFormat(bits, size, zeros);
    float[] back = BlockMatrix.nearest(format, weights, rows, columns).dequantize();
    for (int column = 0; column < columns; column++) {
      for (int from = 0; from < rows; from += size) {
        double least = 0;
        double largest = 0;
        for (int row = from; row < Math.min(rows, from + size); row++) {
          least = Math.min(least, weights[row * columns + column]);
          largest = Math.max(largest, weights[row * columns + column]);
        }
        double step =
            zeros
                ? (largest - least) / (Math.pow(2, bits) - 1)
                : Math.max(-least, largest) / Math.pow(2, bits - 1);
        double extreme = -least > largest ? least : largest;
        for (int row = from; row < Math.min(rows, from + size); row++) {
          int at = row * columns + column;
          boolean outside = !zeros && extreme * weights[at] < 0;
          assertThat(Math.abs((double) back[at] - weights[at]))
              .as("[%d, %d], seed %d", row, column, SEED)
              // A zero point is rounded too, which may cost the ends half a step more.
              .isLessThanOrEqualTo(step * (outside || zeros ? 1.0001 : 0.5001));
          if (weights[at] == 0) {
            assertThat(back[at]).isZero();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "4, 32, false, 64",
    "4, 32, true, 64",
    "4, 32, true, 96",
    "4, 64, true, 200",
    "4, 128, false, 384",
    "8, 32, false, 100",
    "8, 64, true, 128",
    "8, 128, true, 300"
  })
  void onnxRuntimeReadsTheBlocksAsWeWriteThem(int bits, int size, boolean zeros, int rows) {
    int columns = 24;
    Random random = new Random(SEED);
    float[] weights = pruned(random, rows * columns);
    float[] x = Floats.gaussian(random, 5 * rows, 1);
    BlockFormat format = new BlockFormat(bits, size, zeros);
    ModelProto model =
        new WeightOnlyQuantizer(format).roundToNearest(linear(weights, rows, columns), NAME);
    assertThat(model.getGraph().getNodeList())
        .singleElement()
        .satisfies(node -> assertThat(node.getOpType()).isEqualTo("MatMulNBits"));

    float[] back = BlockMatrix.nearest(format, weights, rows, columns).dequantize();
    double[] expected = Floats.product(x, back, rows, columns);
    double[] actual = Floats.doubles(Floats.run(model, "y", Floats.batches(x, rows, 5)));
    assertThat(Floats.error(expected, actual)).as("seed %d", SEED).isLessThan(1e-11);
  }

  @ParameterizedTest
  @CsvSource({"4, 32, false", "4, 64, true", "8, 32, false", "4, 128, false"})
  void feedbackErrsLessThanRounding(int bits, int size, boolean zeros) {
    int rows = 128;
    int columns = 32;
    Random random = new Random(SEED);
    float[] weights = pruned(random, rows * columns);
    float[] x = correlated(random, 800, rows);
    float[] unseen = Arrays.copyOfRange(x, 600 * rows, x.length);
    CalibrationBatches batches = Floats.batches(Arrays.copyOf(x, 600 * rows), rows, 50);
    ModelProto model = linear(weights, rows, columns);
    WeightOnlyQuantizer quantizer = new WeightOnlyQuantizer(new BlockFormat(bits, size, zeros));
    CalibrationBatches test = Floats.batches(unseen, rows, 200);

    double[] exact = Floats.product(unseen, weights, rows, columns);
    double nearest =
        Floats.error(
            exact, Floats.doubles(Floats.run(quantizer.roundToNearest(model, NAME), "y", test)));
    double feedback =
        Floats.error(
            exact,
            Floats.doubles(
                Floats.run(
                    quantizer.withFeedback(model, NAME, batches, new Feedback(new Activations(1))),
                    "y",
                    test)));
    assertThat(feedback).as("rounded %g, seed %d", nearest, SEED).isLessThan(nearest / 2);
  }

  @Test
  void equalsTheAlgorithmStraightFromThePaper() {
    int rows = 48;
    int columns = 16;
    Random random = new Random(SEED);
    float[] weights = pruned(random, rows * columns);
    float[] x = correlated(random, 200, rows);
    double[] moments = moments(x, rows);
    BlockFormat format = new BlockFormat(8, 32, false);
    float[] actual = Gptq.quantize(format, weights, rows, columns, moments, 0.01).dequantize();
    double[][] expected = plainGptq(weights, rows, columns, moments, 32, 128);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        assertThat((double) actual[row * columns + column])
            .as("[%d, %d], seed %d", row, column, SEED)
            .isCloseTo(expected[row][column], Offset.offset(1e-5));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"4, false", "4, true", "8, false", "8, true"})
  void prunedZerosStayExactlyZeroUnderFeedback(int bits, boolean zeros) {
    int rows = 64;
    int columns = 16;
    Random random = new Random(SEED);
    float[] weights = pruned(random, rows * columns);
    double[] moments = moments(correlated(random, 200, rows), rows);
    float[] back =
        Gptq.quantize(new BlockFormat(bits, 32, zeros), weights, rows, columns, moments, 0.01)
            .dequantize();
    int kept = 0;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] == 0) {
        assertThat(back[i]).isZero();
      } else {
        kept += back[i] != 0 ? 1 : 0;
      }
    }
    assertThat(kept).isGreaterThan(weights.length / 3);
  }

  @Test
  void silentInputsAreRounded() {
    int rows = 32;
    float[] weights = pruned(new Random(SEED), rows * 16);
    BlockFormat format = new BlockFormat(4, 32, false);
    assertThat(Gptq.quantize(format, weights, rows, 16, new double[rows * rows], 0.01).dequantize())
        .isEqualTo(BlockMatrix.nearest(format, weights, rows, 16).dequantize());
  }

  @Test
  void refusesANonFiniteWeightAndAModelWithoutMatrices() {
    float[] weights = new float[64 * 16];
    weights[37] = Float.NaN;
    WeightOnlyQuantizer quantizer = new WeightOnlyQuantizer(new BlockFormat(4, 32, false));
    assertThatThrownBy(() -> quantizer.roundToNearest(linear(weights, 64, 16), NAME))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("cannot quantize w: the value at [2, 5] is NaN");
    assertThatThrownBy(() -> quantizer.roundToNearest(linear(new float[64 * 2], 64, 2), NAME))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("holds no MatMul");
  }

  private static double[] moments(float[] x, int columns) {
    double[] moments = new double[columns * columns];
    for (int from = 0; from < x.length; from += columns) {
      for (int i = 0; i < columns; i++) {
        for (int j = 0; j < columns; j++) {
          moments[i * columns + j] += (double) x[from + i] * x[from + j];
        }
      }
    }
    return moments;
  }

  /**
   * Optimal brain surgeon as GPTQ's section 3 has it before any Cholesky factor: after each row the
   * inverse Hessian of the rows that are left is computed by elimination.
   */
  private static double[][] plainGptq(
      float[] weights, int rows, int columns, double[] moments, int blockSize, int middle) {
    double mean = 0;
    for (int i = 0; i < rows; i++) {
      mean += moments[i * rows + i] / rows;
    }
    double[][] w = new double[rows][columns];
    for (int i = 0; i < weights.length; i++) {
      w[i / columns][i % columns] = weights[i];
    }
    double[][] quantized = new double[rows][columns];
    double[] scale = new double[columns];
    for (int row = 0; row < rows; row++) {
      int left = rows - row;
      double[][] hessian = new double[left][left];
      for (int i = 0; i < left; i++) {
        for (int j = 0; j < left; j++) {
          hessian[i][j] = moments[(row + i) * rows + row + j] + (i == j ? 0.01 * mean : 0);
        }
      }
      double[][] inverse = invert(hessian);
      for (int column = 0; column < columns; column++) {
        if (row % blockSize == 0) {
          double extreme = 0;
          for (int i = row; i < Math.min(rows, row + blockSize); i++) {
            boolean zero = weights[i * columns + column] == 0;
            if (!zero && Math.abs(w[i][column]) > Math.abs(extreme)) {
              extreme = w[i][column];
            }
          }
          scale[column] = (float) (extreme / -middle);
        }
        double level =
            weights[row * columns + column] == 0
                ? 0
                : Math.max(
                    -middle, Math.min(middle - 1, Math.rint(w[row][column] / scale[column])));
        quantized[row][column] = level * scale[column];
        double error = (w[row][column] - quantized[row][column]) / inverse[0][0];
        for (int i = 0; i < left; i++) {
          w[row + i][column] -= error * inverse[0][i];
        }
      }
    }
    return quantized;
  }

  /** By Gauss and Jordan. */
  private static double[][] invert(double[][] matrix) {
    int n = matrix.length;
    double[][] inverse = new double[n][n];
    for (int i = 0; i < n; i++) {
      inverse[i][i] = 1;
    }
    for (int pivot = 0; pivot < n; pivot++) {
      double factor = 1 / matrix[pivot][pivot];
      for (int j = 0; j < n; j++) {
        matrix[pivot][j] *= factor;
        inverse[pivot][j] *= factor;
      }
      for (int i = 0; i < n; i++) {
        double share = matrix[i][pivot];
        if (i != pivot) {
          for (int j = 0; j < n; j++) {
            matrix[i][j] -= share * matrix[pivot][j];
            inverse[i][j] -= share * inverse[pivot][j];
          }
        }
      }
    }
    return inverse;
  }
}
