package dev.espalier.onnxruntime.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.onnxruntime.OrtRuns;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxFilesTest {
  @TempDir Path directory;

  private static ModelProto model() {
    OnnxGraph graph = OnnxGraph.create("g", 8, 17);
    graph.input("x", DataType.FLOAT, "n");
    graph.initializer(Tensors.ofFloats("w", List.of(2L), 1, 2));
    graph.node("Add", List.of("x", "w"), "y");
    graph.output("y", DataType.FLOAT, "n");
    return graph.toModel();
  }

  static Stream<Arguments> notModels() {
    byte[] whole = model().toByteArray();
    return Stream.of(
        Arguments.of("empty", new byte[0]),
        Arguments.of("text", "not a model".getBytes(StandardCharsets.UTF_8)),
        Arguments.of("cut off", Arrays.copyOf(whole, whole.length - 20)),
        Arguments.of("another message", new byte[] {(byte) 0xfa, 0x7f, 1, 0}),
        Arguments.of("no nodes", model().toBuilder().clearGraph().build().toByteArray()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("notModels")
  void saysThatAFileIsNotAModel(String name, byte[] content) throws IOException {
    Path file = Files.write(directory.resolve("m.onnx"), content);
    ProblemException problem =
        catchThrowableOfType(ProblemException.class, () -> OnnxFiles.read(file));
    assertThat(problem).hasMessage(file + ": is not an ONNX model, or it is cut off");
    assertThat(problem.exitCode()).isEqualTo(2);
  }

  @Test
  void saysThatAFileIsMissing() {
    Path file = directory.resolve("none.onnx");
    assertThatThrownBy(() -> OnnxFiles.read(file)).hasMessage(file + ": there is no such file");
  }

  @Test
  void writesWhatItReads() throws IOException {
    Path file = directory.resolve("made/on/the/way/m.onnx");
    OnnxFiles.write(file, model());
    OnnxFiles.write(file, model());
    assertThat(OnnxFiles.read(file)).isEqualTo(model());
    try (Stream<Path> files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void largeTensorsOfALargeModelGoToAnotherFileAndComeBack() throws IOException {
    ModelProto model = large();
    Path file = directory.resolve("m.onnx");
    OnnxFiles.write(file, model, 1000);
    // The second tensor starts at the next page.
    assertThat(directory.resolve("m.onnx.data")).hasSize(4096 + 512 * 4);
    assertThat(Files.size(file)).isLessThan(1000);
    assertThat(OnnxFiles.size(file)).isEqualTo(Files.size(file) + 4096 + 512 * 4);
    assertThat(OnnxFiles.read(file)).isEqualTo(model);

    float[] z =
        OrtRuns.run(file, OptLevel.ALL_OPT, Map.of("x", new OrtRuns.Input(new float[512], 512)))
            .get("z");
    assertThat(z).startsWith(0, 3, 6).endsWith(1533);
  }

  @Test
  void aModelIsWrittenOverTheOneThatItCameFrom() {
    Path file = directory.resolve("m.onnx");
    OnnxFiles.write(file, large(), 1000);
    ModelProto mapped = OnnxFiles.read(file);
    OnnxFiles.write(file, mapped, 1000);
    assertThat(OnnxFiles.read(file)).isEqualTo(large());
  }

  static Stream<Arguments> references() {
    return Stream.of(
        Arguments.of("../other", "0", "8", " in '../other', which is not in the model's folder"),
        Arguments.of(
            "/etc/passwd", "0", "8", " in '/etc/passwd', which is not in the model's folder"),
        Arguments.of(".", "0", "8", " in '.', which is not in the model's folder"),
        Arguments.of("none", "0", "8", " in 'none', which is not there"),
        Arguments.of("data", "1", "8", " in 'data', which has 8 bytes, not 8 from byte 1 on"),
        Arguments.of("data", "-1", "8", " in 'data' from byte or for bytes '-1'"),
        Arguments.of("data", "0", "lots", " in 'data' from byte or for bytes 'lots'"));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("references")
  void saysWhatIsWrongWithAReferenceToAnotherFile(
      String location, String offset, String length, String message) throws IOException {
    Files.write(directory.resolve("data"), new byte[8]);
    ModelProto.Builder model = large().toBuilder();
    model
        .getGraphBuilder()
        .getInitializerBuilder(0)
        .clearRawData()
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(StringStringEntryProto.newBuilder().setKey("location").setValue(location))
        .addExternalData(StringStringEntryProto.newBuilder().setKey("offset").setValue(offset))
        .addExternalData(StringStringEntryProto.newBuilder().setKey("length").setValue(length));
    Path file = Files.write(directory.resolve("m.onnx"), model.build().toByteArray());
    assertThatThrownBy(() -> OnnxFiles.read(file))
        .isInstanceOf(ProblemException.class)
        .hasMessage(file + ": keeps v" + message);
  }

  /** z = x + v + w, with v = i and w = 2 i. */
  private static ModelProto large() {
    OnnxGraph graph = OnnxGraph.create("g", 8, 17);
    float[] v = new float[512];
    float[] w = new float[512];
    for (int i = 0; i < v.length; i++) {
      v[i] = i;
      w[i] = 2 * i;
    }
    graph.input("x", DataType.FLOAT, "n");
    graph.initializer(Tensors.ofFloats("v", List.of(512L), v));
    graph.initializer(Tensors.ofFloats("w", List.of(512L), w));
    graph.node("Add", List.of("x", "v"), "y");
    graph.node("Add", List.of("y", "w"), "z");
    graph.output("z", DataType.FLOAT, "n");
    return graph.toModel();
  }
}
