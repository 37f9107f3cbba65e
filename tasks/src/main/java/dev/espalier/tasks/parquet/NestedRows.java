package dev.espalier.tasks.parquet;

import blue.strategic.parquet.ParquetReader;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/** The rows of a Parquet file as JSON, with lists and structures. */
final class NestedRows {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private NestedRows() {}

  /** A JSON object on each line. */
  static String lines(Path file) throws IOException {
    StringBuilder lines = new StringBuilder();
    try (ParquetFileReader reader =
        ParquetFileReader.open(ParquetReader.makeInputFile(file.toFile()))) {
      MessageType schema = reader.getFooter().getFileMetaData().getSchema();
      MessageColumnIO columns = new ColumnIOFactory().getColumnIO(schema);
      for (PageReadStore pages = reader.readNextRowGroup();
          pages != null;
          pages = reader.readNextRowGroup()) {
        RecordReader<Group> rows = columns.getRecordReader(pages, new GroupRecordConverter(schema));
        for (long row = 0; row < pages.getRowCount(); row++) {
          lines.append(object(rows.read(), schema)).append('\n');
        }
      }
    }
    return lines.toString();
  }

  private static ObjectNode object(Group group, GroupType type) {
    ObjectNode object = JSON.objectNode();
    for (Type field : type.getFields()) {
      object.set(field.getName(), field(group, field));
    }
    return object;
  }

  /** A value, null, or for a repeated field all of its values. */
  private static JsonNode field(Group group, Type field) {
    int count = group.getFieldRepetitionCount(field.getName());
    if (field.isRepetition(Type.Repetition.REPEATED)) {
      ArrayNode all = JSON.arrayNode();
      for (int i = 0; i < count; i++) {
        all.add(value(group, field, i));
      }
      return all;
    }
    return count == 0 ? JSON.nullNode() : value(group, field, 0);
  }

  private static JsonNode value(Group group, Type field, int index) {
    if (field.isPrimitive()) {
      return primitive(group, field, index);
    }
    GroupType type = field.asGroupType();
    Group inner = group.getGroup(field.getName(), index);
    return type.getLogicalTypeAnnotation()
            instanceof LogicalTypeAnnotation.ListLogicalTypeAnnotation
        ? list(inner, type)
        : object(inner, type);
  }

  /**
   * A list is a group around a repeated field, which holds the element itself or, as newer writers
   * have it, a group around the element (Parquet's "LogicalTypes", Lists).
   */
  private static ArrayNode list(Group group, GroupType type) {
    Type repeated = type.getType(0);
    ArrayNode elements = JSON.arrayNode();
    boolean wrapped = !repeated.isPrimitive() && repeated.asGroupType().getFieldCount() == 1;
    for (int i = 0; i < group.getFieldRepetitionCount(0); i++) {
      elements.add(
          wrapped
              ? field(group.getGroup(0, i), repeated.asGroupType().getType(0))
              : value(group, repeated, i));
    }
    return elements;
  }

  private static JsonNode primitive(Group group, Type field, int index) {
    String name = field.getName();
    return switch (field.asPrimitiveType().getPrimitiveTypeName()) {
      case BOOLEAN -> JSON.booleanNode(group.getBoolean(name, index));
      case INT32 -> JSON.numberNode(group.getInteger(name, index));
      case INT64 -> JSON.numberNode(group.getLong(name, index));
      case FLOAT -> JSON.numberNode(group.getFloat(name, index));
      case DOUBLE -> JSON.numberNode(group.getDouble(name, index));
      default -> JSON.textNode(group.getValueToString(group.getType().getFieldIndex(name), index));
    };
  }
}
