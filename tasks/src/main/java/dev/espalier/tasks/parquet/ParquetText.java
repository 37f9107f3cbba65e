package dev.espalier.tasks.parquet;

import blue.strategic.parquet.Hydrator;
import blue.strategic.parquet.HydratorSupplier;
import blue.strategic.parquet.ParquetReader;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.Sha256;
import dev.espalier.tasks.text.TextFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Parquet file as JSON lines, an object for each row, so that whatever reads these reads
 * it, too.
 *
 * <p>Columns that hold lists or structures are left out, unless they are asked for. Where the file
 * says, in the way of the hub's data sets, that a column of numbers stands for classes, their names
 * are written.
 */
public final class ParquetText {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String ENDING = ".parquet";
  private static final String HUB = "huggingface";

  private ParquetText() {}

  /** Whether a file is to be read as Parquet: by the end of its name. */
  public static boolean isParquet(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(ENDING);
  }

  /**
   * Reads a table that is spread over several files, in their order.
   *
   * @throws ProblemException of kind input when one is missing or is no Parquet file
   */
  public static TextFile read(List<Path> files) {
    return joined(files.stream().map(ParquetText::read).toList());
  }

  /**
   * The same with columns that hold lists and structures; classes stay numbers.
   *
   * @throws ProblemException of kind input when one is missing or is no Parquet file
   */
  public static TextFile readNested(List<Path> files) {
    return joined(files.stream().map(file -> read(file, NestedRows::lines)).toList());
  }

  private static TextFile joined(List<TextFile> texts) {
    if (texts.size() == 1) {
      return texts.get(0);
    }
    String hashes = texts.stream().map(TextFile::sha256).collect(Collectors.joining());
    return new TextFile(
        texts.get(0).source(),
        Sha256.of(hashes.getBytes(StandardCharsets.US_ASCII)),
        texts.stream().map(TextFile::text).collect(Collectors.joining()));
  }

  /**
   * Reads a whole file.
   *
   * @throws ProblemException of kind input when the file is missing or is no Parquet file
   */
  public static TextFile read(Path file) {
    return read(file, ParquetText::plainLines);
  }

  @FunctionalInterface
  private interface LineReader {
    String read(Path file) throws IOException;
  }

  private static String plainLines(Path file) throws IOException {
    var metadata = ParquetReader.readMetadata(file.toFile()).getFileMetaData();
    List<String> columns = plainColumns(metadata.getSchema());
    Map<String, List<String>> classes = classes(metadata.getKeyValueMetaData());
    StringBuilder lines = new StringBuilder();
    try (Stream<ObjectNode> rows =
        ParquetReader.streamContent(
            file.toFile(), HydratorSupplier.constantly(new Rows(classes)), columns)) {
      rows.forEach(row -> lines.append(inOrder(row, columns)).append('\n'));
    }
    return lines.toString();
  }

  private static TextFile read(Path file, LineReader reader) {
    if (!Files.isRegularFile(file)) {
      throw problem(file, ProblemCode.MISSING_FILE, "there is no such file", null);
    }
    try {
      byte[] content = Files.readAllBytes(file);
      return new TextFile(file.toString(), Sha256.of(content), reader.read(file));
    } catch (LinkageError e) {
      // The codecs of Parquet's Java library are Hadoop's, and not all of them are here.
      throw problem(
          file,
          ProblemCode.UNSUPPORTED,
          "is compressed in a way that cannot be read here: write it with Snappy, Zstandard or not"
              + " compressed",
          e);
    } catch (IOException | RuntimeException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw problem(file, ProblemCode.BAD_DATA, "not a readable Parquet file: " + why.strip(), e);
    }
  }

  private static List<String> plainColumns(MessageType schema) {
    List<String> columns = new ArrayList<>();
    for (Type field : schema.getFields()) {
      if (field.isPrimitive() && !field.isRepetition(Type.Repetition.REPEATED)) {
        columns.add(field.getName());
      }
    }
    return columns;
  }

  /**
   * The names of the classes that a column's numbers stand for, as the hub's library keeps them.
   */
  private static Map<String, List<String>> classes(Map<String, String> metadata) {
    Map<String, List<String>> classes = new HashMap<>();
    try {
      JsonNode features =
          JSON.readTree(metadata.getOrDefault(HUB, "{}")).path("info").path("features");
      features
          .properties()
          .forEach(
              feature -> {
                if (feature.getValue().path("_type").asText().equals("ClassLabel")) {
                  List<String> names = new ArrayList<>();
                  feature.getValue().path("names").forEach(name -> names.add(name.asText()));
                  classes.put(feature.getKey(), names);
                }
              });
    } catch (JsonProcessingException e) {
      // Then the numbers themselves are the classes.
    }
    return classes;
  }

  /** Every row with all columns, in the order of the file, null where there is no value. */
  private static ObjectNode inOrder(ObjectNode row, List<String> columns) {
    ObjectNode ordered = JSON.createObjectNode();
    columns.forEach(
        column -> ordered.set(column, row.has(column) ? row.get(column) : row.nullNode()));
    return ordered;
  }

  private record Rows(Map<String, List<String>> classes)
      implements Hydrator<ObjectNode, ObjectNode> {
    @Override
    public ObjectNode start() {
      return JSON.createObjectNode();
    }

    @Override
    public ObjectNode add(ObjectNode row, String column, Object value) {
      List<String> names = classes.get(column);
      if (names != null && value instanceof Number number) {
        int index = number.intValue();
        if (index >= 0 && index < names.size()) {
          return row.put(column, names.get(index));
        }
      }
      return row.set(column, JSON.valueToTree(value));
    }

    @Override
    public ObjectNode finish(ObjectNode row) {
      return row;
    }
  }

  private static ProblemException problem(
      Path file, ProblemCode code, String message, @Nullable Throwable cause) {
    return new ProblemException(
        List.of(
            new Problem(ProblemKind.INPUT, code, Location.ofFile(file.toString()), message, null)),
        cause);
  }
}
