package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole chain on the twins: train, export, quantize, measure, by the task's own metrics. */
class TwinsIT {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path directory;

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "squad-twin, BertForQuestionAnswering,      2, exact f1",
    "mnli-twin,  BertForSequenceClassification, 3, accuracy accuracy_mismatched",
  })
  @DisplayName("each twin's configuration goes through the whole chain")
  void chain(String twin, String architecture, int labels, String metrics)
      throws IOException, InterruptedException {
    Assembled.run(
        0,
        directory.resolve("log"),
        List.of(),
        List.of(
            "run",
            "../yaml-configs/" + twin + ".yaml",
            "--smoke",
            "--no-progress",
            "--set",
            "tuning.workspace.path=" + directory));

    Path run;
    try (Stream<Path> runs = Files.list(directory.resolve(twin + "-smoke"))) {
      run = runs.findFirst().orElseThrow();
    }
    JsonNode config = JSON.readTree(run.resolve("best/config.json").toFile());
    assertThat(config.at("/architectures/0").asText()).isEqualTo(architecture);
    assertThat(config.at("/id2label")).hasSize(labels);
    JsonNode result = JSON.readTree(run.resolve("result.json").toFile());
    for (String place : List.of("/baseline/metrics", "/best/metrics", "/best/metrics_int8")) {
      assertThat(result.at(place).fieldNames())
          .toIterable()
          .as(place)
          .containsExactly(metrics.split(" ", -1));
      result.at(place).forEach(value -> assertThat(value.asDouble()).isBetween(0.0, 1.0));
    }
  }
}
