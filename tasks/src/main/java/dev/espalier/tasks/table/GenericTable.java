package dev.espalier.tasks.table;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.data.TaskSource.Columns;
import dev.espalier.tasks.table.TableTask.Column;
import dev.espalier.tasks.table.TableTask.Quirks;
import dev.espalier.tasks.table.TableTask.TableClass;
import dev.espalier.tasks.text.TextFile;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Tasks in files of the user's own, by the names of their columns. */
public final class GenericTable {
  private static final int MOST_CLASSES = 1000;

  private GenericTable() {}

  /** The names of the tasks. */
  public static List<String> names() {
    return Stream.of(Format.CSV, Format.TSV, Format.JSONL, Format.PARQUET)
        .map(GenericTable::name)
        .toList();
  }

  /** The format that a task of that name reads; empty when it is no such task. */
  public static Optional<Format> format(String task) {
    return Stream.of(Format.values()).filter(format -> name(format).equals(task)).findFirst();
  }

  /** What is wrong with the columns of such a task, and its classes. */
  public static List<Problem> check(String task, Columns columns, List<String> labels) {
    List<Problem> mistakes = new ArrayList<>();
    if (columns.text() == null) {
      mistakes.add(
          Problem.of(
              ProblemCode.MISSING_KEY,
              "data.columns.text",
              "is missing; task " + task + " must be told the column with the text",
              "Add it: columns: {text: sentence, label: class}."));
    }
    boolean label = columns.label() != null;
    boolean value = columns.value() != null;
    if (!label && !value) {
      mistakes.add(
          Problem.of(
              ProblemCode.MISSING_KEY,
              "data.columns.label",
              "is missing; task " + task + " must be told the column with the class",
              "Add it, or data.columns.value where a number is to be predicted."));
    } else if (label && value) {
      mistakes.add(
          Problem.of(
              ProblemCode.CONTRADICTION,
              "data.columns.value",
              "is a number, and data.columns.label a class; a task predicts one of them",
              "Leave one of them out."));
    } else if (value && !labels.isEmpty()) {
      mistakes.add(
          Problem.of(
              ProblemCode.CONTRADICTION,
              "data.labels",
              "is for classes, but data.columns.value is a number",
              "Leave it out."));
    }
    mistakes.addAll(usedTwice(columns));
    if (labels.stream().anyMatch(String::isBlank)) {
      mistakes.add(
          Problem.of(
              ProblemCode.CONTRADICTION,
              "data.labels",
              "has an empty class, and a label that is empty is an error",
              "Leave it out, or write a name for it into the files."));
    }
    if (!value && (labels.size() == 1 || labels.size() > MOST_CLASSES)) {
      mistakes.add(
          Problem.of(
              ProblemCode.CONTRADICTION,
              "data.labels",
              "must name 2 to " + MOST_CLASSES + " classes, found " + labels.size(),
              "Name them all, or leave it out for those of the training file."));
    }
    List<String> repeated =
        labels.stream().filter(each -> Collections.frequency(labels, each) > 1).distinct().toList();
    if (!repeated.isEmpty()) {
      mistakes.add(
          Problem.of(
              ProblemCode.CONTRADICTION,
              "data.labels",
              "has \"" + repeated.get(0) + "\" more than once",
              "Leave one out."));
    }
    return mistakes;
  }

  /** A column that is read as two things: the answer would be in the input. */
  private static List<Problem> usedTwice(Columns columns) {
    Map<String, @Nullable String> byKey = new LinkedHashMap<>();
    byKey.put("text", columns.text());
    byKey.put("text_pair", columns.textPair());
    byKey.put("label", columns.label());
    byKey.put("value", columns.value());
    Map<String, String> first = new HashMap<>();
    List<Problem> mistakes = new ArrayList<>();
    byKey.forEach(
        (key, column) -> {
          String other = column == null ? null : first.putIfAbsent(column, key);
          // a class and a number are a mistake already, whatever their columns
          if (other != null && !(key.equals("value") && columns.label() != null)) {
            mistakes.add(
                Problem.of(
                    ProblemCode.CONTRADICTION,
                    "data.columns." + key,
                    "is \"" + column + "\", and so is data.columns." + other,
                    "Name the column that has it; each column is read as one thing."));
          }
        });
    return mistakes;
  }

  /** A task with the columns of such a file, and made-up classes where only the file says them. */
  public static TableTask columns(Format format, Columns columns, List<String> labels) {
    TextFile unread = TextFile.generated("", "");
    boolean unknown = columns.value() == null && labels.size() < 2;
    return task(format, columns, unknown ? List.of("0", "1") : labels, unread);
  }

  private static String name(Format format) {
    return format.name().toLowerCase(Locale.ROOT);
  }

  /**
   * The task of a training file.
   *
   * @param columns where text and label are
   * @param labels the classes in the order of their index; empty for those in the file, in
   *     alphabetical order
   * @param train where the classes are looked for
   * @throws IllegalArgumentException when {@link #check} finds fault with the columns
   * @throws ProblemException of kind input when the file lacks a column or has not between 2 and
   *     1000 classes
   */
  public static TableTask task(
      Format format, Columns columns, List<String> labels, TextFile train) {
    String name = name(format);
    if (columns.text() == null || !check(name, columns, labels).isEmpty()) {
      throw new IllegalArgumentException("these columns make no task: " + columns);
    }
    String label = columns.label();
    String value = columns.value();
    List<Column> texts = new ArrayList<>(List.of(new Column(columns.text())));
    String pair = columns.textPair();
    if (pair != null) {
      texts.add(new Column(pair));
    }
    if (value != null) {
      return new TableTask(
          name,
          format,
          texts,
          new Column(value),
          List.of(),
          List.of("pearson", "spearman"),
          Quirks.NONE);
    }
    // with two made-up classes the file can be looked into
    Column column = new Column(String.valueOf(label));
    List<TableClass> any = List.of(new TableClass("0"), new TableClass("1"));
    TableTask unknown = task(name, format, texts, column, any);
    List<String> found = labels.isEmpty() ? TableReader.labels(unknown, train) : labels;
    if (found.size() < 2 || found.size() > MOST_CLASSES) {
      throw ProblemException.at(
          ProblemKind.INPUT,
          Location.ofFile(train.source()),
          "column \""
              + label
              + "\" must have 2 to "
              + MOST_CLASSES
              + " classes, found "
              + found.size(),
          found.size() > MOST_CLASSES ? "a number is named by data.columns.value" : null);
    }
    return task(name, format, texts, column, found.stream().map(TableClass::new).toList());
  }

  private static TableTask task(
      String name, Format format, List<Column> texts, Column label, List<TableClass> classes) {
    return new TableTask(name, format, texts, label, classes, List.of("accuracy"), Quirks.NONE);
  }
}
