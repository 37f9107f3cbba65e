package dev.espalier.onnxruntime.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.core.quantization.QuantizationPlan.OperatorRule;
import dev.espalier.onnxruntime.Examples;
import dev.espalier.onnxruntime.Floats;
import dev.espalier.onnxruntime.TinyBert;
import dev.espalier.onnxruntime.bert.BertOnnxExporter;
import dev.espalier.onnxruntime.calibrate.Activations;
import dev.espalier.onnxruntime.calibrate.CalibrationBatches;
import dev.espalier.onnxruntime.calibrate.EncodedBatches;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.Linear;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.quantize.Quantizer;
import dev.espalier.onnxruntime.simulate.OperatorErrors.OperatorError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Errors and corrections against the definition of uint8 × int8 in double precision. */
final class SimulationTest {
  private static final Path NAME = Path.of("model.onnx");
  private static final long SEED = 8;
  private static final int IN = 24;
  private static final int OUT = 10;
  private static final TensorRange RANGE = new TensorRange(-1.5f, 4);

  @TempDir Path directory;

  /** y = x · w + b. */
  private static ModelProto linear(float[] weights, float[] bias) {
    OnnxGraph graph = OnnxGraph.create("linear", 8, 17);
    graph.input("x", DataType.FLOAT, "n", "k");
    graph.initializer(Tensors.ofFloats("w", List.of((long) IN, (long) OUT), weights));
    graph.initializer(Tensors.ofFloats("b", List.of((long) OUT), bias));
    graph.node("MatMul", List.of("x", "w"), "product");
    graph.node("Add", List.of("product", "b"), "y");
    graph.output("y", DataType.FLOAT, "n", OUT);
    return graph.toModel();
  }

  private static double uint8(double x, TensorRange range) {
    double scale = ((double) range.maximum() - range.minimum()) / 255;
    long zero = Math.round(-range.minimum() / scale);
    double level = Math.max(0, Math.min(255, Math.rint(x / scale) + zero));
    return (level - zero) * scale;
  }

  private static double[] int8Product(float[] x, float[] w, TensorRange range) {
    double[] largest = new double[OUT];
    for (int i = 0; i < w.length; i++) {
      largest[i % OUT] = Math.max(largest[i % OUT], Math.abs((double) w[i]));
    }
    int rows = x.length / IN;
    double[] y = new double[rows * OUT];
    for (int t = 0; t < rows; t++) {
      for (int o = 0; o < OUT; o++) {
        double scale = largest[o] / 127;
        for (int i = 0; i < IN; i++) {
          y[t * OUT + o] += uint8(x[t * IN + i], range) * Math.rint(w[i * OUT + o] / scale) * scale;
        }
      }
    }
    return y;
  }

  @Test
  void theErrorOfALinearLayerIsThatOfTheDefinition() {
    Random random = new Random(SEED);
    float[] weights = Floats.gaussian(random, IN * OUT, 0.3);
    float[] x = Floats.gaussian(random, 40 * IN, 1);
    Map<String, OperatorError> errors =
        new OperatorErrors(new Activations(1), 100)
            .measure(
                linear(weights, new float[OUT]),
                NAME,
                Floats.batches(x, IN, 8),
                Map.of("x", RANGE));
    double expected =
        Floats.error(Floats.product(x, weights, IN, OUT), int8Product(x, weights, RANGE));
    assertThat(errors).containsOnlyKeys("product");
    assertThat(errors.get("product").normalized())
        .as("seed %d", SEED)
        .isCloseTo(expected, offset(expected * 1e-3));
    assertThat(errors.get("product").decibels())
        .isCloseTo(-10 * Math.log10(expected), offset(0.01));
  }

