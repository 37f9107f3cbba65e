package dev.espalier.tasks.table;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.glue.GlueTasks;
import dev.espalier.tasks.text.LabelledText;
import dev.espalier.tasks.text.LabelledTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableReaderTest {
  private static final TableTask SST2 = GlueTasks.find("sst-2").orElseThrow();

  /** What another row of the table would be: two texts, labels that are words. */
  private static final TableTask RTE =
      new TableTask(
          "rte",
          List.of(new TableTask.Column("sentence1"), new TableTask.Column("sentence2")),
          new TableTask.Column("label"),
          List.of(
              new TableTask.TableClass("entailment", "entailment"),
              new TableTask.TableClass("not_entailment", "not entailment")));

  @TempDir Path folder;

  static List<Arguments> readable() {
    List<LabelledText> two =
        List.of(LabelledText.single("a fine film", 1), LabelledText.single("dull", 0));
    return List.of(
        arguments("columns as GLUE has them", "sentence\tlabel\na fine film\t1\ndull\t0\n", two),
        arguments("columns swapped", "label\tsentence\n1\ta fine film\n0\tdull\n", two),
        arguments("the text called content", "label\tcontent\n1\ta fine film\n0\tdull\n", two),
        arguments(
            "the official name wins",
            "content\tlabel\tsentence\nx\t1\ta fine film\ny\t0\tdull\n",
            two),
        arguments("a column between", "label\tid\tsentence\n1\t7\ta fine film\n0\t8\tdull\n", two),
        arguments("no newline at the end", "label\tsentence\n1\ta fine film\n0\tdull", two),
        arguments("CRLF", "label\tsentence\r\n1\ta fine film\r\n0\tdull\r\n", two),
        arguments("CR", "label\tsentence\r1\ta fine film\r0\tdull\r", two),
        arguments("empty lines", "\nlabel\tsentence\n\n1\ta fine film\n\n0\tdull\n\n\n", two),
        arguments("a byte order mark", "\uFEFFlabel\tsentence\n1\ta fine film\n0\tdull\n", two),
        arguments("spaces around labels", "label \t sentence\n 1\ta fine film\n0 \tdull\n", two),
        arguments(
            "quotation marks are text",
            "label\tsentence\n1\t\"\n0\tsay \"no\n1\t\"so \"\" what\" , he said\n",
            List.of(
                LabelledText.single("\"", 1),
                LabelledText.single("say \"no", 0),
                LabelledText.single("\"so \"\" what\" , he said", 1))),
        arguments(
            "backslashes, commas and hashes are text",
            "label\tsentence\n1\ta\\tb, c\n0\t# no comment\n",
            List.of(LabelledText.single("a\\tb, c", 1), LabelledText.single("# no comment", 0))),
        arguments(
            "spaces belong to the text",
            "label\tsentence\n1\t gags \n",
            List.of(LabelledText.single(" gags ", 1))),
        arguments(
            "all of Unicode",
            "label\tsentence\n1\tcrème brûlée 電影 🎬\n",
            List.of(LabelledText.single("crème brûlée 電影 🎬", 1))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("readable")
  void reads(String name, String content, List<LabelledText> expected) throws IOException {
    assertThat(TableReader.read(SST2, file(content)).examples()).as(name).isEqualTo(expected);
  }

  @Test
  void readsPairsAndLabelsThatAreWords() throws IOException {
    Path file =
        file("index\tsentence1\tsentence2\tlabel\n0\tIt rained.\tIt was wet.\tentailment\n");

    assertThat(TableReader.read(RTE, file).examples())
        .containsExactly(new LabelledText("It rained.", "It was wet.", 0));
  }

  @Test
  void namesAndHashesTheFile() throws IOException {
    Path file = file("label\tsentence\n1\tgood\n");

    LabelledTexts texts = TableReader.read(SST2, file);

    assertThat(texts.source()).isEqualTo(file.toString());
    assertThat(texts.sha256()) // printf 'label\tsentence\n1\tgood\n' | sha256sum
        .isEqualTo("a7e2b89415a06bba537f12b0b9dfb8526f0b06ed9f0f54057e278d8233053b70");
  }

  static List<Arguments> unreadable() {
    return List.of(
        arguments("", 0, "the file is empty"),
        arguments("\n\n", 0, "the file is empty"),
        arguments("label\tsentence\n", 0, "the file holds a header but no example"),
        arguments("label\tsentence\n\n\n", 0, "the file holds a header but no example"),
        arguments(
            "\n\ntext\tlabel\ngood\t1\n",
            3,
            "column \"sentence\" or \"content\" is missing; the header has \"text\", \"label\""),
        arguments(
            "good\t1\n",
            1,
            "column \"sentence\" or \"content\" is missing; column \"label\" is missing; "
                + "the header has \"good\", \"1\""),
        arguments("sentence,label\ngood,1\n", 1, "the header has \"sentence,label\""),
        arguments(
            "label\tsentence\tlabel\n1\tgood\t0\n", 1, "column \"label\" appears more than once"),
        arguments(
            "label\tsentence\n1\tgood\n1\n", 3, "a row must have 2 tab-separated fields, found 1"),
        arguments(
            "label\tsentence\n1\tgood\tfilm\n",
            2,
            "a row must have 2 tab-separated fields, found 3"),
        arguments("label\tsentence\n2\tgood\n", 2, "label \"2\" is none of 0, 1"),
        arguments("label\tsentence\n1\tx\n\tgood\n", 3, "the label is empty"),
        arguments("label\tsentence\n1\tx\n \u00A0\u200B\tgood\n", 3, "the label is empty"),
        arguments("label\tsentence\npositive\tx\n", 2, "label \"positive\" is none of 0, 1"),
        arguments(
            "label\tsentence\n" + "x".repeat(99) + "\tgood\n",
            2,
            "label \"" + "x".repeat(40) + "…\" is none of 0, 1"));
  }

  @ParameterizedTest
  @MethodSource("unreadable")
  void saysWhatIsWrongAndWhere(String content, int line, String message) throws IOException {
    Path file = file(content);

    Problem problem = failure(file).problems().get(0);

    assertThat(problem.kind()).isEqualTo(ProblemKind.INPUT);
    assertThat(problem.location()).isEqualTo(Location.ofLine(file.toString(), line));
    assertThat(problem.message()).contains(message);
  }

  /** Lines are what an editor shows, empty ones counted. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "label\\tsentence\\n1\\tgood\\n9\\tbad\\n                        | 3",
        "label\\tsentence\\n1\\tgood\\n9\\tbad                           | 3",
        "label\\tsentence\\r\\n1\\tgood\\r\\n9\\tbad\\r\\n               | 3",
        "label\\tsentence\\r1\\tgood\\r9\\tbad\\r                        | 3",
        "label\\tsentence\\n\\n\\n1\\tgood\\n\\n9\\tbad\\n\\n1\\tgood\\n | 6",
        "\\r\\n\\r\\nlabel\\tsentence\\r\\n\\r\\n9\\tbad\\r\\n1\\tgood   | 5",
        "label\\tsentence\\n1\\ta \" b\\n1\\t\"c\\n9\\tbad\\n            | 4",
        "label\\tsentence\\r\\n1\\tgood\\n9\\tbad\\r\\n1\\tgood          | 3",
      })
  void countsPhysicalLines(String escaped, int line) throws IOException {
    ProblemException e = failure(file(escaped.translateEscapes()));

    assertThat(e.problems()).hasSize(1);
    assertThat(e.problems().get(0).location())
        .extracting(location -> location.line())
        .isEqualTo(line);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 9, 10, 11, 250})
  void describesTenBrokenRowsAndCountsTheRest(int broken) throws IOException {
    ProblemException e = failure(file("label\tsentence\n1\tgood\n" + "9\tbad\n".repeat(broken)));

    int described = Math.min(10, broken);
    assertThat(e.problems()).hasSize(described + (broken > 10 ? 1 : 0));
    for (int i = 0; i < described; i++) {
      assertThat(e.problems().get(i).toString())
          .endsWith(":" + (3 + i) + ": label \"9\" is none of 0, 1");
    }
    if (broken > 10) {
      assertThat(e.problems().get(10).message())
          .isEqualTo("and " + (broken - 10) + " more broken rows");
    }
  }

  @ParameterizedTest(name = "score {0}")
  @CsvSource({
    "0,",
    "5,",
    "5.000,",
    "2.5e0,",
    ".5,", //
    "5.001, is not a number from 0 to 5",
    "-1, is not a number from 0 to 5",
    "NaN, is not a number",
    "Infinity, is not a number",
    "0x1p1, is not a number",
    "2.5f, is not a number",
    "'2,5', is not a number",
    "1e39, is too large: models compute in single precision",
    "'', the label is empty",
  })
  void similarityIsBetween0And5(String score, @Nullable String complaint) throws IOException {
    TableTask task = GlueTasks.find("sts-b").orElseThrow();
    Path file = file("sentence1\tsentence2\tscore\na\tb\t1\nc\td\t" + score + "\n");

    if (complaint == null) {
      assertThat(TableReader.read(task, file).examples()).hasSize(2);
    } else {
      assertThat(catchThrowableOfType(ProblemException.class, () -> TableReader.read(task, file)))
          .hasMessageContaining("data.tsv:3: ")
          .hasMessageContaining(complaint);
    }
  }

  @ParameterizedTest(name = "{0} characters: {1}")
  @CsvSource({"999_990, true", "1_000_001, false", "100_000_000, false"})
  @DisplayName("a row has a million characters at most, and one that is longer is named at once")
  void longestRow(String characters, boolean read) throws IOException {
    int length = Integer.parseInt(characters.replace("_", ""));
    Path file = file("label\tsentence\n1\tgood\n\n0\t" + "x".repeat(length) + "\n1\tgood\n");

    if (read) {
      assertThat(TableReader.read(SST2, file).examples()).hasSize(3);
    } else {
      Problem problem = failure(file).problems().get(0);
      assertThat(problem.location()).isEqualTo(Location.ofLine(file.toString(), 4));
      assertThat(problem.message()).isEqualTo("the row has more than 1000000 characters");
    }
  }

  static List<Arguments> notUtf8() {
    return List.of(
        arguments("label\tsentence\n1\tgood\n1\tcrème\n", 3, "byte 0xE8 at offset 26"),
        arguments("é", 1, "byte 0xE9 at offset 0"),
        arguments("label\tsentence\r\n1\tgood\r\n1\té\r\n", 3, "byte 0xE9"),
        arguments("label\tsentence\r1\tgood\r1\té\r", 3, "byte 0xE9"));
  }

  @ParameterizedTest
  @MethodSource("notUtf8")
  void saysWhereAFileIsNotUtf8(String content, int line, String message) throws IOException {
    Path file = Files.write(folder.resolve("latin1.tsv"), content.getBytes(ISO_8859_1));

    Problem problem = failure(file).problems().get(0);

    assertThat(problem.kind()).isEqualTo(ProblemKind.INPUT);
    assertThat(problem.location()).isEqualTo(Location.ofLine(file.toString(), line));
    assertThat(problem.message()).contains("must be UTF-8", message);
  }

  @Test
  void saysWhereItLookedForAMissingFile() {
    Path relative = Path.of("no", "..", "such.tsv");

    Problem problem = failure(relative).problems().get(0);

    assertThat(problem.kind()).isEqualTo(ProblemKind.INPUT);
    assertThat(problem.location()).isEqualTo(Location.ofFile(relative.toString()));
    assertThat(problem.message())
        .contains("there is no such file", Path.of("such.tsv").toAbsolutePath().toString());
  }

  @Test
  void saysThatAFolderIsNoFile() {
    assertThat(failure(folder)).hasMessageContaining("must be a file");
  }

  @ParameterizedTest
  @CsvSource({"train.tsv, 67349, 37569", "dev.tsv, 872, 444", "test.tsv, 1821, 909"})
  void readsTheRealSst2(String name, int rows, long positive) {
    Path file = Path.of("..", "..", "shared", "data", "sst2", name);
    assumeTrue(Files.exists(file), () -> file + " is not there");

    List<LabelledText> examples = TableReader.read(SST2, file).examples();

    assertThat(examples).hasSize(rows).noneMatch(example -> example.first().isBlank());
    assertThat(examples.stream().filter(example -> example.label() == 1).count())
        .isEqualTo(positive);
  }

  private ProblemException failure(Path file) {
    return catchThrowableOfType(ProblemException.class, () -> TableReader.read(SST2, file));
  }

  private Path file(String content) throws IOException {
    return Files.writeString(folder.resolve("data.tsv"), content, UTF_8);
  }
}
