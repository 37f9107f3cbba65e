package dev.espalier.tasks.table;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.text.LabelledText;
import dev.espalier.tasks.text.LabelledTexts;
import dev.espalier.tasks.text.TextFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads files with one example in each row: columns are found by name, so their order does not
 * matter and others may stand between them.
 *
 * <p>Lines may end in LF, CR or CRLF; empty lines are skipped.
 */
public final class TableReader {
  private TableReader() {}

  /** Reads a whole file, as {@link #read(TableTask, TextFile)}. */
  public static LabelledTexts read(TableTask task, Path file) {
    return read(task, TextFile.read(file));
  }

  /**
   * Reads a text.
   *
   * @param task what it should hold
   * @throws ProblemException of kind input, with file and line, when the file lacks a column or
   *     holds no example; or naming the first ten broken rows and how many more there are: those
   *     with another number of fields than the header and those whose label is none of the task's
   */
  public static LabelledTexts read(TableTask task, TextFile file) {
    return new LabelledTexts(
        file.source(),
        file.sha256(),
        Rows.read(file, task.format(), rows -> parse(task, file, rows)));
  }

  /**
   * The labels in a file, in alphabetical order; those of rows that {@link #read} would complain
   * about, too.
   *
   * @throws ProblemException of kind input when the file lacks a column, or naming the first ten
   *     rows whose label is empty: an empty class is a row that somebody forgot
   */
  public static List<String> labels(TableTask task, TextFile file) {
    return Rows.read(
        file,
        task.format(),
        rows -> {
          if (!rows.hasNext()) {
            throw empty(file);
          }
          Layout layout = Layout.of(task, file.source(), rows.next());
          Set<String> labels = new TreeSet<>();
          BrokenRows broken = new BrokenRows(file.source());
          rows.forEachRemaining(
              row -> {
                if (layout.lacksLabel(row)) {
                  broken.add(row.line(), Layout.EMPTY_LABEL);
                } else if (!layout.written(row).isEmpty()) { // as that of a row that is too short
                  labels.add(layout.written(row));
                }
              });
          broken.check();
          return List.copyOf(labels);
        });
  }

  /**
   * Checks that a file has the columns of a task.
   *
   * @param file its first rows are enough
   * @throws ProblemException of kind input when the file is empty or lacks a column
   */
  public static void checkColumns(TableTask task, TextFile file) {
    Layout unused =
        Rows.read(
            file,
            task.format(),
            rows -> {
              if (!rows.hasNext()) {
                throw empty(file);
              }
              return Layout.of(task, file.source(), rows.next());
            });
  }

  private static List<LabelledText> parse(TableTask task, TextFile file, Iterator<Row> rows) {
    if (!rows.hasNext()) {
      throw empty(file);
    }
    Row first = rows.next();
    Layout layout = Layout.of(task, file.source(), first);
    List<LabelledText> examples = new ArrayList<>();
    BrokenRows broken = new BrokenRows(file.source());
    Row row = first;
    if (!task.quirks().headerless()) {
      if (!rows.hasNext()) {
        throw noExample(file);
      }
      row = rows.next();
    }
    while (true) {
      if (!layout.skips(row)) {
        Optional<String> complaint = layout.complaint(row);
        if (complaint.isEmpty()) {
          examples.add(layout.example(row));
        } else {
          broken.add(row.line(), complaint.orElseThrow());
        }
      }
      if (!rows.hasNext()) {
        break;
      }
      row = rows.next();
    }
    broken.check();
    if (examples.isEmpty()) {
      throw noExample(file);
    }
    return examples;
  }

  /** Describes the first broken rows one by one, and counts the others. */
  private static final class BrokenRows {
    private static final int DESCRIBED = 10;

    private final String source;
    private final List<Problem> problems = new ArrayList<>();
    private int count;

    BrokenRows(String source) {
      this.source = source;
    }

    void add(int line, String complaint) {
      if (++count <= DESCRIBED) {
        problems.add(problem(Location.ofLine(source, line), complaint));
      }
    }

    void check() {
      if (count > DESCRIBED) {
        String more = "and " + (count - DESCRIBED) + " more broken rows";
        problems.add(problem(Location.ofFile(source), more));
      }
      if (!problems.isEmpty()) {
        throw new ProblemException(problems);
      }
    }
  }

  private static ProblemException empty(TextFile file) {
    return new ProblemException(
        List.of(problem(Location.ofFile(file.source()), "the file is empty")));
  }

  private static ProblemException noExample(TextFile file) {
    return new ProblemException(
        List.of(problem(Location.ofFile(file.source()), "the file holds a header but no example")));
  }

  private static Problem problem(Location location, String message) {
    return new Problem(ProblemKind.INPUT, location, message, null);
  }
}
