package dev.espalier.onnxruntime.quantize;

import static dev.espalier.onnxruntime.graph.Nodes.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.onnxruntime.OrtRuns;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.GraphText;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Microsoft's Attention becomes QAttention, and a product of two activations QLinearMul. */
class AttentionAndProductTest {
  private static final int BATCH = 2;
  private static final int LENGTH = 5;
  private static final int WIDTH = 16;
  private static final int HEADS = 2;
  private static final int CHANNELS = 16;
  private static final int IMAGES = 40;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "attention, DYNAMIC, attention.int8.txt",
    "attention, QOPERATOR, attention.qoperator.txt",
    "product, QOPERATOR, product.qoperator.txt",
    "product, QDQ, product.qdq.txt",
  })
  @DisplayName("the graphs before and after are those of the golden files")
  void golden(String model, Format format, String golden) throws IOException {
    OnnxGraph graph = model.equals("attention") ? attention() : product();
    Path source = write(graph);
    Path target = quantize(source, QuantizationPlan.of(format), input(model));

    assertThat(GraphText.of(OnnxFiles.read(source))).isEqualTo(read(model + ".txt"));
    assertThat(GraphText.of(OnnxFiles.read(target))).isEqualTo(read(golden));
  }

  @ParameterizedTest(name = "{0} per channel {1}")
  @CsvSource({"DYNAMIC, true", "DYNAMIC, false", "QOPERATOR, true", "QOPERATOR, false"})
  @DisplayName("QAttention computes what the simulation in double does, at every level")
  void attentionIsExact(Format format, boolean perChannel) {
    OnnxGraph graph = attention();
    Path source = write(graph);
    Map<String, OrtRuns.Input> input = input("attention");
    QuantizationPlan settings =
        QuantizationPlan.of(format).with(changes -> changes.perChannel = perChannel);
    Path target = quantize(source, settings, input);
    float[] x = (float[]) input.get("x").values();
    double[] projected =
        Simulation.linear(
            x,
            OrtRuns.ranges(source, Set.of("x"), List.of(input)).get("x"),
            weights(graph, "w"),
            weights(graph, "b"),
            WIDTH,
            3 * WIDTH,
            perChannel,
            127);

    for (OptLevel level : OptLevel.values()) {
      close(OrtRuns.run(target, level, input).get("y"), attended(projected), 1e-4, level);
    }
  }

  @Test
  @DisplayName("in QDQ Attention stays float, and the report says why")
  void attentionInQdq() {
    OnnxGraph graph = attention();
    classifier(graph, "y", WIDTH);
    Map<String, TensorRange> ranges =
        Map.of("x", new TensorRange(-1, 1), "y", new TensorRange(-1, 1));
    QuantizationReport report =
        new Quantizer(QuantizationPlan.of(Format.QDQ))
            .quantize(write(graph), directory.resolve("target.onnx"), ranges);

    assertThat(report.quantized()).extracting(each -> each.type()).containsExactly("MatMul");
    assertThat(report.asMap())
        .containsEntry(
            "left Attention w",
            "Attention has an int8 kernel only in the formats qoperator and dynamic");
  }

  @Test
  @DisplayName("QLinearMul computes what the simulation does, but for ties, at every level")
  void productIsExact() {
    OnnxGraph graph = product();
    Path source = write(graph);
    Map<String, OrtRuns.Input> input = input("product");
    QuantizationPlan settings = QuantizationPlan.of(Format.QOPERATOR);
    Path target = quantize(source, settings, input);
    Map<String, TensorRange> ranges =
        OrtRuns.ranges(source, Set.of("x", "a", "b", "m", "y"), List.of(input));
    float[] x = (float[]) input.get("x").values();
    double[] a = rounded(convolved(graph, "ka", x, ranges.get("x")), ranges.get("a"));
    double[] b = rounded(convolved(graph, "kb", x, ranges.get("x")), ranges.get("b"));
    double[] m = new double[a.length];
    for (int i = 0; i < m.length; i++) {
      m[i] = a[i] * b[i];
    }
    float[] product = floats(rounded(m, ranges.get("m")));
    double[] y = rounded(convolved(graph, "ky", product, ranges.get("m")), ranges.get("y"));

    double step = ActivationScale.of(ranges.get("y")).scale();
    for (OptLevel level : OptLevel.values()) {
      float[] actual = OrtRuns.run(target, level, input).get("y");
      int ties = 0;
      for (int i = 0; i < y.length; i++) {
        assertThat((double) actual[i])
            .as("%s, element %d", level, i)
            .isCloseTo(y[i], within(4 * step));
        ties += Math.abs(actual[i] - y[i]) > step / 100 ? 1 : 0;
      }
      assertThat(ties).as("values on the other side of a tie, %s", level).isLessThan(y.length / 20);
    }
    assertThat(OnnxGraph.of(OnnxFiles.read(target)).nodes())
        .anyMatch(node -> node.getOpType().equals("QLinearMul"));
  }

  @Test
  @DisplayName("a product whose inputs are float anyway stays float")
  void productOfFloats() {
    OnnxGraph graph = OnnxGraph.create("floats", 8, 17);
    graph.input("x", DataType.FLOAT, "n", "c");
    graph.node("Tanh", List.of("x"), "a");
    graph.node("Mul", List.of("a", "a"), "y");
    graph.output("y", DataType.FLOAT, "n", CHANNELS);
    classifier(graph, "x", CHANNELS);
    Path source = write(graph);
    for (Format format : List.of(Format.DYNAMIC, Format.QDQ, Format.QOPERATOR)) {
      Path target =
          quantize(source, QuantizationPlan.of(format), SmallGraphs.input(1, 3, CHANNELS));
      assertThat(OnnxGraph.of(OnnxFiles.read(target)).nodes())
          .anyMatch(node -> Nodes.is(node, "Mul") && node.getOutput(0).equals("y"));
    }
  }

  /** Something beside it that can be quantized, so that the model is not refused. */
  private static void classifier(OnnxGraph graph, String from, int width) {
    graph.initializer(
        Tensors.ofFloats(
            "classes", List.of((long) width, 16L), SmallGraphs.values(9, width * 16, 1)));
    graph.node("MatMul", List.of(from, "classes"), "z");
    graph.output("z", DataType.FLOAT, "n", 16);
  }

  /** Two heads over one projection, as ONNX Runtime's optimizer writes it. */
  private static OnnxGraph attention() {
    OnnxGraph graph = OnnxGraph.create("attention", 8, 17);
    graph.importOpset(Nodes.MICROSOFT, 1);
    graph.input("x", DataType.FLOAT, "n", "m", "width");
    graph.initializer(
        Tensors.ofFloats(
            "w",
            List.of((long) WIDTH, 3L * WIDTH),
            SmallGraphs.values(1, 3 * WIDTH * WIDTH, 1 / Math.sqrt(WIDTH))));
    graph.initializer(
        Tensors.ofFloats("b", List.of(3L * WIDTH), SmallGraphs.values(2, 3 * WIDTH, 1)));
    graph.replaceNodes(
        List.of(
            Nodes.microsoft(
                "Attention",
                List.of("x", "w", "b"),
                List.of("y"),
                attribute("num_heads", (long) HEADS))));
    graph.output("y", DataType.FLOAT, "n", "m", WIDTH);
    return graph;
  }

  /** Two branches of one input, multiplied: a gate. */
  private static OnnxGraph product() {
    OnnxGraph graph = OnnxGraph.create("product", 8, 17);
    graph.input("x", DataType.FLOAT, "n", "c", "h", "w");
    long seed = 1;
    for (String kernel : List.of("ka", "kb", "ky")) {
      graph.initializer(
          Tensors.ofFloats(
              kernel,
              List.of((long) CHANNELS, (long) CHANNELS, 1L, 1L),
              SmallGraphs.values(seed++, CHANNELS * CHANNELS, 1 / Math.sqrt(CHANNELS))));
    }
    graph.node("Conv", List.of("x", "ka"), "a");
    graph.node("Conv", List.of("x", "kb"), "b");
    graph.node("Mul", List.of("a", "b"), "m");
    graph.node("Conv", List.of("m", "ky"), "y");
    graph.output("y", DataType.FLOAT, "n", CHANNELS, 1, 1);
    return graph;
  }

  private static Map<String, OrtRuns.Input> input(String model) {
    return model.equals("attention")
        ? SmallGraphs.input(3, BATCH, LENGTH, WIDTH)
        : SmallGraphs.input(3, IMAGES, CHANNELS, 1, 1);
  }

  /** A convolution of single points is a linear layer with the kernel turned. */
  private static double[] convolved(OnnxGraph graph, String kernel, float[] x, TensorRange range) {
    float[] turned = Tensors.transpose(weights(graph, kernel), CHANNELS, CHANNELS);
    return Simulation.linear(x, range, turned, new float[CHANNELS], CHANNELS, CHANNELS, true, 127);
  }

  /** The values that uint8 of this range has. */
  private static double[] rounded(double[] values, TensorRange range) {
    ActivationScale scale = ActivationScale.of(range);
    double[] rounded = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      long steps = (long) Math.rint(values[i] / scale.scale()) + scale.zeroPoint();
      rounded[i] = (Math.max(0, Math.min(255, steps)) - scale.zeroPoint()) * (double) scale.scale();
    }
    return rounded;
  }

  /** Softmax of the scaled products of queries and keys, times the values; head by head. */
  private static double[] attended(double[] projected) {
    int size = WIDTH / HEADS;
    double[] y = new double[BATCH * LENGTH * WIDTH];
    for (int n = 0; n < BATCH; n++) {
      for (int head = 0; head < HEADS; head++) {
        for (int row = 0; row < LENGTH; row++) {
          double[] scores = new double[LENGTH];
          double sum = 0;
          for (int column = 0; column < LENGTH; column++) {
            for (int i = head * size; i < (head + 1) * size; i++) {
              scores[column] += at(projected, n, row, i) * at(projected, n, column, WIDTH + i);
            }
            scores[column] = Math.exp(scores[column] / Math.sqrt(size));
            sum += scores[column];
          }
          for (int column = 0; column < LENGTH; column++) {
            for (int i = head * size; i < (head + 1) * size; i++) {
              y[(n * LENGTH + row) * WIDTH + i] +=
                  scores[column] / sum * at(projected, n, column, 2 * WIDTH + i);
            }
          }
        }
      }
    }
    return y;
  }

  private static double at(double[] projected, int n, int row, int column) {
    return projected[(n * LENGTH + row) * 3 * WIDTH + column];
  }

  private static float[] weights(OnnxGraph graph, String name) {
    return Tensors.floats(Objects.requireNonNull(graph.initializer(name)));
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private static void close(float[] actual, double[] expected, double most, OptLevel level) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i])
          .as("%s, element %d", level, i)
          .isCloseTo(expected[i], within(most));
    }
  }

  private Path write(OnnxGraph graph) {
    Path file = directory.resolve("source.onnx");
    OnnxFiles.write(file, graph.toModel());
    return file;
  }

  private Path quantize(Path source, QuantizationPlan settings, Map<String, OrtRuns.Input> input) {
    Quantizer quantizer = new Quantizer(settings);
    Path target = directory.resolve(settings.format() + ".onnx");
    quantizer.quantize(
        source,
        target,
        OrtRuns.ranges(source, quantizer.tensorsToCalibrate(source), List.of(input)));
    return target;
  }

  private static String read(String name) throws IOException {
    try (InputStream in = AttentionAndProductTest.class.getResourceAsStream("/golden/" + name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
