package dev.espalier.tasks.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.text.TextFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private Rows() {}

  /**
   * Calls {@code reader} with the rows; empty lines are skipped. The first row of JSON lines holds
   * the names in the first object.
   */
  static <T> T read(TextFile file, Format format, Function<Iterator<Row>, T> reader) {
    if (format == Format.JSONL || format == Format.PARQUET) {
      return reader.apply(jsonRows(file));
    }
    try (CSVParser parser = CSVParser.parse(file.text(), format == Format.CSV ? CSV : TSV)) {
      return reader.apply(new Delimited(file, parser));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  /** The parser reads no further than the record's end, so its line is the record's. */
  private record Delimited(TextFile file, CSVParser parser, Iterator<CSVRecord> records)
      implements Iterator<Row> {
    Delimited(TextFile file, CSVParser parser) {
      this(file, parser, parser.iterator());
    }

    @Override
    public boolean hasNext() {
      try {
        return records.hasNext();
      } catch (UncheckedIOException e) {
        throw ProblemException.at(
            ProblemKind.INPUT,
            Location.ofLine(file.source(), line()),
            "a field in quotation marks is broken: " + e.getCause().getMessage(),
            "a quotation mark inside of one is written twice");
      }
    }

    @Override
    public Row next() {
      List<@Nullable String> fields = new ArrayList<>();
      records.next().forEach(fields::add);
      return new Row(line(), fields);
    }

    private int line() {
      return Math.toIntExact(parser.getCurrentLineNumber());
    }
  }

  private static Iterator<Row> jsonRows(TextFile file) {
    List<String> lines = file.text().lines().toList();
    int first = 0;
    while (first < lines.size() && lines.get(first).isBlank()) {
      first++;
    }
    if (first == lines.size()) {
      return List.<Row>of().iterator();
    }
    List<String> names = new ArrayList<>();
    object(file, first + 1, lines.get(first)).fieldNames().forEachRemaining(names::add);
    Row header = new Row(first + 1, new ArrayList<>(names));
    Stream<Row> rows =
        IntStream.range(first, lines.size())
            .filter(i -> !lines.get(i).isBlank())
            .mapToObj(i -> row(object(file, i + 1, lines.get(i)), names, i + 1));
    return Stream.concat(Stream.of(header), rows).iterator();
  }

  private static Row row(ObjectNode object, List<String> names, int line) {
    List<@Nullable String> fields = new ArrayList<>();
    for (String name : names) {
      JsonNode value = object.get(name);
      fields.add(value == null || !value.isValueNode() || value.isNull() ? null : value.asText());
    }
    return new Row(line, fields);
  }

  private static ObjectNode object(TextFile file, int line, String text) {
    String broken;
    try {
      if (JSON.readTree(text) instanceof ObjectNode object) {
        return object;
      }
      broken = "is not an object";
    } catch (JsonProcessingException e) {
      broken = "is not JSON: " + e.getOriginalMessage();
    }
    throw ProblemException.at(
        ProblemKind.INPUT,
        Location.ofLine(file.source(), line),
        "the line " + broken,
        "each line holds one JSON object");
  }
}
