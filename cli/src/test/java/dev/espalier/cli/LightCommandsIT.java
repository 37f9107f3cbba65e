package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.checkpoints.SafeTensorsWriter;
import dev.espalier.core.model.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
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
          validate FILE      | 3200
          config FILE        | 3200
          env                | 1900
          completion         | 1600
          count TINY         | 2400
          finalize TINY -o O | 2400
          pack TINY -o A     | 2400
          """)
  @DisplayName("no class of DJL, PyTorch or ONNX Runtime is loaded, and few of any")
  void light(String command, int most) throws IOException, InterruptedException {
    Path classes = directory.resolve("classes");
    SortedMap<String, Tensor> tiny = new TreeMap<>();
    tiny.put("encoder.layer.0.x.weight", Tensor.matrix(2, 2, new float[] {1, 0, 0, 2}));
    Path checkpoint = directory.resolve("tiny.safetensors");
    SafeTensorsWriter.write(checkpoint, SafeTensorsWriter.PYTORCH, tiny);

    Assembled.run(
        0,
        directory.resolve("log"),
        List.of("-Xlog:class+load:file=" + classes),
        List.of(
            command
                .replace("FILE", QUICKSTART)
                .replace("TINY", checkpoint.toString())
                .replaceAll("\\b[OA]$", directory.resolve("output").toString())
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
