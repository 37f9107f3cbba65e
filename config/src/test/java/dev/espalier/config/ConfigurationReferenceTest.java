package dev.espalier.config;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.config.Schema.Field;
import dev.espalier.config.Schema.Items;
import dev.espalier.config.Schema.Leaf;
import dev.espalier.config.Schema.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The reference page says what the records say. */
class ConfigurationReferenceTest {
  private static final Path PAGE = Path.of("../docs/configuration.md");

  @Test
  @DisplayName("docs/configuration.md has a row for each key, with its default and its range")
  void pageIsUpToDate() throws IOException {
    List<String> rows = new ArrayList<>();
    collect(Schema.of(Configuration.class), "", rows);
    String table = String.join("\n", rows);

    assertThat(Files.readString(PAGE))
        .as("replace the table of %s by:\n%s\n", PAGE, table)
        .contains(table);
  }

  private static void collect(Section section, String path, List<String> rows) {
    for (Field field : section.fields()) {
      String child = path.isEmpty() ? field.name() : path + "." + field.name();
      if (field.shape() instanceof Section inner) {
        collect(inner, child, rows);
      } else if (field.shape() instanceof Items items) {
        collect(items.each(), child + "[]", rows);
      } else {
        Key key = field.key();
        rows.add(
            "| `%s` | %s | %s | %s |"
                .formatted(child, fallback(key), allowed(field), key.value().replace("|", "\\|")));
      }
    }
  }

  private static String fallback(Key key) {
    if (key.required()) {
      return "required";
    }
    return key.fallback().isEmpty() ? "" : "`" + key.fallback() + "`";
  }

  private static String allowed(Field field) {
    Key key = field.key();
    if (key.oneOf().length > 0) {
      return "`"
          + Arrays.stream(key.oneOf()).mapToObj(String::valueOf).collect(joining("`, `"))
          + "`";
    }
    if (!field.words().isEmpty() && field.shape() instanceof Leaf) {
      return "`" + String.join("`, `", field.words()) + "`";
    }
    boolean lowest = key.minimum() != Double.NEGATIVE_INFINITY;
    boolean highest = key.maximum() != Double.POSITIVE_INFINITY;
    String from = lowest ? (key.minimumExcluded() ? "> " : "≥ ") + number(key.minimum()) : "";
    String to = highest ? (key.maximumExcluded() ? "< " : "≤ ") + number(key.maximum()) : "";
    return lowest && highest ? from + ", " + to : from + to;
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
