package dev.espalier.tasks.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.ForeignText;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.text.TextFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/** The rows of a file, one after the other, the header first where there is one. */
final class Rows {
  /** A quotation mark is a character like any other; spaces belong to the text. */
  private static final CSVFormat TSV =
      CSVFormat.TDF.builder().setQuote(null).setIgnoreSurroundingSpaces(false).get();

  private static final CSVFormat CSV = CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).get();

  /** Of two equal keys, or two objects on a line, one would be lost. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Rows() {}

  /**
   * Calls {@code reader} with the rows; empty lines are skipped. The first row of JSON lines holds
   * the names in the first object.
   */
  static <T> T read(TextFile file, Format format, Function<Iterator<Row>, T> reader) {
    if (format == Format.JSONL || format == Format.PARQUET) {
      return reader.apply(new JsonLines(file));
    }
    RowReader text = new RowReader(file.text());
    try (CSVParser parser =
        CSVParser.builder().setReader(text).setFormat(format == Format.CSV ? CSV : TSV).get()) {
      return reader.apply(new Delimited(file, text, parser));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  /** The parser reads no further than the record's end, so its line is the record's. */
  private static final class Delimited implements Iterator<Row> {
    private final TextFile file;
    private final RowReader text;
    private final CSVParser parser;
    private final Iterator<CSVRecord> records;

    Delimited(TextFile file, RowReader text, CSVParser parser) {
      this.file = file;
      this.text = text;
      this.parser = parser;
      this.records = parser.iterator();
    }

    @Override
    public boolean hasNext() {
      int before = line();
      try {
        return records.hasNext();
      } catch (UncheckedIOException e) {
        Location location = Location.ofLine(file.source(), firstLine(before));
        throw e.getCause() instanceof RowReader.TooLong
            ? tooLong(location)
            : Quotes.broken(file, firstLine(before));
      }
    }

    @Override
    public Row next() {
      CSVRecord read = records.next();
      List<@Nullable String> fields = new ArrayList<>();
      int length = 0;
      for (String field : read) {
        fields.add(field);
        length += field.length();
      }
      if (length > TextFile.LONGEST_ROW) {
        throw tooLong(Location.ofLine(file.source(), line()));
      }
      text.startRow();
      return new Row(line(), fields);
    }

    private int line() {
      return Math.toIntExact(parser.getCurrentLineNumber());
    }

    /** The line where a row begins that could not be read, after {@code before} lines. */
    private int firstLine(int before) {
      return before + 1 + (int) file.text().lines().skip(before).takeWhile(String::isEmpty).count();
    }
  }

  private static ProblemException tooLong(Location location) {
    return ProblemException.at(
        ProblemKind.INPUT,
        location,
        "the row has more than " + TextFile.LONGEST_ROW + " characters",
        "Cut the text: a model reads at most data.max_sequence_length tokens of it. In CSV,"
            + " maybe a quotation mark is never closed.");
  }

  /** A JSON object on each line. */
  private static final class JsonLines implements Iterator<Row> {
    private final TextFile file;
    private final Iterator<String> lines;
    private final List<String> names = new ArrayList<>();
    private int line;
    private @Nullable ObjectNode next;
    private boolean headerIsNext;

    JsonLines(TextFile file) {
      this.file = file;
      this.lines = file.text().lines().iterator();
      advance();
      if (next != null) {
        next.fieldNames().forEachRemaining(names::add);
        headerIsNext = true;
      }
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public Row next() {
      ObjectNode object = next;
      if (object == null) {
        throw new NoSuchElementException();
      }
      if (headerIsNext) {
        headerIsNext = false;
        return new Row(line, new ArrayList<>(names));
      }
      Row row = row(object);
      advance();
      return row;
    }

    /** Reads the next line that is not blank. */
    private void advance() {
      next = null;
      while (next == null && lines.hasNext()) {
        String text = lines.next();
        line++;
        if (text.length() > TextFile.LONGEST_ROW) {
          throw tooLong(Location.ofLine(file.source(), line));
        }
        if (!text.isBlank()) {
          next = object(text);
        }
      }
    }

    private Row row(ObjectNode object) {
      List<@Nullable String> fields = new ArrayList<>();
      for (String name : names) {
        JsonNode value = object.get(name);
        fields.add(value == null || !value.isValueNode() || value.isNull() ? null : value.asText());
      }
      return new Row(line, fields);
    }

    private ObjectNode object(String text) {
      String found;
      int column = 0;
      try {
        JsonNode read = JSON.readTree(text);
        if (read instanceof ObjectNode object) {
          return object;
        }
        found = read.isArray() ? "an array" : "a single value";
      } catch (JsonProcessingException e) {
        // an array over several lines, as JSON files have it, is never closed on its first one
        boolean array = text.stripLeading().startsWith("[");
        column = array || e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getColumnNr());
        found =
            array ? "an array" : "what is no JSON: " + ForeignText.ofJson(e.getOriginalMessage());
      }
      throw ProblemException.at(
          ProblemKind.INPUT,
          new Location(file.source(), line, column),
          "one JSON object per line is expected, found " + found,
          "Write each example as an object on a line of its own, without brackets or commas around"
              + " it.");
    }
  }
}
