package dev.espalier.tasks.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.data.TaskSource.Columns;
import dev.espalier.tasks.text.LabelledText;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.TextFile;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenericTableTest {
  private static final Columns PAIR = new Columns("q", "a", "kind", null);

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "csv  |id,kind,q,a\\n1,yes,\"a, \"\"b\"\"\\nc\",d\\n2,no,e,f\\n",
        "csv  |q,a,kind\\r\\n\"a, \"\"b\"\"\\nc\",d,yes\\r\\ne,f,no\\r\\n",
        "jsonl|{\"kind\": \"yes\", \"q\": \"a, \\\\\"b\\\\\"\\\\nc\", \"a\": \"d\", \"n\": [1]}\\n\\n{\"a\": \"f\", \"q\": \"e\", \"kind\": \"no\"}",
      })
  void readsColumnsByName(String format, String content) {
    TextFile file = TextFile.generated("test", content.strip().translateEscapes());

    TableTask task = task(format, PAIR, List.of(), file);

    assertThat(((Head.Classification) task.head()).labels()).containsExactly("no", "yes");
    assertThat(TableReader.read(task, file).examples())
        .containsExactly(new LabelledText("a, \"b\"\nc", "d", 1), new LabelledText("e", "f", 0));
  }

  @Test
  @DisplayName("tsv knows no quotation marks; labels may be given in an order of one's own")
  void tsv() {
    TextFile file = TextFile.generated("test", "t\tk\n\"a\t3\nb\"\t1\n");
    TableTask task = task("tsv", new Columns("t", null, "k", null), List.of("3", "2", "1"), file);

    assertThat(TableReader.read(task, file).examples())
        .containsExactly(LabelledText.single("\"a", 0), LabelledText.single("b\"", 2));
  }

  @Test
  @DisplayName("JSON's numbers and booleans are labels and values, too")
  void jsonValues() {
    TextFile file =
        TextFile.generated(
            "test",
            "{\"t\": \"a\", \"v\": 1.5, \"k\": true}\n{\"t\": \"b\", \"v\": -2, \"k\": false}");

    TableTask values = task("jsonl", new Columns("t", null, null, "v"), List.of(), file);
    assertThat(values.head()).isEqualTo(new Head.Regression());
    assertThat(TableReader.read(values, file).examples())
        .extracting(LabelledText::target)
        .containsExactly(new Target.Value(1.5), new Target.Value(-2));
    TableTask kinds = task("jsonl", new Columns("t", null, "k", null), List.of(), file);
    assertThat(TableReader.read(kinds, file).examples())
        .extracting(LabelledText::label)
        .containsExactly(1, 0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "-",
      value = {
        "csv  |x|-|k|-|t,k\\na,1\\nb,2 |test:1: column \"x\" is missing; the header has \"t\", \"k\"",
        "csv  |t|-|k|-|t;k\\na;1  |test:1: column \"t\" is missing; column \"k\" is missing",
        "csv  |t|-|k|-|t,k\\na,1\\nb,1 |column \"k\" must have 2 to 1000 classes, found 1",
        "csv  |t|-|k|-|t,k\\na,1\\nb,2,3 |test:3: a row must have 2 comma-separated fields, found 3",
        "csv  |t|-|-|k|t,k\\na,1\\nb,x |test:3: label \"x\" is not a number",
        "csv  |t|-|-|k|t,k\\na,1\\nb,NaN |test:3: label \"NaN\" is not a number",
        "csv  |t|-|k|-|t,k\\na,\"1\"2\\n |test:2:6: the quotation mark before this closes the field",
        "csv  |t|-|k|-|t,k\\na,1\\nb,\\nc,2 |test:3: the label is empty",
        "csv  |t|-|k|-|t,k\\na,1\\nb,\" \"\\nc,2 |test:3: the label is empty",
        "csv  |t|-|-|k|t,k\\na,1\\nb,\\nc,2 |test:3: the label is empty",
        "csv  |t|-|k|-|t,k\\na,1\\n\\n\"b,2\\nc,1\\nd,2 |test:4:1: the quotation mark that opens here is never closed",
        "csv  |t|-|k|-|t,k\\n\"a\"\"b\\nc\",1\\n\"x\",\"b,2\\nc,1 |test:4:5: the quotation mark that opens here is never closed",
        "csv  |t|-|k|-|\"t,k\\na,1 |test:1:1: the quotation mark that opens here is never closed",
        "tsv  |t|-|k|-|t\\tk\\na\\t1\\nb\\t \\n |test:3: the label is empty",
        "jsonl|t|-|k|-|{\"t\": \"a\", \"k\": 1}\\n{\"t\": \"b\", \"k\": \" \"} |test:2: the label is empty",
        "jsonl|t|-|k|-|{\"t\": \"a\", \"k\": 1}\\n{\"t\": \"b\", \"k\": null} |test:2: the label is empty",
        "jsonl|t|-|k|-|{\"t\": \"a\", \"k\": 1}\\n{\"t\": \"b\"} |test:2: the label is empty",
        "jsonl|t|-|k|-|{\"t\": \"a\", \"k\": 1}\\n{\"t\": \"b\", \"k\": 2}{\"t\": \"c\", \"k\": 3} |one JSON object per line is expected, found what is no JSON",
        "jsonl|t|-|k|-|{\"t\": \"a\", \"k\": 1}\\n{\"t\": \"b\", \"t\": \"c\", \"k\": 3} |found what is no JSON: Duplicate",
        "jsonl|t|-|k|-|{\"t\": \"a\", \"k\": 1}\\n{\"k\": 2} |test:2: \"t\" is missing",
        "jsonl|t|-|k|-|[\\n{\"t\": \"a\", \"k\": 1},\\n] |test:1: one JSON object per line is expected, found an array",
        "jsonl|t|-|k|-|[{\"t\": \"a\", \"k\": 1}] |test:1: one JSON object per line is expected, found an array",
        "jsonl|t|-|k|-|3 |test:1: one JSON object per line is expected, found a single value",
        "jsonl|t|-|k|-|{\"t\": \"a\", \"k\": 1}\\n[] |test:2: one JSON object per line is expected, found an array",
        "jsonl|t|-|k|-|{\"t\": \"a\", \"k\": 1}\\n\\n{\"k\" |test:3:5: one JSON object per line is expected, found what is no JSON",
      })
  void saysWhatIsWrong(
      String format,
      @Nullable String text,
      @Nullable String pair,
      @Nullable String label,
      @Nullable String value,
      String content,
      String message) {
    TextFile file = TextFile.generated("test", content.strip().translateEscapes());

    assertThat(
            catchThrowableOfType(
                ProblemException.class,
                () ->
                    TableReader.read(
                        task(format, new Columns(text, pair, label, value), List.of(), file),
                        file)))
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "- | k | - | - | data.columns.text: is missing; task csv must be told the column with the text",
        "t | - | - | - | data.columns.label: is missing; task csv must be told the column with the"
            + " class",
        "t | k | k | - | data.columns.value: is a number, and data.columns.label a class; a task"
            + " predicts one of them",
        "t | - | k | a | data.labels: is for classes, but data.columns.value is a number",
        "t | k | - | a;b | -",
        "t | k | - | a | data.labels: must name 2 to 1000 classes, found 1",
        "t | k | - | a;b;a | data.labels: has \"a\" more than once",
        "t | k | - | a; ;b | data.labels: has an empty class, and a label that is empty is an error",
        "t | - | k | - | -",
      })
  @DisplayName("what is wrong with columns is known before a file is read")
  void check(
      @Nullable String text,
      @Nullable String label,
      @Nullable String value,
      @Nullable String classes,
      @Nullable String expected) {
    List<Problem> mistakes =
        GenericTable.check(
            "csv",
            new Columns(text, null, label, value),
            classes == null ? List.of() : List.of(classes.split(";", -1)));

    assertThat(mistakes.stream().map(Problem::message))
        .isEqualTo(expected == null ? List.of() : List.of(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "k | - | k | - | data.columns.label: is \"k\", and so is data.columns.text",
        "t | k | k | - | data.columns.label: is \"k\", and so is data.columns.text_pair",
        "t | t | k | - | data.columns.text_pair: is \"t\", and so is data.columns.text",
        "v | - | - | v | data.columns.value: is \"v\", and so is data.columns.text",
        "t | p | k | - | -",
        "t | p | - | v | -",
      })
  @DisplayName("a column that is read as two things is an error: the answer would be in the input")
  void usedTwice(
      String text,
      @Nullable String pair,
      @Nullable String label,
      @Nullable String value,
      @Nullable String expected) {
    List<Problem> mistakes =
        GenericTable.check("csv", new Columns(text, pair, label, value), List.of());

    assertThat(mistakes.stream().map(Problem::message))
        .isEqualTo(expected == null ? List.of() : List.of(expected));
  }

  @Test
  @DisplayName("a quotation mark that is never closed does not make a row of a large file")
  void unclosedQuote() {
    String rest = "fine,yes\n".repeat(5_000_000);
    TextFile file = TextFile.generated("test", "t,k\na,yes\nb,no\n\"c,yes\n" + rest);

    assertThat(
            catchThrowableOfType(
                ProblemException.class,
                () -> task("csv", new Columns("t", null, "k", null), List.of(), file)))
        .hasMessageContaining("test:4: the row has more than 1000000 characters")
        .hasMessageContaining("maybe a quotation mark is never closed");
  }

  @Test
  @DisplayName("a JSON line may be as long as a row")
  void longLine() {
    TextFile file =
        TextFile.generated(
            "test",
            "{\"t\": \"a\", \"k\": 1}\n{\"t\": \"" + "x".repeat(2_000_000) + "\", \"k\": 2}");

    assertThat(
            catchThrowableOfType(
                ProblemException.class,
                () -> task("jsonl", new Columns("t", null, "k", null), List.of(), file)))
        .hasMessageContaining("test:2: the row has more than 1000000 characters");
  }

  @Test
  void partsAreCountedFromOne() {
    List<Integer> rows = List.of(1, 2, 3, 4);

    assertThat(Part.of("2-3").of(rows, "rows", "f")).containsExactly(2, 3);
    assertThat(Part.of("3-").of(rows, "rows", "f")).containsExactly(3, 4);
    assertThat(Part.of("1-9").of(rows, "rows", "f")).hasSize(4);
    assertThat(catchThrowableOfType(ProblemException.class, () -> Part.of("3-2")))
        .hasMessageContaining("written as 1-200, or 201- for the rest");
    assertThat(
            catchThrowableOfType(ProblemException.class, () -> Part.of("5-").of(rows, "rows", "f")))
        .hasMessageContaining("f: part 5- is asked for, but there are 4 rows");
  }

  private static TableTask task(
      String format, Columns columns, List<String> labels, TextFile file) {
    return GenericTable.task(GenericTable.format(format).orElseThrow(), columns, labels, file);
  }
}
