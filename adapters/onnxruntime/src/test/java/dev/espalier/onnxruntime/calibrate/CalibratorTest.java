package dev.espalier.onnxruntime.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.onnxruntime.Examples;
import dev.espalier.onnxruntime.TinyBert;
import dev.espalier.onnxruntime.bert.BertOnnxExporter;
import dev.espalier.onnxruntime.calibrate.CalibrationMethod.Entropy;
import dev.espalier.onnxruntime.calibrate.CalibrationMethod.MinMax;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CalibratorTest {
  private static final Path NAME = Path.of("some/model.onnx");
  private static final Calibrator MIN_MAX = new Calibrator(new MinMax(), new Activations(1));

  @TempDir Path directory;

  /** y = x · 2, z = log(y), both of one node. */
  private static ModelProto logOfDouble() {
    OnnxGraph graph = OnnxGraph.create("log", 8, 17);
    graph.input("x", DataType.FLOAT, "n");
    graph.initializer(Tensors.scalar("two", 2f));
    graph.node("Mul", List.of("x", "two"), "y");
    graph.node("Log", List.of("y"), "z");
    graph.node("Relu", List.of("z"), "out");
    graph.output("out", DataType.FLOAT, "n");
    return graph.toModel();
  }

  private static CalibrationBatches batches(float[]... batches) {
    return () ->
        List.of(batches).stream()
            .map(
                values ->
                    Map.<String, OnnxInput>of("x", new OnnxInput.Floats(values, values.length)))
            .iterator();
  }

  @Test
  void findsTheRangesOfInputsIntermediatesAndOutputs() {
    CalibrationBatches batches = batches(new float[] {1, 2}, new float[] {0.5f, 4, 3});
    assertThat(MIN_MAX.ranges(logOfDouble(), NAME, List.of("out", "y", "x"), batches))
        .containsExactly(
            Map.entry("out", new TensorRange(0, (float) Math.log(8))),
            Map.entry("y", new TensorRange(1, 8)),
            Map.entry("x", new TensorRange(0.5f, 4)));
    assertThat(MIN_MAX.ranges(logOfDouble(), NAME, List.of("x"), batches))
        .containsExactly(Map.entry("x", new TensorRange(0.5f, 4)));
  }

  @ParameterizedTest
  @CsvSource({"0, z, -Infinity", "-1, z, NaN", "3e38, y, Infinity"})
  void namesTheTensorThatIsNotFinite(float x, String tensor, String value) {
    CalibrationBatches batches = batches(new float[] {1}, new float[] {1, 1, x});
    assertThatThrownBy(() -> MIN_MAX.ranges(logOfDouble(), NAME, List.of("y", "z"), batches))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("some/model.onnx")
        .hasMessageContaining(
            "the tensor "
                + tensor
                + " has the value "
                + value
                + " at position 2 of calibration batch 2");
  }

  @ParameterizedTest
  @CsvSource({"nothing", "two"})
  void refusesWhatIsNoActivation(String tensor) {
    assertThatThrownBy(
            () -> MIN_MAX.ranges(logOfDouble(), NAME, List.of(tensor), batches(new float[] {1})))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(tensor);
  }

  @Test
  void refusesAnEmptySetAndAMissingInput() {
    assertThatThrownBy(() -> MIN_MAX.ranges(logOfDouble(), NAME, List.of("y"), batches()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nothing to calibrate on");
    CalibrationBatches other =
        () ->
            List.of(Map.<String, OnnxInput>of("w", new OnnxInput.Floats(new float[1], 1)))
                .iterator();
    assertThatThrownBy(() -> MIN_MAX.ranges(logOfDouble(), NAME, List.of("y"), other))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("an input x");
  }

  @Test
  void severalPassesFindTheSame() {
    Path file = directory.resolve("tiny.onnx");
    BertOnnxExporter.exportClassifier(TinyBert.weights(2, 2), List.of("no", "yes"), file);
    ModelProto model = OnnxFiles.read(file);
    List<String> tensors =
        model.getGraph().getNodeList().stream()
            .filter(node -> node.getOpType().equals("MatMul"))
            .map(node -> node.getInput(0))
            .distinct()
            .toList();
    CalibrationBatches batches =
        new EncodedBatches(Examples.random(40, 20, TinyBert.VOCABULARY), 8, 3);
    Map<String, TensorRange> atOnce =
        new Calibrator(new Entropy(), new Activations(1)).ranges(model, file, tensors, batches);
    Map<String, TensorRange> inPasses =
        new Calibrator(new Entropy(), new Activations(1, 3)).ranges(model, file, tensors, batches);
    assertThat(atOnce).hasSize(tensors.size()).isEqualTo(inPasses);
    assertThat(atOnce.keySet()).containsExactlyElementsOf(tensors);
  }
}