  @ParameterizedTest
  @CsvSource({"1", "0.01"})
  void theWorstComesFirst(float narrowest) {
    Path file = directory.resolve("tiny.onnx");
    BertOnnxExporter.exportClassifier(TinyBert.weights(2, 2), List.of("no", "yes"), file);
    ModelProto model = OnnxFiles.read(file);
    CalibrationBatches batches =
        new EncodedBatches(Examples.random(24, 20, TinyBert.VOCABULARY), 8, 3);
    String spoilt = "/encoder/layer.1/output/dense/MatMul";
    String input =
        model.getGraph().getNodeList().stream()
            .filter(node -> node.getName().equals(spoilt))
            .findFirst()
            .orElseThrow()
            .getInput(0);
    // A range that cuts nearly everything off makes that one operator the worst.
    Map<String, TensorRange> ranges =
        narrowest == 1 ? Map.of() : Map.of(input, new TensorRange(-narrowest, narrowest));
    Map<String, OperatorError> errors =
        new OperatorErrors(new Activations(1, 2), 16).measure(model, file, batches, ranges);
    // Per layer 6 linear layers and 2 products in attention; pooler, classifier and 3 embeddings.
    assertThat(errors).hasSize(2 * 8 + 2 + 3);
    List<Double> inOrder = errors.values().stream().map(OperatorError::normalized).toList();
    assertThat(inOrder).isSortedAccordingTo(Comparator.reverseOrder());
    assertThat(inOrder.get(inOrder.size() - 1)).isPositive();
    if (narrowest < 1) {
      assertThat(errors.keySet().iterator().next()).isEqualTo(spoilt);
      assertThat(errors.get(spoilt).normalized()).isGreaterThan(0.5);
    } else {
      assertThat(inOrder.get(0)).isLessThan(0.01);
    }
  }

  @Test
  void productsOfActivationsAreJudgedMatrixByMatrix() {
    OnnxGraph graph = OnnxGraph.create("pair", 8, 17);
    graph.input("x", DataType.FLOAT, "n", "k");
    graph.node("Relu", List.of("x"), "r");
    graph.node("Transpose", List.of("x"), "t");
    graph.node("MatMul", List.of("r", "t"), "y");
    graph.output("y", DataType.FLOAT, "n", "n");
    float[] x = Floats.gaussian(new Random(SEED), 6 * IN, 1);
    TensorRange right = new TensorRange(-3, 3);
    TensorRange left = new TensorRange(0, 3);
    double[] exact = new double[36];
    double[] quantized = new double[36];
    for (int i = 0; i < 6; i++) {
      for (int j = 0; j < 6; j++) {
        for (int k = 0; k < IN; k++) {
          double a = Math.max(0, x[i * IN + k]);
          double b = x[j * IN + k];
          exact[i * 6 + j] += a * b;
          quantized[i * 6 + j] += uint8(a, left) * uint8(b, right);
        }
      }
    }
    double expected = Floats.error(exact, quantized);
    Map<String, OperatorError> errors =
        new OperatorErrors(new Activations(1), 1)
            .measure(
                graph.toModel(), NAME, Floats.batches(x, IN, 6), Map.of("r", left, "t", right));
    assertThat(errors.get("y").normalized()).isCloseTo(expected, offset(expected * 1e-3));
  }

  @Test
  void correctionTakesTheMeanErrorAway() {
    Random random = new Random(SEED);
    float[] weights = Floats.gaussian(random, IN * OUT, 0.3);
    float[] bias = Floats.gaussian(random, OUT, 1);
    float[] x = Floats.gaussian(random, 400 * IN, 1);
    for (int i = 0; i < x.length; i++) {
      x[i] += 1.3f; // some above 4 saturate, so that the mean shifts
    }
    BiasCorrection.Corrected corrected =
        new BiasCorrection(new Activations(1))
            .correct(
                linear(weights, bias),
                NAME,
                Floats.batches(x, IN, 32),
                Set.of("product"),
                Map.of("x", RANGE),
                OperatorErrors.Weights.USUAL::matrix);
    float[] after =
        Tensors.floats(
            Objects.requireNonNull(OnnxGraph.of(corrected.model()).initializer("b_corrected")));
    double[] exact = Floats.product(x, weights, IN, OUT);
    double[] int8 = int8Product(x, weights, RANGE);
    List<Double> shifts = new ArrayList<>();
    for (int o = 0; o < OUT; o++) {
      double mean = 0;
      for (int t = 0; t < 400; t++) {
        mean += (exact[t * OUT + o] - int8[t * OUT + o]) / 400;
      }
      assertThat((double) after[o] - bias[o]).as("seed %d", SEED).isCloseTo(mean, offset(1e-5));
      shifts.add(Math.abs(mean));
    }
    assertThat((double) corrected.shifts().get("product"))
        .isCloseTo(shifts.stream().mapToDouble(s -> s).max().orElseThrow(), offset(1e-5))
        .isGreaterThan(0.001);
    assertThat(corrected.without()).isEmpty();
  }

