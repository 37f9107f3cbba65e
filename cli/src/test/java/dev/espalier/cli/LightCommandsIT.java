package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Commands that only look: what training needs is not even looked at, so they start at once. Their
 * time goes into loading classes, so classes are counted: the limits are a little above what they
 * took.
 */
class LightCommandsIT {
  private static final String QUICKSTART = "../yaml-configs/quickstart.yaml";

  @TempDir Path directory;

  @ParameterizedTest(name = "{0}: at most {1} classes")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          schema             | 2300
          init NEW.yaml      | 2400
          validate FILE      | 3000
          config FILE        | 3000
          env                | 1900
          completion         | 1600
          """)
  @DisplayName("no class of DJL, PyTorch or ONNX Runtime is loaded, and few of any")
  void light(String command, int most) throws IOException, InterruptedException {
    Path classes = directory.resolve("classes");

    Assembled.run(
        0,
        directory.resolve("log"),
        List.of("-Xlog:class+load:file=" + classes),
        List.of(
            command
                .replace("FILE", QUICKSTART)
                .replace("NEW", directory.resolve("new").toString())
                .split(" ")));

    List<String> loaded = Files.readAllLines(classes);
    assertThat(loaded)
        .anyMatch(line -> line.contains("dev.espalier.cli.Main"))
        .noneMatch(line -> line.contains(" ai.djl."))
        .noneMatch(line -> line.contains(" ai.onnxruntime."))
        .noneMatch(line -> line.contains(" dev.espalier.djl."))
        .noneMatch(line -> line.contains(" dev.espalier.onnxruntime."));
    assertThat(loaded.size()).isLessThan(most);
  }
}
