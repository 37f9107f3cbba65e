package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFolderTest {
  @TempDir Path directory;

  @Test
  void leavesNothingBehind() {
    TemporaryFolder.check(directory, 1);
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void saysHowMuchRoomIsMissing() {
    assertThatThrownBy(() -> TemporaryFolder.check(directory, Long.MAX_VALUE))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(
            directory + ": ONNX Runtime's library needs 9223372036854 MB in the temporary folder")
        .hasMessageContaining("set ESPALIER_JAVA_OPTS=-Djava.io.tmpdir=FOLDER");
  }

  @Test
  void saysThatTheFolderCannotBeWritten() {
    Path nowhere = directory.resolve("nowhere");
    assertThatThrownBy(() -> TemporaryFolder.check(nowhere, 1))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(nowhere + ": the temporary folder cannot be written: ");
  }
}
