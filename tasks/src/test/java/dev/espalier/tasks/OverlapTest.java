package dev.espalier.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.data.TaskSource.Columns;
import dev.espalier.core.data.TaskSource.DataFile;
import dev.espalier.core.data.TaskSource.Questions;
import dev.espalier.core.data.TaskSource.Request;
import dev.espalier.core.data.TaskSource.TaskData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training, calibration and evaluation sets are three. */
class OverlapTest {
  private static final String ROWS =
      "label\tsentence\n1\tone\n0\ttwo\n1\tthree\n0\tfour\n1\tfive\n0\tsix\n";

  @TempDir Path folder;

  @Test
  @DisplayName("a calibration set is read beside the others, and has its own name")
  void calibration() throws IOException {
    Path file = file("all.tsv", ROWS);

    TaskData loaded = load("sst-2", of(file, "3-"), of(file, "1-1"), of(file, "2-2"));

    assertThat(loaded.train().size()).isEqualTo(4);
    assertThat(loaded.ownCalibration()).isNotNull();
    assertThat(loaded.ownCalibration().name()).isEqualTo("calibration");
    assertThat(loaded.ownCalibration().source()).isEqualTo(file + ", rows 1-1");
    assertThat(load("sst-2", of(file, "3-"), null, of(file, "2-2")).ownCalibration()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "hf-dataset:a/b,, false",
    "hf-dataset:a/b, hf-dataset:a/b, true",
    "hf-dataset:a/b#test, hf-dataset:a/c, true",
  })
  @DisplayName("a data set without a split is one set for training and another for evaluation")
  void dataSetsElsewhere(String data, @Nullable String calibration, boolean overlaps) {
    DataFile file = new DataFile(data, null);
    List<Problem> mistakes =
        new TaskLoader()
            .check(
                request(
                    "sst-2",
                    file,
                    calibration == null ? null : new DataFile(calibration, null),
                    file));

    assertThat(mistakes).hasSize(overlaps ? 1 : 0);
    assertThat(mistakes).allSatisfy(each -> assertThat(each.message()).endsWith("all of " + data));
  }

  @ParameterizedTest
  @CsvSource({
    "1-4, 6-6, 4-5, data.evaluation: has rows of data.train",
    "1-4, 4-4, 5-6, data.calibration: has rows of data.train",
    "1-3, 4-5, 5-6, data.evaluation: has rows of data.calibration",
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
        .startsWith(expected + ", too: ");
  }

  @Test
  @DisplayName("all sets from one whole file are three errors at once")
  void allOfAFile() throws IOException {
    Path file = file("all.tsv", ROWS);

    assertThat(failure("sst-2", whole(file), whole(file), whole(file)).problems()).hasSize(3);
  }

  @Test
  @DisplayName(
      "an evaluation example among the calibration examples is an error, whatever its label")
  void text() throws IOException {
    Path train = file("train.tsv", ROWS);
    Path calibration = file("calibration.tsv", "label\tsentence\n1\tseven\n1\teight\n0\tnine\n");
    Path evaluation = file("dev.tsv", "label\tsentence\n0\teight\n");

    assertThat(failure("sst-2", whole(train), of(calibration, "2-"), whole(evaluation)))
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
        .hasMessageContaining("data.calibration: has rows of data.train, too: ");
    assertThat(failure("squad", of(file, "1-1"), whole(other), of(file, "2-3")))
        .hasMessageContaining("1 of 2 calibration examples are evaluation examples");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "reversed",
        "one more",
        "crlf",
        "columns",
        "first",
        "relabelled",
        "half",
        "blanks",
        "nbsp",
        "capitals"
      })
  @DisplayName("an evaluation set that is taken from the training set is an error, however written")
  void copies(String how) throws IOException {
    List<String> rows = rows("train", 40);
    List<String> others = rows("other", 40);
    List<String> evaluation =
        switch (how) {
          case "reversed" -> IntStream.range(0, 40).mapToObj(i -> rows.get(39 - i)).toList();
          case "one more" -> Stream.concat(rows.stream(), others.stream().limit(1)).toList();
          case "crlf" -> rows.stream().map(row -> row + "\r").toList();
          case "first" -> rows.subList(0, 10);
          case "relabelled" ->
              rows.stream()
                  .map(row -> row.replace("1\t", "2\t").replace("0\t", "1\t"))
                  .map(row -> row.replace("2\t", "0\t"))
                  .toList();
          case "blanks" -> rows.stream().map(row -> row.replace(" ", "   ") + " ").toList();
          case "nbsp" -> rows.stream().map(row -> row.replace(" ", "\u00a0")).toList();
          case "capitals" -> rows.stream().map(row -> row.replace("train", "Train")).toList();
          case "half" -> Stream.concat(rows.stream().limit(21), others.stream().limit(19)).toList();
          default -> rows.stream().map(row -> row.substring(2) + "\t" + row.charAt(0)).toList();
        };
    String header = how.equals("columns") ? "sentence\tlabel\n" : "label\tsentence\n";
    Path train = file("train.tsv", "label\tsentence\n" + String.join("\n", rows) + "\n");
    Path dev = file("dev.tsv", header + String.join("\n", evaluation) + "\n");
    int shared = how.equals("half") ? 21 : Math.min(evaluation.size(), 40);

    ProblemException e = failure("sst-2", whole(train), null, whole(dev));

    assertThat(e.problems()).extracting(Problem::kind).containsExactly(ProblemKind.INPUT);
    assertThat(e)
        .hasMessageContaining(
            dev
                + ": "
                + shared
                + " of "
                + evaluation.size()
                + " examples of data.evaluation are examples of data.train, too");
  }

