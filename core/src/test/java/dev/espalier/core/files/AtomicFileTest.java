package dev.espalier.core.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.problem.ProblemException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path directory;

  @Test
  @DisplayName("a file replaces the old one as a whole, in folders made for it")
  void replaces() throws IOException {
    Path file = directory.resolve("a/b/file.bin");
    AtomicFile.write(file, out -> out.write("old".getBytes(UTF_8)));
    AtomicFile.write(file, out -> out.write("new".getBytes(UTF_8)));

    assertThat(file).hasContent("new");
    assertThat(names(file.getParent())).containsExactly("file.bin");
  }

  @Test
  @DisplayName("a full disk leaves the old file and nothing else; exit code 4")
  void fullDisk() throws IOException {
    Path file = Files.writeString(directory.resolve("m.onnx"), "old");
    ProblemException problem =
        catchThrowableOfType(ProblemException.class, () -> AtomicFile.write(file, this::fails));

    assertThat(problem.exitCode()).isEqualTo(4);
    assertThat(problem).hasMessageStartingWith(file + ": cannot be written: No space left");
    assertThat(file).hasContent("old");
    assertThat(names(directory)).containsExactly("m.onnx");
  }

  @Test
  @DisplayName("a bug while writing leaves nothing behind either, and passes")
  void bug() throws IOException {
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    directory.resolve("m.onnx"),
                    out -> {
                      throw new IllegalStateException("a bug");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(names(directory)).isEmpty();
  }

  private void fails(OutputStream out) throws IOException {
    out.write(1);
    throw new IOException("No space left on device");
  }

  private static Stream<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList().stream();
    }
  }
}
