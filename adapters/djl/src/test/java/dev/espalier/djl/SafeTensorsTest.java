package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.tuner.port.TransformerWeights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafeTensorsTest {
  @TempDir Path directory;

  private final SafeTensors store = new SafeTensors();

  @Test
  @DisplayName("what is written is read back, bit by bit")
  void roundTrip() {
    TransformerWeights weights = RandomBert.withHead(3, 0.1);
    Path file = directory.resolve("model.safetensors");
    store.write(file, weights);

    TransformerWeights read = store.read(file, RandomBert.TWO_LAYERS);
    assertThat(read.tensors().keySet()).isEqualTo(weights.tensors().keySet());
    weights
        .tensors()
        .forEach(
            (name, tensor) -> {
              assertThat(read.get(name).shape()).as(name).isEqualTo(tensor.shape());
              assertThat(read.get(name).values()).as(name).isEqualTo(tensor.values());
            });
    assertThat(directory).isDirectoryNotContaining(path -> path.toString().endsWith(".tmp"));
  }

  @Test
  @DisplayName("the header is padded so that values are aligned, and the values fill the file")
  void layout() throws IOException {
    TransformerWeights weights = RandomBert.withHead(3, 0.1);
    Path file = directory.resolve("model.safetensors");
    store.write(file, weights);

    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    long header = bytes.getLong();
    assertThat(header % 8).isZero();
    assertThat(Files.size(file)).isEqualTo(8 + header + 4 * weights.size());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          no header        | 100 | {}                                                                    | its header claims 100 bytes
          negative header  | -1  | {}                                                                    | its header claims -1 bytes
          not JSON         | 5   | hello                                                                 | its header is not what it should be
          an array         | 2   | []                                                                    | its header is not what it should be
          other type       | 56  | {"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}               | type BF16 is not F32
          wrong offsets    | 56  | {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,400]}}              | do not fit shape [2]
          beyond the end   | 61  | {"a":{"dtype":"F32","shape":[2],"data_offsets":[4000,4008]}}          | shorter than its header says
          no shape         | 42  | {"a":{"dtype":"F32","data_offsets":[0,8]}}                            | its header is not what it should be
          huge shape       | 74  | {"a":{"dtype":"F32","shape":[99999,99999,99999],"data_offsets":[0,8]}} | its header is not what it should be
          """)
  @DisplayName("a broken file is refused with a reason")
  void broken(String name, long length, String header, String reason) throws IOException {
    Path file = directory.resolve("broken.safetensors");
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    long claimed = name.endsWith("header") ? length : json.length;
    Files.write(
        file,
        ByteBuffer.allocate(8 + json.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(claimed)
            .put(json)
            .array());

    assertThatThrownBy(() -> store.read(file, RandomBert.TWO_LAYERS))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("not a readable safetensors file")
        .hasMessageContaining(reason);
  }

  @Test
  @DisplayName("a directory that cannot be made is the machine's problem, exit code 4")
  void cannotWrite() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "not a directory");

    assertThatThrownBy(
            () -> store.write(file.resolve("a/b.safetensors"), RandomBert.withHead(1, 1)))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(4));
  }
}
