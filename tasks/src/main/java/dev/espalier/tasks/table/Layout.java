package dev.espalier.tasks.table;

import dev.espalier.api.data.Target;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.text.LabelledText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Where a file's first row puts what the task needs. */
final class Layout {
  /** What is said of a row without a label. */
  static final String EMPTY_LABEL = "the label is empty";

  private static final int LONGEST_QUOTE = 40;

  /** Decimal, without what Java's numbers may have besides: 0x1p3, 2.5f. */
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d++(\\.\\d*+)?|\\.\\d++)([eE][+-]?\\d{1,9})?");

  private final TableTask task;
  private final int[] texts;
  private final int label;
  private final List<String> names;
  private final Map<String, Integer> classes = new HashMap<>();

  private Layout(TableTask task, int[] positions, List<String> names) {
    this.task = task;
    this.texts = Arrays.copyOf(positions, positions.length - 1);
    this.label = positions[positions.length - 1];
    this.names = names;
    for (int i = 0; i < task.classes().size(); i++) {
      classes.put(task.classes().get(i).written(), i);
      if (task.format() == Format.PARQUET) {
        classes.put(task.classes().get(i).name(), i);
      }
    }
  }

  /**
   * Finds the columns.
   *
   * @param first the header, or the first example of a file without one
   * @throws ProblemException of kind input when a column is missing or there are two of it
   */
  static Layout of(TableTask task, String file, Row first) {
    List<TableTask.Column> wanted = new ArrayList<>(task.texts());
    wanted.add(task.label());
    List<String> found =
        first.fields().stream().map(field -> field == null ? "" : field.strip()).toList();
    int[] positions = new int[wanted.size()];
    List<String> complaints = new ArrayList<>();
    for (int i = 0; i < positions.length; i++) {
      TableTask.Column column = wanted.get(i);
      if (task.quirks().headerless()) {
        positions[i] = column.position().orElseThrow();
        if (positions[i] >= found.size()) {
          complaints.add("column " + (positions[i] + 1) + ", " + column.name() + ", is missing");
        }
        continue;
      }
      // a file may hold a column of another meaning under an alias: the official name wins
      String name =
          column.names().stream().filter(found::contains).findFirst().orElse(column.name());
      positions[i] = found.indexOf(name);
      if (positions[i] < 0) {
        complaints.add("column " + list(column.names(), " or ") + " is missing");
      } else if (found.lastIndexOf(name) != positions[i]) {
        complaints.add("column \"" + name + "\" appears more than once");
      }
    }
    if (!complaints.isEmpty()) {
      String columns =
          wanted.stream().map(TableTask.Column::name).collect(Collectors.joining(" and "));
      boolean separated =
          found.size() > 1 || task.format() == Format.JSONL || task.format() == Format.PARQUET;
      String separator = task.format() == Format.CSV ? "commas" : "tabs";
      throw ProblemException.at(
          ProblemKind.INPUT,
          Location.ofLine(file, first.line()),
          String.join("; ", complaints)
              + (task.quirks().headerless() ? "; the first line has " : "; the header has ")
              + list(found, ", "),
          "task "
              + task.name()
              + " reads the columns "
              + columns
              + (separated ? ", in any order" : ", separated by " + separator));
    }
    return new Layout(task, positions, found);
  }

  /** Whether the row is to be left out. */
  boolean skips(Row row) {
    boolean tooShort = row.fields().size() < names.size();
    return tooShort
        ? task.quirks().skipsShortRows()
        : task.quirks().unlabelled().contains(written(row));
  }

  /** What is wrong with a row, empty when nothing is. */
  Optional<String> complaint(Row row) {
    if (row.fields().size() != names.size()) {
      return Optional.of(
          "a row must have "
              + names.size()
              + " "
              + task.format().words()
              + " fields, found "
              + row.fields().size());
    }
    for (int text : texts) {
      if (row.fields().get(text) == null) {
        return Optional.of("\"" + names.get(text) + "\" is missing");
      }
    }
    return labelComplaint(written(row));
  }

  /** Whether a row that is long enough has nothing, or only spaces, for a label. */
  boolean lacksLabel(Row row) {
    return row.fields().size() > label && isBlank(written(row));
  }

  /** Spaces of every kind count, those that do not break and those without width, too. */
  private static boolean isBlank(String text) {
    return text.codePoints()
        .allMatch(
            c ->
                Character.isWhitespace(c)
                    || Character.isSpaceChar(c)
                    || Character.getType(c) == Character.FORMAT);
  }

  private Optional<String> labelComplaint(String written) {
    if (isBlank(written)) {
      return Optional.of(EMPTY_LABEL);
    }
    if (task.classes().isEmpty()) {
      Double value = number(written);
      if (value == null) {
        return Optional.of("label " + quoted(written) + " is not a number");
      }
      if (!Float.isFinite(value.floatValue())) {
        return Optional.of(
            "label " + quoted(written) + " is too large: models compute in single precision");
      }
      return task.range().contains(value)
          ? Optional.empty()
          : Optional.of("label " + quoted(written) + " is not " + task.range());
    }
    if (classes.containsKey(written)) {
      return Optional.empty();
    }
    String allowed =
        task.classes().stream().map(each -> each.written()).collect(Collectors.joining(", "));
    return Optional.of("label " + quoted(written) + " is none of " + allowed);
  }

  /** The example in a row about which there is no complaint. */
  LabelledText example(Row row) {
    Double number = task.classes().isEmpty() ? number(written(row)) : null;
    Target target =
        number == null
            ? new Target.Label(classes.getOrDefault(written(row), -1))
            : new Target.Value(number);
    @Nullable String second = texts.length == 2 ? row.fields().get(texts[1]) : null;
    return new LabelledText(String.valueOf(row.fields().get(texts[0])), second, target);
  }

  /** The label as the file writes it; empty when there is none. */
  String written(Row row) {
    String field = row.fields().size() > label ? row.fields().get(label) : null;
    return field == null ? "" : field.strip();
  }

  private static @Nullable Double number(String written) {
    return NUMBER.matcher(written).matches() ? Double.valueOf(written) : null;
  }

  private static String list(List<String> names, String between) {
    return names.stream().map(Layout::quoted).collect(Collectors.joining(between));
  }

  private static String quoted(String value) {
    boolean fits = value.codePointCount(0, value.length()) <= LONGEST_QUOTE;
    return "\""
        + (fits ? value : value.substring(0, value.offsetByCodePoints(0, LONGEST_QUOTE)) + "…")
        + "\"";
  }
}
