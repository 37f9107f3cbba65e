package dev.espalier.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Trees as the sources wrote them, before any value is checked. */
final class RawTree {
  private RawTree() {}

  /** {@code a.b[0].c} and v as {@code {a: {b: {"[0]": {c: v}}}}}. */
  static JsonNode nest(String path, JsonNode value) {
    List<String> segments = Paths.segments(path);
    JsonNode node = value;
    for (int i = segments.size() - 1; i >= 0; i--) {
      ObjectNode around = JsonNodeFactory.instance.objectNode();
      around.set(segments.get(i), node);
      node = around;
    }
    return node;
  }

  /**
   * What holds at {@code path}, or null when nothing does: what the last of {@code trees} says that
   * says anything there, or around it in place of what the trees before it say.
   */
  static @Nullable JsonNode find(List<JsonNode> trees, String path) {
    List<String> segments = Paths.segments(path);
    for (int i = trees.size() - 1; i >= 0; i--) {
      JsonNode at = trees.get(i);
      JsonNode around = at;
      for (String segment : segments) {
        around = at;
        at = child(around, segment);
        if (at == null) {
          break;
        }
      }
      if (at != null || !around.isObject()) {
        return at;
      }
    }
    return null;
  }

  private static @Nullable JsonNode child(JsonNode around, String segment) {
    return around instanceof ArrayNode list && Paths.isIndex(segment)
        ? list.get(Integer.parseInt(segment.substring(1, segment.length() - 1)))
        : around.get(segment);
  }
}
