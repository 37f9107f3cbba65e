package dev.espalier.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.config.foreign.ForeignFile;
import dev.espalier.config.foreign.Mapping;
import dev.espalier.config.foreign.Overrides;
import dev.espalier.config.foreign.Translation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tree of an LPOT file while it is translated, from which rules take LPOT's keys and into which
 * they put ours.
 *
 * <p>Paths are constants of the rules, never built from names in the file, which may hold dots.
 */
final class LpotTree {
  private static final Pattern SEGMENT = Pattern.compile("\\[([0-9]+)]|[^.\\[]+");

  private final ForeignFile file;
  private final Overrides overrides;
  private final ObjectNode tree;
  private final Map<String, String> origins = new LinkedHashMap<>();
  private final List<Mapping> mappings = new ArrayList<>();
  private final List<Problem> problems = new ArrayList<>();

  LpotTree(ForeignFile file, ObjectNode root, Overrides overrides) {
    this.file = file;
    this.overrides = overrides;
    this.tree = root.deepCopy();
  }

  Translation translation() {
    mappings.sort(
        Comparator.<Mapping>comparingInt(m -> m.at().line())
            .thenComparingInt(m -> m.at().column()));
    return new Translation(tree, origins, mappings, problems);
  }

  // ------------------------------------------------------------------ the tree

  /** The value at {@code path}; null when there is none, or nothing but a null. */
  @Nullable JsonNode get(String path) {
    JsonNode at = tree;
    Matcher segments = SEGMENT.matcher(path);
    while (segments.find()) {
      JsonNode next =
          segments.group(1) == null
              ? at.get(segments.group())
              : at.get(Integer.parseInt(segments.group(1)));
      if (next == null) {
        return null;
      }
      at = next;
    }
    return at.isNull() ? null : at;
  }

  boolean has(String path) {
    return get(path) != null;
  }

  /** The text at {@code path}, or null. */
  @Nullable String text(String path) {
    JsonNode node = get(path);
    return node != null && node.isTextual() ? node.textValue() : null;
  }

  /** The keys of the map at {@code path}; none when it is no map. */
  List<String> keys(String path) {
    JsonNode node = get(path);
    List<String> keys = new ArrayList<>();
    if (node != null && node.isObject()) {
      node.fieldNames().forEachRemaining(keys::add);
    }
    return keys;
  }

  /** Takes the value at {@code path} out; null as for {@link #get}. */
  @Nullable JsonNode take(String path) {
    JsonNode value = get(path);
    int dot = path.lastIndexOf('.');
    JsonNode parent = dot < 0 ? tree : get(path.substring(0, dot));
    if (parent instanceof ObjectNode map) {
      map.remove(path.substring(dot + 1));
    }
    return value;
  }

  /** Gives the value at {@code from} another path; what is there already stays out of the tree. */
  void rename(String from, String to) {
    JsonNode value = take(from);
    if (value != null) {
      set(to, value, from);
    }
  }

  /** Puts a value at {@code path}, with the place of {@code from}; without a line. */
  void set(String path, JsonNode value, String from) {
    String origin = Translation.original(origins, from);
    int dot = path.lastIndexOf('.');
    if (parent(path.substring(0, Math.max(dot, 0))) instanceof ObjectNode parent) {
      parent.set(path.substring(dot + 1), value);
      origins.put(path, origin);
    }
  }

  /** The map at {@code path}, made where there is none; something else when that is there. */
  private JsonNode parent(String path) {
    JsonNode there = path.isEmpty() ? tree : get(path);
    if (there != null) {
      return there;
    }
    int dot = path.lastIndexOf('.');
    if (parent(path.substring(0, Math.max(dot, 0))) instanceof ObjectNode above) {
      return above.putObject(path.substring(dot + 1));
    }
    return JsonNodeFactory.instance.missingNode();
  }

  // ------------------------------------------------------------------ what is said

  /** Says what becomes of the piece at {@code path}. */
  void line(String path, String from, String to) {
    mappings.add(new Mapping(file.places().key(Translation.original(origins, path)), from, to));
  }