  @Test
  @DisplayName("a few examples in common are told, and so are many where the texts repeat anyway")
  void fewInCommon() throws IOException {
    List<String> rows = rows("train", 40);
    Path train = file("train.tsv", "label\tsentence\n" + String.join("\n", rows) + "\n");
    Path dev =
        file(
            "dev.tsv",
            "label\tsentence\n"
                + String.join("\n", rows.subList(0, 2))
                + "\n"
                + String.join("\n", rows("other", 40))
                + "\n");
    String phrases = "label\tsentence\n" + "1\tgood\n0\tbad\n1\tvery good\n".repeat(20);

    assertThat(load("sst-2", whole(train), null, whole(dev)).notes())
        .containsExactly(
            "2 of 42 examples of data.evaluation are examples of data.train, too, whatever their"
                + " labels: what is measured on them is too good.");
    assertThat(
            load(
                    "sst-2",
                    whole(file("phrases.tsv", phrases)),
                    null,
                    whole(file("judged.tsv", phrases + "0\tbad\n")))
                .notes())
        .singleElement()
        .asString()
        .startsWith("61 of 61 examples of data.evaluation");
    assertThat(load("sst-2", of(train, "1-30"), null, of(train, "31-")).notes()).isEmpty();
  }

  @Test
  @DisplayName("a calibration set is held apart from the training set by content, too")
  void calibrationCopy() throws IOException {
    List<String> rows = rows("train", 40);
    List<String> reversed = IntStream.range(0, 40).mapToObj(i -> rows.get(39 - i)).toList();
    String header = "label\tsentence\n";
    Path train = file("train.tsv", header + String.join("\n", rows) + "\n");
    Path dev = file("dev.tsv", header + String.join("\n", rows("judged", 20)) + "\n");
    Path shuffled = file("shuffled.tsv", header + String.join("\n", reversed) + "\n");
    Path few =
        file(
            "few.tsv",
            header + rows.get(0) + "\n" + String.join("\n", rows("calibrated", 20)) + "\n");

    assertThat(failure("sst-2", whole(train), whole(shuffled), whole(dev)))
        .hasMessageContaining(
            shuffled + ": 40 of 40 examples of data.calibration are examples of data.train, too");
    assertThat(load("sst-2", whole(train), whole(few), whole(dev)).notes())
        .containsExactly(
            "1 of 21 examples of data.calibration are examples of data.train, too: their ranges are"
                + " those of texts that the model was fitted to.");
    String[] questions = IntStream.range(0, 12).mapToObj(i -> "q" + i).toArray(String[]::new);
    Path asked = file("squad.json", squad(questions));
    Path copy = file("copy.json", squad(questions).replace("\"id\": \"q", "\"id\": \"c"));
    assertThat(
            failure(
                "squad", whole(asked), whole(copy), whole(file("judged.json", squad("x1", "x2")))))
        .hasMessageContaining(
            "12 of 12 examples of data.calibration are examples of data.train, too");
  }

  @Test
  @DisplayName("a copied file of questions is an error, too, with other ids")
  void copiedQuestions() throws IOException {
    String[] questions = IntStream.range(0, 12).mapToObj(i -> "q" + i).toArray(String[]::new);
    Path train = file("squad.json", squad(questions));
    Path copy = file("copy.json", squad(questions).replace("\"id\": \"q", "\"id\": \"dev"));

    assertThat(failure("squad", whole(train), null, whole(copy)))
        .hasMessageContaining(
            "12 of 12 examples of data.evaluation are examples of data.train, too");
  }

  /** Whether it is a copy, in how far chance explains it. */
  @ParameterizedTest
  @CsvSource({
    "100, 100, 0, true",
    "51, 100, 0, true",
    "50, 100, 0, false",
    "9, 9, 0, false",
    "100, 100, 0.9, true",
    "97, 100, 0.9, false",
    "20, 20, 0.9, false",
    "100, 100, 1, false",
  })
  void chance(int shared, int judged, double chance, boolean copy) {
    assertThat(new HeldOut(shared, judged, chance).isCopy()).isEqualTo(copy);
  }

  /** Rows of two classes, no two alike. */
  private static List<String> rows(String word, int count) {
    return IntStream.range(0, count).mapToObj(i -> i % 2 + "\t" + word + " " + i).toList();
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

  private static DataFile whole(Path file) {
    return new DataFile(file.toString(), null);
  }

  private static DataFile of(Path file, String part) {
    return new DataFile(file.toString(), part);
  }

  private static TaskData load(
      String task, DataFile train, @Nullable DataFile calibration, DataFile evaluation) {
    return new TaskLoader()
        .load(request(task, train, calibration, evaluation), MiniLm.tokenizerJson());
  }

  private static Request request(
      String task, DataFile train, @Nullable DataFile calibration, DataFile evaluation) {
    return new Request(
        task,
        train,
        calibration,
        evaluation,
        null,
        Columns.NONE,
        List.of(),
        0,
        0,
        384,
        Questions.DEFAULT,
        0);
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
