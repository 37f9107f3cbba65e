package dev.espalier.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
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

  /** {@code over} laid on {@code under}: maps key by key, everything else as a whole. */
  static JsonNode merge(@Nullable JsonNode under, JsonNode over) {
    if (!over.isObject()) {
      return over;
    }
    if (under instanceof ArrayNode list && isIndexed(over)) {
      return mergeEntries(list, over);
    }
    ObjectNode merged = JsonNodeFactory.instance.objectNode();
    if (under instanceof ObjectNode map) {
      merged.setAll(map);
    }
    for (Map.Entry<String, JsonNode> entry : over.properties()) {
      merged.set(entry.getKey(), merge(merged.get(entry.getKey()), entry.getValue()));
    }
    return merged;
  }

  /** The node at {@code path}, or null when there is none. */
  static @Nullable JsonNode find(@Nullable JsonNode root, String path) {
    JsonNode at = root;
    for (String segment : Paths.segments(path)) {
      if (at instanceof ArrayNode list && Paths.isIndex(segment)) {
        at = list.get(Integer.parseInt(segment.substring(1, segment.length() - 1)));
      } else {
        at = at == null ? null : at.get(segment);
      }
    }
    return at;
  }

  /** Whether a map came from a path with indices, {@code list[0].key}. */
  private static boolean isIndexed(JsonNode node) {
    return !node.isEmpty() && node.properties().stream().allMatch(e -> isIndex(e.getKey()));
  }

  private static boolean isIndex(String name) {
    return name.matches("\\[[0-9]{1,6}\\]");
  }

  private static ArrayNode mergeEntries(ArrayNode under, JsonNode over) {
    ArrayNode merged = JsonNodeFactory.instance.arrayNode();
    merged.addAll(under);
    for (Map.Entry<String, JsonNode> entry : over.properties()) {
      String index = entry.getKey();
      int at = Integer.parseInt(index.substring(1, index.length() - 1));
      if (at < merged.size()) {
        merged.set(at, merge(merged.get(at), entry.getValue()));
      } else if (at == merged.size()) {
        merged.add(entry.getValue());
      }
    }
    return merged;
  }
}
