package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Asking which pruners there are costs nothing: what training needs is not even looked at. */
class PrunersIT {
  /** Classes are what its time goes into. 1,338 of them, mostly the JDK's, took 0.45 s. */
  private static final int MOST_CLASSES = 1800;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"pruners", "pruners describe soft_movement"})
  @DisplayName("no class of DJL, PyTorch or ONNX Runtime is loaded, and few of any")
  void light(String command) throws IOException, InterruptedException {
    Path classes = directory.resolve("classes");

    String printed =
        Assembled.run(
            0,
            directory.resolve("log"),
            List.of("-Xlog:class+load:file=" + classes),
            List.of(command.split(" ")));

    assertThat(printed).contains("soft_movement");
    List<String> loaded = Files.readAllLines(classes);
    assertThat(loaded)
        .anyMatch(line -> line.contains("dev.espalier.cli.PrunersCommand"))
        .noneMatch(line -> line.contains(" ai.djl."))
        .noneMatch(line -> line.contains(" ai.onnxruntime."))
        .noneMatch(line -> line.contains(" dev.espalier.djl."))
        .noneMatch(line -> line.contains(" dev.espalier.onnxruntime."))
        .hasSizeLessThan(MOST_CLASSES);
  }
}
