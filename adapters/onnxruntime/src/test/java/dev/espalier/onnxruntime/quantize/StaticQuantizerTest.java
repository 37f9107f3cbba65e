package dev.espalier.onnxruntime.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.onnxruntime.Examples;
import dev.espalier.onnxruntime.OrtRuns;
import dev.espalier.onnxruntime.TinyBert;
import dev.espalier.onnxruntime.bert.BertOnnxExporter;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.GraphText;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.measure.OrtMeter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Static quantization in both formats. */
class StaticQuantizerTest {
  private static final int[] IMAGES = {2, 3, 8, 8};

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "residual, QDQ, residual.qdq.txt",
    "residual, QOPERATOR, residual.qoperator.txt",
    "bert, QDQ, one-layer.qdq.txt",
    "bert, QOPERATOR, one-layer.qoperator.txt"
  })
  void rewritesAsTheGoldenFilesSay(String model, Format format, String golden) throws IOException {
    boolean bert = model.equals("bert");
    Path source = bert ? bert() : write(SmallGraphs.residual());
    Path target = quantize(source, QuantizationPlan.of(format), bert ? new int[0] : IMAGES);
    assertThat(GraphText.of(OnnxFiles.read(source)))
        .isEqualTo(golden(bert ? "one-layer.txt" : "residual.txt"));
    assertThat(GraphText.of(OnnxFiles.read(target))).isEqualTo(golden(golden));
  }

  @ParameterizedTest(name = "{0} per channel {1} reduced {2}")
  @CsvSource({
    "QDQ, true, false", "QDQ, false, false", "QDQ, true, true",
    "QOPERATOR, true, false", "QOPERATOR, false, false", "QOPERATOR, true, true"
  })
  void aLinearLayerComputesWhatTheSimulationDoes(
      Format format, boolean perChannel, boolean reduced) {
    int in = 48;
    int out = 24;
    OnnxGraph graph = SmallGraphs.linear(in, out);
    Path source = write(graph);
    Map<String, OrtRuns.Input> input = SmallGraphs.input(3, 1, 5, in);
    QuantizationPlan settings =
        QuantizationPlan.of(format)
            .with(
                changes -> {
                  changes.perChannel = perChannel;
                  changes.reduceRange = new QuantizationPlan.ReduceRange(reduced, "");
                });
    Path target = quantize(source, settings, 1, 5, in);
    TensorRange range = ranges(source, settings, input).get("x");
    float[] x = (float[]) input.get("x").values();
    double[] expected =
        Simulation.linear(
            x,
            range,
            Tensors.floats(Objects.requireNonNull(graph.initializer("w"))),
            Tensors.floats(Objects.requireNonNull(graph.initializer("b"))),
            in,
            out,
            perChannel,
            reduced ? 64 : 127);
    for (OptLevel level : OptLevel.values()) {
      assertClose(OrtRuns.run(target, level, input).get("y"), expected, 2e-5, level.toString());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"QDQ", "QOPERATOR"})
  void aPerceptronKeepsItsHiddenLayerInUint8(Format format) {
    int in = 40;
    int hidden = 32;
    int out = 20;
    OnnxGraph graph = SmallGraphs.perceptron(in, hidden, out);
    Path source = write(graph);
    QuantizationPlan settings = QuantizationPlan.of(format);
    Map<String, OrtRuns.Input> input = SmallGraphs.input(3, 7, in);
    Path target = quantize(source, settings, 7, in);
    Map<String, TensorRange> ranges = ranges(source, settings, input);
    assertThat(ranges).containsOnlyKeys("x", "r");

    float[] v = Tensors.floats(Objects.requireNonNull(graph.initializer("v")));
    double[] h =
        Simulation.linear(
            (float[]) input.get("x").values(),
            ranges.get("x"),
            Tensors.transpose(v, hidden, in),
            Tensors.floats(Objects.requireNonNull(graph.initializer("a"))),
            in,
            hidden,
            true,
            127);
    float[] r = new float[h.length];
    for (int i = 0; i < r.length; i++) {
      r[i] = (float) Math.max(0, h[i]);
    }
    double[] expected =
        Simulation.linear(
            r,
            ranges.get("r"),
            Tensors.floats(Objects.requireNonNull(graph.initializer("w"))),
            Tensors.floats(Objects.requireNonNull(graph.initializer("b"))),
            hidden,
            out,
            true,
            127);
    // A hidden value near a tie may go to the other side: one step times one weight.
    double step = ActivationScale.of(ranges.get("r")).scale();
    for (OptLevel level : OptLevel.values()) {
      assertClose(OrtRuns.run(target, level, input).get("y"), expected, step, level.toString());
    }
    assertThat(new OrtMeter().fusedOperators(target)).containsEntry("QGemm", 2);
  }

  @ParameterizedTest
  @EnumSource(value = Format.class, names = "WEIGHT_ONLY", mode = EnumSource.Mode.EXCLUDE)
  void aResidualNetworkStaysCloseToFloat(Format format) {
    Path source = write(SmallGraphs.residual());
    Map<String, OrtRuns.Input> input = SmallGraphs.input(3, IMAGES);
    Path target = quantize(source, QuantizationPlan.of(format), IMAGES);
    float[] expected = OrtRuns.run(source, OptLevel.ALL_OPT, input).get("y");
    for (OptLevel level : OptLevel.values()) {
      float[] actual = OrtRuns.run(target, level, input).get("y");
      assertClose(actual, doubles(expected), 0.06, level.toString());
    }
  }

  @Test
  void onnxRuntimeFusesTheConvolutionsOfQdqToIntegerOnes() {
    Path target = quantize(write(SmallGraphs.residual()), QuantizationPlan.of(Format.QDQ), IMAGES);
    assertThat(new OrtMeter().fusedOperators(target))
        .containsEntry("QLinearAdd", 1)
        .containsEntry("QGemm", 1);
  }

  @ParameterizedTest
  @EnumSource(value = Format.class, names = "WEIGHT_ONLY", mode = EnumSource.Mode.EXCLUDE)
  void randomGraphsStayCloseToFloatAtEveryLevel(Format format) {
    for (int seed = 0; seed < 25; seed++) {
      Path source = write(SmallGraphs.random(new Random(seed)));
      Map<String, OrtRuns.Input> input = SmallGraphs.input(seed, 6, 24);
      Path target = quantizeOn(source, QuantizationPlan.of(format), input);
      float[] expected = OrtRuns.run(source, OptLevel.ALL_OPT, input).get("y");
      double largest = 0;
      for (float value : expected) {
        largest = Math.max(largest, Math.abs(value));
      }
      for (OptLevel level : OptLevel.values()) {
        float[] actual = OrtRuns.run(target, level, input).get("y");
        assertClose(actual, doubles(expected), 0.1 * largest, "seed " + seed + " " + level);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = Format.class, names = "WEIGHT_ONLY", mode = EnumSource.Mode.EXCLUDE)
  void prunedWeightsStayExactlyZero(Format format) {
    OnnxGraph graph = SmallGraphs.linear(32, 16);
    float[] weights = Tensors.floats(Objects.requireNonNull(graph.initializer("w")));
    Random random = new Random(1);
    for (int i = 0; i < weights.length; i++) {
      weights[i] = random.nextInt(10) == 0 ? weights[i] : 0;
    }
    OnnxGraph pruned = OnnxGraph.create("pruned", 8, 17);
    pruned.input("x", DataType.FLOAT, "n", "m", "in");
    pruned.initializer(Tensors.ofFloats("w", List.of(32L, 16L), weights));
    pruned.node("MatMul", List.of("x", "w"), "y");
    pruned.output("y", DataType.FLOAT, "n", "m", 16);
    OnnxGraph int8 =
        OnnxGraph.of(
            OnnxFiles.read(quantize(write(pruned), QuantizationPlan.of(format), 1, 5, 32)));
    byte[] values = Tensors.int8(Objects.requireNonNull(int8.initializer("w_quantized")));
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] == 0) {
        assertThat(values[i]).isZero();
      }
    }
    if (int8.initializer("w_zero_point") != null) {
      assertThat(Tensors.int8(int8.initializer("w_zero_point"))).containsOnly(0);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"QDQ", "QOPERATOR"})
  void aBertStaysCloseToFloatAndIsFused(Format format) {
    Path source = bert();
    Path target = quantize(source, QuantizationPlan.of(format));
    EncodedSet set = Examples.random(50, 20, TinyBert.VOCABULARY);
    OrtMeter meter = new OrtMeter();
    assertThat(Examples.maxDifference(meter.logits(source, set, 1), meter.logits(target, set, 1)))
        .isPositive()
        .isLessThan(0.25);
    // Queries, keys, values, output and the two of the feed-forward; the pooler is a matrix.
    assertThat(meter.fusedOperators(target))
        .containsEntry("MatMulIntegerToFloat", 6)
        .containsEntry("QGemm", 1);
  }

  @Test
  void aWeightThatAFloatNodeReadsTooIsKeptAsBoth() {
    OnnxGraph graph = SmallGraphs.linear(32, 32);
    graph.node("MatMul", List.of("y", "w"), "z");
    graph.node("Add", List.of("y", "z"), "other");
    graph.output("z", DataType.FLOAT, "n", "m", 32);
    QuantizationPlan settings =
        QuantizationPlan.of(Format.QOPERATOR).with(changes -> changes.floatNodes = Set.of("z"));
    OnnxGraph int8 = OnnxGraph.of(OnnxFiles.read(quantize(write(graph), settings, 1, 4, 32)));
    assertThat(int8.initializer("w")).isNotNull();
    assertThat(int8.initializer("w_quantized")).isNotNull();
    assertThat(int8.nodes()).filteredOn(node -> Nodes.is(node, "MatMul")).hasSize(1);
  }

  @Test
  void aTableThatAMatMulSharesByATransposeIsQuantizedForBoth() {
    OnnxGraph graph = OnnxGraph.create("tied", 8, 17);
    graph.input("x", DataType.FLOAT, "n", "m");
    graph.initializer(Tensors.ofFloats("table", List.of(40L, 16L), SmallGraphs.values(1, 640, 1)));
    graph.node("Cast", List.of("x"), "ids", Nodes.attribute("to", DataType.INT64.getNumber()));
    graph.node("Gather", List.of("table", "ids"), "rows");
    graph.node("Transpose", List.of("table"), "turned", Nodes.attribute("perm", List.of(1L, 0L)));
    graph.node("MatMul", List.of("rows", "turned"), "y");
    graph.output("y", DataType.FLOAT, "n", "m", 40);
    Path source = write(graph);
    Map<String, OrtRuns.Input> ids =
        Map.of("x", new OrtRuns.Input(new float[] {3, 39, 0, 7}, 2, 2));
    QuantizationPlan settings = QuantizationPlan.of(Format.QDQ);
    Path target = directory.resolve("tied.int8.onnx");
    QuantizationReport report =
        new Quantizer(settings).quantize(source, target, ranges(source, settings, ids));
    assertThat(report.quantized()).extracting(o -> o.type()).containsExactly("Gather", "MatMul");
    assertClose(
        OrtRuns.run(target, OptLevel.ALL_OPT, ids).get("y"),
        doubles(OrtRuns.run(source, OptLevel.ALL_OPT, ids).get("y")),
        0.3,
        "tied");
  }

  @Test
  void exclusionsSayHowManyNodesTheyMatched() {
    Path source = write(SmallGraphs.residual());
    QuantizationPlan settings =
        QuantizationPlan.of(Format.QOPERATOR)
            .with(changes -> changes.excluded = List.of("conv*", "k2", "nothing*"));
    Path target = directory.resolve("some.onnx");
    QuantizationReport report =
        new Quantizer(settings)
            .quantize(source, target, ranges(source, settings, SmallGraphs.input(1, IMAGES)));
    assertThat(report.excluded())
        .containsExactly(Map.entry("conv*", 3), Map.entry("k2", 2), Map.entry("nothing*", 0));
    assertThat(report.quantized()).extracting(o -> o.node()).containsExactly("y");
    assertThat(report.asMap()).containsEntry("left Conv k1", "excluded by conv*");
  }

  @Test
  void anOperatorWithoutARangeStaysFloatAndSaysSo() {
    Path source = write(SmallGraphs.perceptron(20, 20, 20));
    QuantizationReport report =
        new Quantizer(QuantizationPlan.of(Format.QDQ))
            .quantize(source, directory.resolve("t.onnx"), Map.of("x", new TensorRange(-1, 1)));
    assertThat(report.quantized()).extracting(o -> o.node()).containsExactly("h");
    assertThat(report.asMap()).containsEntry("left Gemm w", "no calibrated range of r");
  }

  @Test
  void aBiasTooLargeForItsScaleRaisesTheScaleOfTheWeights() {
    OnnxGraph graph = OnnxGraph.create("g", 8, 17);
    graph.input("x", DataType.FLOAT, "n", "in");
    float[] tiny = SmallGraphs.values(1, 16 * 16, 1e-12);
    float[] bias = SmallGraphs.values(2, 16, 100);
    graph.initializer(Tensors.ofFloats("w", List.of(16L, 16L), tiny));
    graph.initializer(Tensors.ofFloats("b", List.of(16L), bias));
    graph.node("Gemm", List.of("x", "w", "b"), "y");
    graph.output("y", DataType.FLOAT, "n", 16);
    Path source = write(graph);
    for (Format format : List.of(Format.QDQ, Format.QOPERATOR)) {
      Path target = quantize(source, QuantizationPlan.of(format), 1, 16);
      assertClose(
          OrtRuns.run(target, OptLevel.ALL_OPT, SmallGraphs.input(3, 1, 16)).get("y"),
          doubles(bias),
          1e-4,
          format.toString());
    }
  }

  @ParameterizedTest
  @CsvSource({"12, true", "10, false", "27, true"})
  void saysWhichOpsetsAFormatNeeds(long opset, boolean perChannel) {
    OnnxGraph graph = SmallGraphs.linear(32, 32);
    graph.importOpset("", opset);
    Path source = write(graph);
    Quantizer quantizer =
        new Quantizer(
            QuantizationPlan.of(Format.QDQ).with(changes -> changes.perChannel = perChannel));
    assertThatThrownBy(() -> quantizer.tensorsToCalibrate(source))
        .isInstanceOf(ProblemException.class)
        .hasMessageStartingWith(
            source
                + ": uses opset "
                + opset
                + (opset == 12 ? ", qdq per channel needs 13 to 26" : ", supported are 11 to 26"));
  }

  @Test
  void itsOwnOutputsAreQuantizedAlready() {
    Path source = write(SmallGraphs.linear(32, 32));
    for (Format format : List.of(Format.DYNAMIC, Format.QDQ, Format.QOPERATOR)) {
      Path target = quantize(source, QuantizationPlan.of(format), 1, 4, 32);
      assertThatThrownBy(
              () -> new Quantizer(QuantizationPlan.of(format)).quantize(target, target, Map.of()))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("is quantized already");
    }
  }

  @Test
  void whatASubgraphReadsStaysThereAsFloat() {
    OnnxGraph graph = SmallGraphs.perceptron(20, 20, 20);
    var body =
        ai.onnx.proto.OnnxMl.GraphProto.newBuilder()
            .setName("body")
            .addNode(Nodes.node("Identity", List.of("r"), List.of("inner")))
            .addOutput(
                ai.onnx.proto.OnnxMl.ValueInfoProto.newBuilder()
                    .setName("inner")
                    .setType(
                        ai.onnx.proto.OnnxMl.TypeProto.newBuilder()
                            .setTensorType(
                                ai.onnx.proto.OnnxMl.TypeProto.Tensor.newBuilder()
                                    .setElemType(1))));
    graph.initializer(
        ai.onnx.proto.OnnxMl.TensorProto.newBuilder()
            .setName("yes")
            .setDataType(DataType.BOOL.getNumber())
            .addInt32Data(1)
            .build());
    List<NodeProto> nodes = new ArrayList<>(graph.nodes());
    nodes.add(
        Nodes.node("If", List.of("yes"), List.of("branch")).toBuilder()
            .addAttribute(graphAttribute("then_branch", body))
            .addAttribute(graphAttribute("else_branch", body))
            .build());
    graph.replaceNodes(nodes);
    graph.output("branch", DataType.FLOAT, "n", 20);
    Path source = write(graph);
    Map<String, OrtRuns.Input> input = SmallGraphs.input(3, 7, 20);
    for (Format format : List.of(Format.DYNAMIC, Format.QDQ, Format.QOPERATOR)) {
      Path target = quantize(source, QuantizationPlan.of(format), 7, 20);
      Map<String, float[]> expected = OrtRuns.run(source, OptLevel.ALL_OPT, input);
      Map<String, float[]> actual = OrtRuns.run(target, OptLevel.ALL_OPT, input);
      assertClose(actual.get("branch"), doubles(expected.get("branch")), 0.1, format.toString());
    }
  }

  private static ai.onnx.proto.OnnxMl.AttributeProto graphAttribute(
      String name, ai.onnx.proto.OnnxMl.GraphProto.Builder body) {
    return ai.onnx.proto.OnnxMl.AttributeProto.newBuilder()
        .setName(name)
        .setType(ai.onnx.proto.OnnxMl.AttributeProto.AttributeType.GRAPH)
        .setG(body)
        .build();
  }

  private Path bert() {
    Path file = directory.resolve("bert.onnx");
    BertOnnxExporter.exportClassifier(TinyBert.weights(1, 2), List.of("no", "yes"), file);
    return file;
  }

  private Path write(OnnxGraph graph) {
    Path file = directory.resolve("source.onnx");
    OnnxFiles.write(file, graph.toModel());
    return file;
  }

  /** Quantizes with the ranges on one random input of this shape; of BERT's inputs without one. */
  private Path quantize(Path source, QuantizationPlan settings, int... shape) {
    Map<String, OrtRuns.Input> input = shape.length == 0 ? sentence() : SmallGraphs.input(3, shape);
    return quantizeOn(source, settings, input);
  }

  private Path quantizeOn(
      Path source, QuantizationPlan settings, Map<String, OrtRuns.Input> input) {
    Path target = directory.resolve(settings.format() + ".onnx");
    new Quantizer(settings).quantize(source, target, ranges(source, settings, input));
    return target;
  }

  private static Map<String, TensorRange> ranges(
      Path source, QuantizationPlan settings, Map<String, OrtRuns.Input> input) {
    Quantizer quantizer = new Quantizer(settings);
    return OrtRuns.ranges(source, quantizer.tensorsToCalibrate(source), List.of(input));
  }

  private static Map<String, OrtRuns.Input> sentence() {
    Random random = new Random(5);
    long[] ids = random.longs(8 * 20, 0, TinyBert.VOCABULARY).toArray();
    long[] ones = new long[ids.length];
    Arrays.fill(ones, 1);
    Map<String, OrtRuns.Input> inputs = new HashMap<>();
    inputs.put("input_ids", new OrtRuns.Input(ids, 8, 20));
    inputs.put("attention_mask", new OrtRuns.Input(ones, 8, 20));
    inputs.put("token_type_ids", new OrtRuns.Input(new long[ids.length], 8, 20));
    return inputs;
  }

  private static void assertClose(float[] actual, double[] expected, double most, String what) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i])
          .as("%s, element %d", what, i)
          .isCloseTo(expected[i], within(most));
    }
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  private static String golden(String name) throws IOException {
    try (InputStream in = StaticQuantizerTest.class.getResourceAsStream("/golden/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
