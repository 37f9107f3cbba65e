package dev.espalier.tasks.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.data.TaskSource.Columns;
import dev.espalier.tasks.glue.GlueTasks;
import dev.espalier.tasks.text.LabelledTexts;
import dev.espalier.tasks.text.TextFile;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableFuzzTest {
  private static final int FILES = 3_000;

  private static final List<String> PIECES =
      List.of(
          "\"",
          "\"\"",
          ",",
          "\t",
          "\n",
          "\r\n",
          "\r",
          "\n\n",
          " ",
          "",
          "{",
          "}",
          "[",
          "]",
          "null",
          "\\",
          "\\u0000",
          "\\ud800",
          "NaN",
          "1e400",
          "-1",
          "\u00A0",
          "\uFEFF",
          "é",
          "🎬",
          "t",
          "k",
          "{\"t\": {}, \"k\": []}",
          "{\"t\": 1, \"k\": true}");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "CSV  |t,k\\n\"a, \"\"b\"\"\\nc\",yes\\nd,no\\n\\ne,yes\\n",
        "TSV  |t\\tk\\n\"a\\tyes\\nd\\tno\\n\\ne\\tyes\\n",
        "JSONL|{\"t\": \"a\", \"k\": \"yes\"}\\n\\n{\"k\": \"no\", \"t\": \"b\\\\n\"}\\n{\"t\": \"c\", \"k\": \"yes\"}\\n",
      })
  @DisplayName("whatever is changed in a file, it is read, or refused with its name")
  void anyContent(Format format, String escaped) {
    String valid = escaped.strip().translateEscapes();
    long seed = 20_261_128;
    Random random = new Random(seed);
    int read = 0;
    for (int i = 0; i < FILES; i++) {
      StringBuilder text = new StringBuilder(valid);
      for (int change = random.nextInt(3); change >= 0; change--) {
        int from = random.nextInt(text.length());
        int to = Math.min(text.length(), from + random.nextInt(4));
        text.replace(from, to, PIECES.get(random.nextInt(PIECES.size())));
      }
      TextFile file = TextFile.generated("f", text.toString());
      Columns columns = new Columns("t", null, i % 5 == 0 ? null : "k", i % 5 == 0 ? "k" : null);
      try {
        TableTask task =
            i % 7 == 0
                ? GlueTasks.find("cola").orElseThrow()
                : GenericTable.task(format, columns, List.of(), file);
        LabelledTexts texts = TableReader.read(task, file);
        assertThat(texts.examples()).isNotEmpty();
        read++;
      } catch (ProblemException e) {
        assertThat(e.problems().get(0).kind()).as("%s", text).isEqualTo(ProblemKind.INPUT);
        assertThat(e).as("%s", text).hasMessageStartingWith("f");
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", file " + i + ": " + text, e);
      }
    }
    // neither all nor none, or the test would not reach what it is for
    assertThat(read).isBetween(FILES / 50, FILES * 19 / 20);
  }
}