  @Test
  void saysWhichLayersHaveNoBias() {
    OnnxGraph graph = OnnxGraph.create("bare", 8, 17);
    graph.input("x", DataType.FLOAT, "n", "k");
    graph.initializer(Tensors.ofFloats("w", List.of((long) IN, (long) OUT), new float[IN * OUT]));
    graph.node("MatMul", List.of("x", "w"), "y");
    graph.output("y", DataType.FLOAT, "n", OUT);
    BiasCorrection.Corrected corrected =
        new BiasCorrection(new Activations(1))
            .correct(
                graph.toModel(),
                NAME,
                Floats.batches(new float[2 * IN], IN, 2),
                Set.of("y"),
                Map.of(),
                OperatorErrors.Weights.USUAL::matrix);
    assertThat(corrected.without()).containsExactly("y");
    assertThat(corrected.shifts()).isEmpty();
    assertThat(corrected.model()).isEqualTo(graph.toModel());
  }

  @ParameterizedTest(name = "{0} per channel {1} 7 bits {2}")
  @CsvSource({
    "DYNAMIC, true, false", "DYNAMIC, false, false", "DYNAMIC, true, true", "DYNAMIC, false, true",
    "QDQ, true, false", "QDQ, false, false", "QDQ, true, true", "QDQ, false, true",
    "QOPERATOR, true, false", "QOPERATOR, false, true"
  })
  @DisplayName("simulated weights are, bit for bit, those of the quantized file")
  void simulatedWeightsAreThoseOfTheFile(Format format, boolean perChannel, boolean reduced) {
    Path file = directory.resolve("float.onnx");
    BertOnnxExporter.exportClassifier(TinyBert.weights(2, 2), List.of("no", "yes"), file);
    ModelProto model = OnnxFiles.read(file);
    List<OperatorRule> other =
        List.of(new OperatorRule(Set.of(), List.of("*layer.1.output*"), null, !perChannel, null));
    QuantizationPlan plan =
        QuantizationPlan.of(format)
            .with(
                changes -> {
                  changes.perChannel = perChannel;
                  changes.reduceRange = new QuantizationPlan.ReduceRange(reduced, "");
                  changes.rules = other;
                });
    Quantizer quantizer = new Quantizer(plan);
    Map<String, TensorRange> ranges = new HashMap<>();
    quantizer.tensorsToCalibrate(file).forEach(tensor -> ranges.put(tensor, RANGE));
    OnnxGraph int8 = OnnxGraph.of(quantizer.rewrite(model, file, ranges).model());
    OperatorErrors.Weights weights =
        new OperatorErrors.Weights(reduced, quantizer.perChannel(model));

    List<Linear> linears =
        Linear.of(OnnxGraph.of(model)).stream()
            .filter(linear -> int8.initializer(linear.weight() + "_quantized") != null)
            .toList();
    // All of two layers and the pooler; the classifier stays float.
    assertThat(linears).hasSize(2 * 6 + 1);
    for (Linear linear : linears) {
      String name = linear.weight();
      byte[] levels =
          Objects.requireNonNull(int8.initializer(name + "_quantized"), name)
              .getRawData()
              .toByteArray();
      float[] scales =
          Tensors.floats(Objects.requireNonNull(int8.initializer(name + "_scale"), name));
      float[] written = new float[levels.length];
      for (int i = 0; i < written.length; i++) {
        written[i] = levels[i] * scales[i % linear.outputs() % scales.length];
      }
      assertThat(scales)
          .hasSize(perChannel != name.contains("layer.1.output") ? linear.outputs() : 1);
      assertThat(weights.matrix(linear)).as(name).containsExactly(written);
    }
  }
}
