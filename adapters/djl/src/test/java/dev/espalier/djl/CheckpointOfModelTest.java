package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.core.model.TransformerWeights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointOfModelTest {
  @TempDir Path directory;

  private final SafeTensorsStore store = new SafeTensorsStore();

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

  @Test
  @DisplayName("a directory that cannot be made is the machine's problem, exit code 4")
  void cannotWrite() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "not a directory");

    assertThatThrownBy(
            () -> store.write(file.resolve("a/b.safetensors"), RandomBert.withHead(1, 1)))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(4));
  }
}
