package dev.espalier.tasks.glue;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.text.LabelledText;
import dev.espalier.tasks.text.LabelledTexts;
import dev.espalier.tasks.text.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads GLUE's tab-separated files: UTF-8, a header, one example per line, no quoting.
 *
 * <p>Columns are found by name, so their order does not matter and others may stand between them.
 * Lines may end in LF, CR or CRLF; empty lines are skipped.
 */
public final class GlueReader {
  /** How many broken rows are described one by one. */
  static final int ROWS_DESCRIBED = 10;

  /** A quotation mark is a character like any other; spaces belong to the text. */
  private static final CSVFormat FORMAT =
      CSVFormat.TDF.builder().setQuote(null).setIgnoreSurroundingSpaces(false).get();

  private static final int LONGEST_QUOTE = 40;
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final GlueTask task;
  private final String file;

  private GlueReader(GlueTask task, String file) {
    this.task = task;
    this.file = file;
  }

  /**
   * Reads a whole file.
   *
   * @param task what the file should hold
   * @param file where it is
   * @throws ProblemException of kind input, with file and line, when the file is missing or not
   *     UTF-8, lacks a column or holds no example; or naming the first ten broken rows and how many
   *     more there are: those with another number of fields than the header and those whose label
   *     is none of the task's
   */
  public static LabelledTexts read(GlueTask task, Path file) {
    byte[] content = bytes(file);
    GlueReader reader = new GlueReader(task, file.toString());
    return new LabelledTexts(
        file.toString(), Sha256.of(content), reader.parse(reader.decode(content)));
  }

