package dev.espalier.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.tasks.TaskLoader.DataFile;
import dev.espalier.tasks.squad.QuestionSettings;
import dev.espalier.tasks.text.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training, calibration and evaluation sets are three. */
class OverlapTest {
  private static final String ROWS =
      "label\tsentence\n1\tone\n0\ttwo\n1\tthree\n0\tfour\n1\tfive\n0\tsix\n";

  @TempDir Path folder;

  @Test
  @DisplayName("a calibration set is read beside the others, and has its own name")
  void calibration() throws IOException {
    Path file = file("all.tsv", ROWS);

    TaskLoader.Loaded loaded = load("sst-2", of(file, "3-"), of(file, "1-1"), of(file, "2-2"));

    assertThat(loaded.train().size()).isEqualTo(4);
    assertThat(loaded.calibration()).isNotNull();
    assertThat(loaded.calibration().name()).isEqualTo("calibration");
    assertThat(loaded.calibration().source()).isEqualTo(file + ", rows 1-1");
    assertThat(load("sst-2", of(file, "3-"), null, of(file, "2-2")).calibration()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "1-4, 6-6, 4-5, data.train and data.evaluation",
    "1-4, 4-4, 5-6, data.train and data.calibration",
    "1-3, 4-5, 5-6, data.calibration and data.evaluation",
  })
  @DisplayName("rows that are in two sets are an error, also by another path to the same content")
  void rows(String train, String calibration, String evaluation, String expected)
      throws IOException {
    Path file = file("all.tsv", ROWS);
    Path copy = file("copy.tsv", ROWS);

    ProblemException e =
        failure("sst-2", of(file, train), of(copy, calibration), of(file, evaluation));

    assertThat(e.problems())
        .extracting(Problem::message)
        .singleElement()
        .asString()
        .startsWith(expected + " have rows of one file in common: ");
  }

  @Test
  @DisplayName("all sets from one whole file are three errors at once")
  void allOfAFile() throws IOException {
    Path file = file("all.tsv", ROWS);

    assertThat(failure("sst-2", DataFile.of(file), DataFile.of(file), DataFile.of(file)).problems())
        .hasSize(3);
  }

  @Test
  @DisplayName(
      "an evaluation example among the calibration examples is an error, whatever its label")
  void text() throws IOException {
    Path train = file("train.tsv", ROWS);
    Path calibration = file("calibration.tsv", "label\tsentence\n1\tseven\n1\teight\n0\tnine\n");
    Path evaluation = file("dev.tsv", "label\tsentence\n0\teight\n");

    assertThat(failure("sst-2", DataFile.of(train), of(calibration, "2-"), DataFile.of(evaluation)))
        .hasMessageContaining(
            "calibration.tsv: 1 of 2 calibration examples are evaluation examples of "
                + evaluation
                + ", too: the first is number 2");
  }

  @Test
  @DisplayName("questions about paragraphs likewise")
  void questions() throws IOException {
    Path file = file("squad.json", squad("q1", "q2", "q3"));
    Path other = file("other.json", squad("q4", "q2"));

    assertThat(load("squad", of(file, "1-1"), of(file, "2-2"), of(file, "3-3")).calibration())
        .isNotNull();
    assertThat(failure("squad", of(file, "1-1"), of(file, "1-2"), of(file, "3-3")))
        .hasMessageContaining("data.train and data.calibration have rows of one file in common");
    assertThat(failure("squad", of(file, "1-1"), DataFile.of(other), of(file, "2-3")))
        .hasMessageContaining("1 of 2 calibration examples are evaluation examples");
  }

  /** A file with a paragraph for each question. */
  private static String squad(String... questions) {
    StringBuilder paragraphs = new StringBuilder();
    for (String question : questions) {
      paragraphs
          .append(paragraphs.isEmpty() ? "" : ",")
          .append("{\"context\": \"Paragraph of ")
          .append(question)
          .append("\", \"qas\": [{\"id\": \"")
          .append(question)
          .append("\", \"question\": \"What?\", \"answers\":")
          .append(" [{\"text\": \"Paragraph\", \"answer_start\": 0}]}]}");
    }
    return "{\"version\": \"1.1\", \"data\": [{\"title\": \"t\", \"paragraphs\": ["
        + paragraphs
        + "]}]}";
  }

  private static DataFile of(Path file, String part) {
    return new DataFile(List.of(file), Part.of(part));
  }

  private static TaskLoader.Loaded load(
      String task, DataFile train, @Nullable DataFile calibration, DataFile evaluation) {
    return TaskLoader.load(
        new TaskLoader.Request(
            task,
            train,
            calibration,
            evaluation,
            null,
            null,
            List.of(),
            0,
            0,
            384,
            QuestionSettings.DEFAULT,
            0),
        MiniLm.tokenizerJson());
  }

  private static ProblemException failure(
      String task, DataFile train, @Nullable DataFile calibration, DataFile evaluation) {
    return catchThrowableOfType(
        ProblemException.class, () -> load(task, train, calibration, evaluation));
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }
}