  /** Puts a value at {@code target} and says so, unless something stands above it. */
  void put(String target, JsonNode value, String path, String from) {
    put(target, value, path, from, "");
  }

  /** The same, with a remark. */
  void put(String target, JsonNode value, String path, String from, String remark) {
    String by = overrides.by(target);
    if (by != null) {
      line(path, from, "not used: " + by);
      return;
    }
    set(target, value, path);
    line(path, from, target + " " + show(value) + remark);
  }

  /** Takes {@code path} out and says why it is not used; nothing when it is not there. */
  void unused(String path, String why) {
    JsonNode value = take(path);
    if (value != null) {
      line(path, last(path) + " " + show(value), "not used: " + why);
    }
  }

  /** Reports the value at {@code path}, which the caller knows to be wrong. */
  void wrong(String path, String message, @Nullable String advice) {
    problems.add(
        Problem.of(ProblemCode.CONTRADICTION, path, message, advice)
            .at(file.places().value(Translation.original(origins, path))));
  }

  /** Reports what is not supported, unless something above the file sets {@code target}. */
  void undecided(String path, String from, String target, String message, String advice) {
    String by = overrides.by(target);
    if (by != null) {
      line(path, from, "not used: " + by);
    } else {
      wrong(path, message, advice);
    }
  }

  /**
   * Reports and removes the keys of the map at {@code path} that are none of {@code known}.
   *
   * @param mixed whether our own keys may be there, too; then only misspelled ones are reported,
   *     and the rest is left to who knows our keys
   */
  void checkKeys(String path, List<String> known, boolean mixed) {
    JsonNode section = get(path);
    for (String key : keys(path)) {
      // Our own keys may be a little nearer to LPOT's than a slip is: two edits, and no more.
      Optional<String> near =
          Suggestions.closest(key, known)
              .filter(meant -> !mixed || Suggestions.distance(key, meant) <= 2);
      if (known.contains(key) || (mixed && near.isEmpty())) {
        continue;
      }
      String child = path + "." + key;
      problems.add(
          Problem.of(
                  ProblemCode.CONTRADICTION,
                  child,
                  "there is no such key",
                  near.map(meant -> "Maybe \"" + meant + "\" is meant.")
                      .orElse("Maybe one of " + String.join(", ", known) + " is meant."))
              .at(file.places().key(Translation.original(origins, child))));
      if (section instanceof ObjectNode map) {
        map.remove(key);
      }
    }
  }

  // ------------------------------------------------------------------ what stands above

  @Nullable String overriddenBy(String path) {
    return overrides.by(path);
  }

  /** The value that counts at {@code path}: what stands above the file, or else the file's. */
  @Nullable JsonNode effective(String path) {
    return overrides.by(path) == null ? get(path) : overrides.value(path);
  }

  // ------------------------------------------------------------------ values

  static JsonNode node(String text) {
    return JsonNodeFactory.instance.textNode(text);
  }

  static JsonNode node(long number) {
    return JsonNodeFactory.instance.numberNode(number);
  }

  static JsonNode node(List<String> texts) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    texts.forEach(list::add);
    return list;
  }

  /** A value as a short text: a text without quotes, a list or map as in YAML's flow style. */
  static String show(JsonNode node) {
    String text = node.isTextual() ? node.textValue() : flow(node);
    return (text.length() > 80 ? text.substring(0, 80) + "…" : text).replaceAll("\\p{Cntrl}", " ");
  }

  private static String flow(JsonNode node) {
    StringBuilder out = new StringBuilder();
    if (node.isObject()) {
      node.properties()
          .forEach(
              entry ->
                  out.append(out.isEmpty() ? "" : ", ")
                      .append(entry.getKey())
                      .append(": ")
                      .append(flow(entry.getValue())));
      return "{" + out + "}";
    }
    if (node.isArray()) {
      node.forEach(item -> out.append(out.isEmpty() ? "" : ", ").append(flow(item)));
      return "[" + out + "]";
    }
    return node.asText();
  }

  /** The last name of a path. */
  static String last(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
