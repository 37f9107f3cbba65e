package dev.espalier.onnxruntime.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.api.problem.ProblemException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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
  void aModelAboveTwoGigabytesIsRefused() {
    Path file = Path.of("big.onnx");
    OnnxFiles.requireFits(file, OnnxFiles.LARGEST);
    assertThatThrownBy(() -> OnnxFiles.requireFits(file, OnnxFiles.LARGEST + 1))
        .isInstanceOf(ProblemException.class)
        .hasMessageStartingWith(
            "big.onnx: the model takes 2147483648 bytes, an ONNX file holds at most 2147483647");
  }
}
