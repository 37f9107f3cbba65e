package dev.espalier.onnxruntime.smooth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.onnxruntime.Examples;
import dev.espalier.onnxruntime.Floats;
import dev.espalier.onnxruntime.TinyBert;
import dev.espalier.onnxruntime.bert.BertOnnxExporter;
import dev.espalier.onnxruntime.calibrate.Activations;
import dev.espalier.onnxruntime.calibrate.CalibrationBatches;
import dev.espalier.onnxruntime.calibrate.EncodedBatches;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.simulate.OperatorErrors;
import dev.espalier.onnxruntime.simulate.OperatorErrors.OperatorError;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SmoothQuantTest {
  private static final Path NAME = Path.of("model.onnx");
  private static final long SEED = 6;
  private static final int CHANNELS = 16;
  private static final SmoothQuant SMOOTH = new SmoothQuant(new Activations(1), 64);

  @TempDir Path directory;

  /**
   * LayerNormalization, one of whose channels is loud, then two matrices and perhaps a residual.
   */
  private static ModelProto normThenMatrices(boolean residual) {
    Random random = new Random(SEED);
    float[] gain = Floats.gaussian(random, CHANNELS, 0.1);
    for (int i = 0; i < CHANNELS; i++) {
      gain[i] += i == 3 ? 40 : 1;
    }
    OnnxGraph graph = OnnxGraph.create("norm", 8, 17);
    graph.input("x", DataType.FLOAT, "n", "k");
    graph.initializer(Tensors.ofFloats("gain", List.of((long) CHANNELS), gain));
    graph.initializer(
        Tensors.ofFloats(
            "shift", List.of((long) CHANNELS), Floats.gaussian(random, CHANNELS, 0.3)));
    for (String name : List.of("a", "b")) {
      float[] weights = Floats.gaussian(random, CHANNELS * CHANNELS, 0.2);
      for (int i = 0; i < weights.length; i += 4) {
        weights[i] = 0;
      }
      graph.initializer(Tensors.ofFloats(name, List.of((long) CHANNELS, (long) CHANNELS), weights));
    }
    graph.node("LayerNormalization", List.of("x", "gain", "shift"), "h");
    graph.node("MatMul", List.of("h", "a"), "ya");
    graph.node("MatMul", List.of("h", "b"), "yb");
    graph.node("Add", List.of("ya", "yb"), "sum");
    if (residual) {
      graph.node("Add", List.of("sum", "h"), "y");
    } else {
      graph.node("Relu", List.of("sum"), "y");
    }
    graph.output("y", DataType.FLOAT, "n", CHANNELS);
    return graph.toModel();
  }

  private static CalibrationBatches batches() {
    return Floats.batches(Floats.gaussian(new Random(SEED + 1), 96 * CHANNELS, 1), CHANNELS, 12);
  }

  @ParameterizedTest
  @CsvSource({"false, 0", "false, 0.5", "false, 1", "true, 0.5", "true, 0.8"})
  void keepsTheFunction(boolean residual, double alpha) {
    ModelProto model = normThenMatrices(residual);
    SmoothQuant.Smoothed smoothed = SMOOTH.smooth(model, NAME, batches(), alpha);
    assertThat(smoothed.alphas()).containsExactly(Map.entry("h", alpha));
    assertThat(smoothed.folded()).hasSize(residual ? 0 : 1);
    assertThat(smoothed.model().getGraph().getNodeList()).hasSize(residual ? 6 : 5);
    assertSame(Floats.run(model, "y", batches()), Floats.run(smoothed.model(), "y", batches()));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.5})
  void keepsTheLogitsOfABert(double alpha) {
    Path file = directory.resolve("tiny.onnx");
    BertOnnxExporter.exportClassifier(TinyBert.weights(2, 2), List.of("no", "yes"), file);
    ModelProto model = OnnxFiles.read(file);
    CalibrationBatches batches =
        new EncodedBatches(Examples.random(24, 20, TinyBert.VOCABULARY), 8, 3);
    SmoothQuant.Smoothed smoothed = SMOOTH.smooth(model, file, batches, alpha);
    // Per layer the inputs of q, k and v, of both dense layers and of the FFN's end; then the head.
    assertThat(smoothed.alphas()).hasSize(2 * 4 + 2);
    assertSame(
        Floats.run(model, "logits", batches), Floats.run(smoothed.model(), "logits", batches));
  }

  @Test
  void scalesAreThoseOfThePaper() {
    ModelProto model = normThenMatrices(true);
    ModelProto smooth = SMOOTH.smooth(model, NAME, batches(), 0.7).model();
    double[] activation = new double[CHANNELS];
    new Activations(1)
        .view(
            model,
            NAME,
            List.of("h"),
            batches(),
            (name, values, shape) -> {
              for (int i = 0; i < values.length; i++) {
                activation[i % CHANNELS] = Math.max(activation[i % CHANNELS], Math.abs(values[i]));
              }
            });
    float[] a = values(model, "a");
    float[] b = values(model, "b");
    float[] factors = values(smooth, "h_smooth_scale");
    float[] smoothed = values(smooth, "a_smooth");
    for (int j = 0; j < CHANNELS; j++) {
      double weight = 0;
      for (int o = 0; o < CHANNELS; o++) {
        weight = Math.max(weight, Math.abs(a[j * CHANNELS + o]));
        weight = Math.max(weight, Math.abs(b[j * CHANNELS + o]));
      }
      double scale = Math.pow(activation[j], 0.7) / Math.pow(weight, 0.3);
      assertThat(factors[j] * scale).isBetween(1 - 1e-6, 1 + 1e-6);
      for (int o = 0; o < CHANNELS; o++) {
        int at = j * CHANNELS + o;
        assertThat((double) smoothed[at]).isCloseTo(a[at] * scale, Offset.offset(1e-6 * scale));
        if (a[at] == 0) {
          assertThat(smoothed[at]).isZero();
        }
      }
    }
  }

  @Test
  void theBestAlphaErrsLessThanNone() {
    ModelProto model = normThenMatrices(true);
    SmoothQuant.Smoothed smoothed =
        SMOOTH.search(
            model,
            NAME,
            batches(),
            DoubleStream.iterate(0, alpha -> alpha + 0.1)
                .limit(11)
                .map(a -> Math.min(a, 1))
                .toArray());
    assertThat(smoothed.alphas()).containsOnlyKeys("h");
    OperatorErrors errors = new OperatorErrors(new Activations(1), 64);
    Map<String, OperatorError> before = errors.measure(model, NAME, batches(), Map.of());
    Map<String, OperatorError> after = errors.measure(smoothed.model(), NAME, batches(), Map.of());
    assertThat(after.get("ya").normalized() + after.get("yb").normalized())
        .isLessThan(0.5 * (before.get("ya").normalized() + before.get("yb").normalized()));
  }

  @Test
  void leavesAloneWhereSmoothingDoesNotHelp() {
    // Every channel and every row alike: there is nothing to move, and alpha 0 moves nonetheless.
    OnnxGraph graph = OnnxGraph.create("same", 8, 17);
    graph.input("x", DataType.FLOAT, "n", "k");
    float[] identity = new float[CHANNELS * CHANNELS];
    IntStream.range(0, CHANNELS).forEach(i -> identity[i * CHANNELS + i] = 1);
    graph.initializer(Tensors.ofFloats("w", List.of((long) CHANNELS, (long) CHANNELS), identity));
    graph.node("MatMul", List.of("x", "w"), "y");
    graph.output("y", DataType.FLOAT, "n", CHANNELS);
    float[] same = new float[4 * CHANNELS];
    Arrays.fill(same, 1);
    SmoothQuant.Smoothed smoothed =
        SMOOTH.search(graph.toModel(), NAME, Floats.batches(same, CHANNELS, 2), 0, 0.5, 1);
    assertThat(smoothed.alphas()).isEmpty();
    assertThat(smoothed.model()).isEqualTo(graph.toModel());
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void refusesAnAlphaOutsideOfZeroToOne(double alpha) {
    assertThatThrownBy(() -> SMOOTH.smooth(normThenMatrices(true), NAME, batches(), alpha))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(String.valueOf(alpha));
  }

  /** Within 1e-5 of the largest value. */
  private static void assertSame(float[] expected, float[] actual) {
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      worst = Math.max(worst, Math.abs((double) expected[i] - actual[i]));
    }
    assertThat(actual).hasSameSizeAs(expected);
    assertThat(worst / largest).isLessThan(1e-5);
  }

  private static float[] values(ModelProto model, String name) {
    TensorProto tensor = OnnxGraph.of(model).initializer(name);
    return Tensors.floats(Objects.requireNonNull(tensor, name));
  }
}