  private static byte[] bytes(Path file) {
    Path resolved = file.toAbsolutePath().normalize();
    Location location = Location.ofFile(file.toString());
    if (!Files.exists(file)) {
      throw ProblemException.at(
          ProblemKind.INPUT, location, "there is no such file, looked for at " + resolved, null);
    }
    if (!Files.isRegularFile(file)) {
      throw ProblemException.at(
          ProblemKind.INPUT, location, "must be a file, but " + resolved + " is not one", null);
    }
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      String why = e instanceof AccessDeniedException ? "access denied" : String.valueOf(e);
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.INPUT, location, "cannot read " + resolved + ": " + why, null)),
          e);
    }
  }

  /** Decodes strictly: a replacement character would change what is trained on in silence. */
  private String decode(byte[] content) {
    ByteBuffer in = ByteBuffer.wrap(content);
    CharBuffer out = CharBuffer.allocate(content.length);
    CoderResult result =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT)
            .decode(in, out, true);
    if (result.isError()) {
      throw ProblemException.at(
          ProblemKind.INPUT,
          Location.ofLine(file, lineOf(in.position(), content)),
          String.format(
              "the file must be UTF-8, but byte 0x%02X at offset %d is not",
              content[in.position()], in.position()),
          "convert it, for instance with iconv -f WINDOWS-1252 -t UTF-8");
    }
    out.flip();
    boolean marked = out.hasRemaining() && out.get(0) == BYTE_ORDER_MARK;
    return out.subSequence(marked ? 1 : 0, out.length()).toString();
  }

  private static int lineOf(int offset, byte[] content) {
    int line = 1;
    for (int i = 0; i < offset; i++) {
      boolean carriageReturnAlone = content[i] == '\r' && content[i + 1] != '\n';
      if (content[i] == '\n' || carriageReturnAlone) {
        line++;
      }
    }
    return line;
  }

  private List<LabelledText> parse(String text) {
    try (CSVParser parser = CSVParser.parse(text, FORMAT)) {
      Iterator<CSVRecord> records = parser.iterator();
      if (!records.hasNext()) {
        throw wrong(Location.ofFile(file), "the file is empty", null);
      }
      CSVRecord header = records.next();
      return examples(records, parser, layout(header, line(parser)));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  private List<LabelledText> examples(
      Iterator<CSVRecord> records, CSVParser parser, Layout layout) {
    List<LabelledText> examples = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    int broken = 0;
    while (records.hasNext()) {
      CSVRecord row = records.next();
      Optional<String> complaint = layout.complaint(row);
      if (complaint.isEmpty()) {
        examples.add(layout.example(row));
      } else if (++broken <= ROWS_DESCRIBED) {
        problems.add(
            new Problem(
                ProblemKind.INPUT,
                Location.ofLine(file, line(parser)),
                complaint.orElseThrow(),
                null));
      }
    }
    if (broken > ROWS_DESCRIBED) {
      problems.add(
          new Problem(
              ProblemKind.INPUT,
              Location.ofFile(file),
              "and " + (broken - ROWS_DESCRIBED) + " more broken rows",
              null));
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    if (examples.isEmpty()) {
      throw wrong(Location.ofFile(file), "the file holds a header but no example", null);
    }
    return examples;
  }

  /** The line of the record that was read last: the parser reads no further than its end. */
  private static int line(CSVParser parser) {
    return Math.toIntExact(parser.getCurrentLineNumber());
  }

  private Layout layout(CSVRecord header, int line) {
    List<String> found = header.stream().map(String::strip).toList();
    List<GlueTask.Column> wanted = new ArrayList<>(task.texts());
    wanted.add(task.label());

    List<String> complaints = new ArrayList<>();
    int[] positions = new int[wanted.size()];
    for (int i = 0; i < positions.length; i++) {
      GlueTask.Column column = wanted.get(i);
      // a file may hold a column of another meaning under an alias: the official name wins
      String name =
          column.names().stream().filter(found::contains).findFirst().orElse(column.name());
      positions[i] = found.indexOf(name);
      if (positions[i] < 0) {
        complaints.add("column " + orList(column.names()) + " is missing");
      } else if (found.lastIndexOf(name) != positions[i]) {
        complaints.add("column \"" + name + "\" appears more than once");
      }
    }
    if (!complaints.isEmpty()) {
      String columns =
          wanted.stream().map(GlueTask.Column::name).collect(Collectors.joining(" and "));
      throw wrong(
          Location.ofLine(file, line),
          String.join("; ", complaints) + "; the header has " + orderedList(found),
          "task "
              + task.name()
              + " reads the columns "
              + columns
              + (found.size() == 1 ? ", separated by tabs" : ", in any order"));
    }
    return new Layout(task, positions, found.size());
  }

  private static ProblemException wrong(
      Location location, String message, @Nullable String advice) {
    return ProblemException.at(ProblemKind.INPUT, location, message, advice);
  }

  private static String orList(List<String> names) {
    return names.stream().map(GlueReader::quoted).collect(Collectors.joining(" or "));
  }

  private static String orderedList(List<String> names) {
    return names.stream().map(GlueReader::quoted).collect(Collectors.joining(", "));
  }

  private static String quoted(String value) {
    boolean fits = value.codePointCount(0, value.length()) <= LONGEST_QUOTE;
    return "\""
        + (fits ? value : value.substring(0, value.offsetByCodePoints(0, LONGEST_QUOTE)) + "…")
        + "\"";
  }

  /** Where the header puts what the task needs. */
  private static final class Layout {
    private final GlueTask task;
    private final int[] texts;
    private final int label;
    private final int columns;
    private final Map<String, Integer> classes;

    Layout(GlueTask task, int[] positions, int columns) {
      this.task = task;
      this.texts = Arrays.copyOf(positions, positions.length - 1);
      this.label = positions[positions.length - 1];
      this.columns = columns;
      this.classes = new HashMap<>();
      for (GlueTask.GlueClass each : task.classes()) {
        classes.put(each.written(), classes.size());
      }
    }

    /** What is wrong with a row, empty when nothing is. */
    Optional<String> complaint(CSVRecord row) {
      if (row.size() != columns) {
        return Optional.of(
            "a row must have " + columns + " tab-separated fields, found " + row.size());
      }
      if (!classes.containsKey(written(row))) {
        String allowed =
            task.classes().stream().map(each -> each.written()).collect(Collectors.joining(", "));
        return Optional.of("label " + quoted(row.get(label)) + " is none of " + allowed);
      }
      return Optional.empty();
    }

    /** The example in a row about which there is no complaint. */
    LabelledText example(CSVRecord row) {
      int index = classes.getOrDefault(written(row), -1);
      @Nullable String second = texts.length == 2 ? row.get(texts[1]) : null;
      return new LabelledText(row.get(texts[0]), second, index);
    }

    private String written(CSVRecord row) {
      return row.get(label).strip();
    }
  }
}
