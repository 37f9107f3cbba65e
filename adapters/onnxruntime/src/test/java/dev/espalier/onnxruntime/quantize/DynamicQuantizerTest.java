package dev.espalier.onnxruntime.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.onnxruntime.Examples;
import dev.espalier.onnxruntime.TinyBert;
import dev.espalier.onnxruntime.bert.BertOnnxExporter;
import dev.espalier.onnxruntime.graph.GraphText;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.measure.OrtMeter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class DynamicQuantizerTest {
  private static final String QUERY = "bert.encoder.layer.0.attention.self.query.weight";

  @TempDir Path directory;
  private final Quantizer quantizer = new Quantizer(QuantizationPlan.of(Format.DYNAMIC));

  @Test
  void rewritesOneLayerAsTheGoldenFilesSay() throws IOException {
    Path fp32 = export(TinyBert.weights(1, 2));
    Path int8 = directory.resolve("int8.onnx");
    quantizer.quantize(fp32, int8, Map.of());
    assertThat(GraphText.of(OnnxFiles.read(fp32))).isEqualTo(golden("one-layer.txt"));
    assertThat(GraphText.of(OnnxFiles.read(int8))).isEqualTo(golden("one-layer.int8.txt"));
  }

  @Test
  void quantizesWhatSeveralOperatorsReadOnce() {
    Path fp32 = export(TinyBert.weights(2, 2));
    Path int8 = directory.resolve("int8.onnx");
    quantizer.quantize(fp32, int8, Map.of());
    List<String> operators =
        OnnxFiles.read(int8).getGraph().getNodeList().stream().map(n -> n.getOpType()).toList();
    // Per layer queries, keys and values share one activation; the pooler adds one more.
    assertThat(operators).filteredOn("MatMulInteger"::equals).hasSize(2 * 6 + 1);
    assertThat(operators).filteredOn("DynamicQuantizeLinear"::equals).hasSize(2 * 4 + 1);
  }

  @Test
  void aMatrixThatTwoOperatorsReadIsStoredOnce() {
    OnnxGraph graph = linear(32, 32);
    graph.node("MatMul", List.of("y", "w"), "z");
    graph.output("z", DataType.FLOAT, "n", 32);
    ModelProto int8 = rewrite(graph);
    assertThat(int8.getGraph().getInitializerList())
        .extracting(TensorProto::getName)
        .containsExactlyInAnyOrder("w_quantized", "w_scale");
  }

  @Test
  void prunedWeightsStayExactlyZero() {
    TransformerWeights dense = TinyBert.weights(1, 2);
    Random random = new Random(2);
    float[] pruned = dense.get(QUERY).values().clone();
    for (int i = 0; i < pruned.length; i++) {
      pruned[i] = random.nextInt(10) == 0 ? pruned[i] : 0;
    }
    TreeMap<String, Tensor> tensors = new TreeMap<>(dense.tensors());
    tensors.put(QUERY, Tensor.matrix(32, 32, pruned));
    Path int8 = directory.resolve("int8.onnx");
    quantizer.quantize(
        export(new TransformerWeights(dense.architecture(), tensors)), int8, Map.of());

    OnnxGraph graph = OnnxGraph.of(OnnxFiles.read(int8));
    byte[] values = Tensors.int8(graph.initializer(QUERY + "_quantized"));
    for (int out = 0; out < 32; out++) {
      for (int in = 0; in < 32; in++) {
        if (pruned[out * 32 + in] == 0) {
          assertThat(values[in * 32 + out]).isZero();
        }
      }
    }
    // No zero point is added to the weights: it is 0 where MatMulInteger has none.
    assertThat(graph.nodes())
        .filteredOn(node -> Nodes.is(node, "MatMulInteger"))
        .allSatisfy(node -> assertThat(node.getInputCount()).isEqualTo(3));
  }

  @ParameterizedTest
  @EnumSource(OptLevel.class)
  void computesWhatTheSimulationInDoubleDoesAtEveryOptimizationLevel(OptLevel level)
      throws OrtException {
    int rows = 5;
    int in = 48;
    int out = 24;
    OnnxGraph graph = linear(in, out);
    float[] weights = Tensors.floats(graph.initializer("w"));
    graph.output("y", DataType.FLOAT, "n", out);
    Path file = directory.resolve("linear.onnx");
    OnnxFiles.write(file, rewrite(graph));

    Random random = new Random(4);
    float[] x = new float[rows * in];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (random.nextGaussian() + 0.3);
    }
    float[] actual = run(file, level, x, rows, in);
    double[] expected = simulate(x, weights, rows, in, out);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i]).as("element %d", i).isCloseTo(expected[i], within(2e-5));
    }
  }

  @Test
  void gatheredRowsAreTheQuantizedOnes() throws OrtException {
    OnnxGraph graph = OnnxGraph.create("g", 8, 17);
    float[] table = random(20 * 8, 3);
    graph.initializer(Tensors.ofFloats("table", List.of(20L, 8L), table));
    graph.input("x", DataType.FLOAT, "n", "m");
    graph.node("Cast", List.of("x"), "ids", Nodes.attribute("to", DataType.INT64.getNumber()));
    graph.node("Gather", List.of("table", "ids"), "y");
    graph.output("y", DataType.FLOAT, "n", "m", 8);
    Path file = directory.resolve("gather.onnx");
    OnnxFiles.write(file, rewrite(graph));

    float[] actual = run(file, OptLevel.ALL_OPT, new float[] {3, 19, -20, 7}, 2, 2);
    Int8Weights int8 =
        Int8Weights.of(table, Int8Weights.Channels.along(List.of(20L, 8L), 0), false);
    int[] rows = {3, 19, 0, 7};
    for (int i = 0; i < actual.length; i++) {
      int row = rows[i / 8];
      assertThat(actual[i]).isEqualTo(int8.values()[row * 8 + i % 8] * int8.scales()[row]);
    }
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void logitsStayCloseToFloat(boolean reduceRange, double tolerance) {
    Path fp32 = export(TinyBert.weights(2, 2));
    Path int8 = directory.resolve("int8.onnx");
    new Quantizer(
            QuantizationPlan.of(Format.DYNAMIC)
                .with(
                    changes ->
                        changes.reduceRange = new QuantizationPlan.ReduceRange(reduceRange, "")))
        .quantize(fp32, int8, Map.of());
    EncodedSet set = Examples.random(50, 20, TinyBert.VOCABULARY);
    OrtMeter meter = new OrtMeter();
    assertThat(Examples.maxDifference(meter.logits(fp32, set, 1), meter.logits(int8, set, 1)))
        .isPositive()
        .isLessThan(tolerance);
    assertThat(OnnxGraph.of(OnnxFiles.read(int8)).metadata())
        .containsEntry("quantization", "dynamic_int8")
        .containsEntry("reduce_range", String.valueOf(reduceRange));
  }

  static Stream<Arguments> ranges() {
    return Stream.of(Arguments.of(false, 0.1), Arguments.of(true, 0.2));
  }

  @Test
  void equalSourcesMakeEqualBytes() {
    Path fp32 = export(TinyBert.weights(1, 2));
    Path one = directory.resolve("one.onnx");
    Path two = directory.resolve("two.onnx");
    quantizer.quantize(fp32, one, Map.of());
    quantizer.quantize(fp32, two, Map.of());
    assertThat(one).hasSameBinaryContentAs(two);
  }

  @Test
  void reportsWhatWasQuantizedAndWhatWasLeft() {
    Path fp32 = export(TinyBert.weights(1, 2));
    Path int8 = directory.resolve("int8.onnx");
    QuantizationReport report = quantizer.quantize(fp32, int8, Map.of());
    assertThat(report.asMap())
        .containsEntry("quantized MatMul", "7")
        .containsEntry("quantized Gather", "2")
        .containsEntry("left MatMul classifier.weight", "fewer than 16 columns")
        .containsEntry(
            "left Gather bert.embeddings.token_type_embeddings.weight", "fewer than 16 rows")
        .containsEntry("reduce_range", "false")
        .containsEntry("bytes before", String.valueOf(fp32.toFile().length()))
        .containsEntry("bytes after", String.valueOf(int8.toFile().length()));
  }

  static Stream<Arguments> unfit() {
    Consumer<OnnxGraph> notFinite =
        graph -> {
          float[] weights = new float[64];
          weights[33] = Float.POSITIVE_INFINITY;
          graph.initializer(Tensors.ofFloats("v", List.of(2L, 32L), weights));
          graph.node("MatMul", List.of("x", "v"), "z");
        };
    return Stream.of(
        unfit(graph -> graph.importOpset("", 10), "uses opset 10, supported are 11 to 26"),
        unfit(graph -> graph.importOpset("", 27), "uses opset 27, supported are 11 to 26"),
        unfit(
            graph -> graph.node("QLinearAdd", List.of("x"), "z"),
            "is quantized already: it holds a QLinearAdd operator"),
        unfit(notFinite, "cannot quantize v: the value at index 33 is Infinity"),
        unfit(
            graph -> graph.replaceNodes(List.of(Nodes.node("Relu", List.of("x"), List.of("y")))),
            "holds no operator with a constant float matrix that could be quantized"));
  }

  private static Arguments unfit(Consumer<OnnxGraph> change, String message) {
    return Arguments.of(change, message);
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("unfit")
  void saysInOneSentenceWhyAModelIsUnfit(Consumer<OnnxGraph> change, String message) {
    OnnxGraph graph = linear(32, 32);
    graph.output("y", DataType.FLOAT, "n", 32);
    change.accept(graph);
    Path source = directory.resolve("source.onnx");
    Path target = directory.resolve("target.onnx");
    OnnxFiles.write(source, graph.toModel());

    ProblemException problem =
        catchThrowableOfType(
            ProblemException.class, () -> quantizer.quantize(source, target, Map.of()));
    assertThat(problem).hasMessage(source + ": " + message);
    assertThat(problem.exitCode()).isEqualTo(2);
    assertThat(target).doesNotExist();
  }

  @Test
  void itsOwnOutputIsQuantizedAlready() {
    Path int8 = directory.resolve("int8.onnx");
    quantizer.quantize(export(TinyBert.weights(1, 2)), int8, Map.of());
    assertThat(
            catchThrowableOfType(
                ProblemException.class, () -> quantizer.quantize(int8, int8, Map.of())))
        .hasMessageContaining("is quantized already");
  }

  private Path export(TransformerWeights weights) {
    Path file = directory.resolve("fp32.onnx");
    BertOnnxExporter.exportClassifier(weights, List.of("no", "yes"), file);
    return file;
  }

  /** y = x · w. */
  private static OnnxGraph linear(int in, int out) {
    OnnxGraph graph = OnnxGraph.create("linear", 8, 17);
    graph.input("x", DataType.FLOAT, "n", "in");
    graph.initializer(Tensors.ofFloats("w", List.of((long) in, (long) out), random(in * out, 9)));
    graph.node("MatMul", List.of("x", "w"), "y");
    return graph;
  }

  private static ModelProto rewrite(OnnxGraph graph) {
    QuantizationPlan settings = QuantizationPlan.of(Format.DYNAMIC);
    new DynamicRewrite(graph, new Selection(settings, graph)).run();
    return graph.toModel();
  }

  private static float[] random(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    IntStream.range(0, count).forEach(i -> values[i] = (float) random.nextGaussian());
    return values;
  }

  private static float[] run(Path file, OptLevel level, float[] x, int rows, int columns)
      throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(level);
      try (OrtSession session = environment.createSession(file.toString(), options);
          OnnxTensor input =
              OnnxTensor.createTensor(
                  environment, FloatBuffer.wrap(x), new long[] {rows, columns});
          OrtSession.Result result = session.run(Map.of("x", input))) {
        FloatBuffer output = ((OnnxTensor) result.get(0)).getFloatBuffer();
        float[] values = new float[output.remaining()];
        output.get(values);
        return values;
      }
    }
  }

  /**
   * The quantized product by its definition: weights by {@link Int8Weights}' formula, activations
   * by that of DynamicQuantizeLinear in the ONNX specification, sums without rounding.
   */
  private static double[] simulate(float[] x, float[] weights, int rows, int in, int out) {
    // In float, as the operator computes them: a double would round ties to the other side.
    float smallest = 0;
    float largest = 0;
    for (float value : x) {
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
    }
    float scale = (largest - smallest) / 255;
    int zeroPoint = (int) Math.rint(-smallest / scale);

    double[] y = new double[rows * out];
    for (int column = 0; column < out; column++) {
      float most = 0;
      for (int i = 0; i < in; i++) {
        most = Math.max(most, Math.abs(weights[i * out + column]));
      }
      double weightScale = most / 127;
      for (int row = 0; row < rows; row++) {
        long sum = 0;
        for (int i = 0; i < in; i++) {
          long steps = (long) Math.rint(x[row * in + i] / scale) + zeroPoint;
          long activation = Math.max(0, Math.min(255, steps)) - zeroPoint;
          sum += activation * (long) Math.rint(weights[i * out + column] / weightScale);
        }
        y[row * out + column] = sum * scale * weightScale;
      }
    }
    return y;
  }

  private static String golden(String name) throws IOException {
    try (InputStream in = DynamicQuantizerTest.class.getResourceAsStream("/golden/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
