package dev.espalier.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * A YAML text as a tree, with the place of every key and value.
 *
 * <p>Built from the streaming parser's events: no tag ever reaches SnakeYAML's constructors, and an
 * alias is expanded here, under SnakeYAML's own limit for aliases and a limit for the whole tree.
 */
final class YamlDocument {
  private static final int MAX_ALIASES = 50;
  private static final int MAX_NODES = 100_000;
  private static final int MAX_DEPTH = 50;
  private static final int MAX_KEY = 200;

  /** How SnakeYAML says what it was reading, and what it found there. */
  private static final String IN_QUOTES = "quoted scalar";

  private static final String AT_THE_END = "unexpected end of stream";

  private static final Set<String> HARMLESS_TAGS =
      Set.of("str", "int", "float", "bool", "null", "map", "seq");

  /** Where a key and its value stand. */
  private record Place(Location key, Location value) {}

  /** Ends the reading of a document at the first error of syntax. */
  private static final class Broken extends IOException {
    private final transient Problem problem;

    Broken(Problem problem) {
      super(problem.message());
      this.problem = problem;
    }
  }

  private final String file;
  private final UnaryOperator<String> original;
  private final Map<String, Place> places = new HashMap<>();
  private final Map<String, String> spellings = new HashMap<>();
  private final List<Problem> problems = new ArrayList<>();
  private final Map<String, JsonNode> anchors = new HashMap<>();
  private final Map<String, String> tags = new HashMap<>();
  private @Nullable JsonNode root;
  private int aliases;
  private int nodes;

  private YamlDocument(String file, UnaryOperator<String> original) {
    this.file = file;
    this.original = original;
  }

  /**
   * Reads {@code text}; what is wrong with it is in {@link #problems()}.
   *
   * @param file how locations name the source
   */
  static YamlDocument parse(String file, String text) {
    YamlDocument document = new YamlDocument(file, UnaryOperator.identity());
    try (YAMLParser parser = new YAMLFactory().createParser(text)) {
      document.read(parser);
    } catch (Broken e) {
      document.problems.add(e.problem);
    } catch (IOException e) {
      document.problems.add(document.syntaxError(e));
    }
    return document;
  }

  /** The tree; null for an empty text or one with an error of syntax. */
  @Nullable JsonNode root() {
    return root;
  }

  /** Errors of syntax, duplicate keys and forbidden tags, in the order of the text. */
  List<Problem> problems() {
    return problems;
  }

  /** Whether there is something at {@code path}. */
  boolean has(String path) {
    return places.containsKey(original.apply(path));
  }

  /**
   * Paths of the values that carry a tag of a foreign format, with its name; it creates nothing.
   */
  Map<String, String> tags() {
    return tags;
  }

  /**
   * The same document in other words.
   *
   * @param tree the tree in place of this one's
   * @param origin the path in this document of a path in {@code tree}
   */
  YamlDocument translated(JsonNode tree, UnaryOperator<String> origin) {
    YamlDocument other = new YamlDocument(file, path -> original.apply(origin.apply(path)));
    other.root = tree;
    other.places.putAll(places);
    other.spellings.putAll(spellings);
    other.problems.addAll(problems);
    return other;
  }

  /** How the number or the truth value at {@code path} is written, when that is not as it reads. */
  Optional<String> written(String path) {
    return Optional.ofNullable(spellings.get(original.apply(path)));
  }

  /** Where the value at {@code path} stands, or the nearest value around it. */
  Location locate(String path) {
    return place(path).value();
  }

  /** Where the key at {@code path} stands, or the nearest key around it. */
  Location locateKey(String path) {
    return place(path).key();
  }

  /** Where the key at {@code path} stands, or the nearest key around it; the file at the root. */
  Location around(String path) {
    for (String at = original.apply(path); !at.isEmpty(); at = Paths.parent(at)) {
      Place place = places.get(at);
      if (place != null) {
        return place.key();
      }
    }
    return Location.ofFile(file);
  }

  private Place place(String path) {
    for (String at = original.apply(path); ; at = Paths.parent(at)) {
      Place place = places.get(at);
      if (place != null) {
        return place;
      }
      if (at.isEmpty()) {
        return new Place(Location.ofFile(file), Location.ofFile(file));
      }
    }
  }

  private void read(YAMLParser parser) throws IOException {
    if (parser.nextToken() == null) {
      return;
    }
    JsonNode tree = value(parser, "", 0);
    if (parser.nextToken() != null) {
      throw broken(here(parser), "a second YAML document begins here", "Remove the line ---.");
    }
    root = tree;
  }

  private JsonNode value(YAMLParser parser, String path, int depth) throws IOException {
    Location at = here(parser);
    if (depth > MAX_DEPTH) {
      throw tooLarge(at, "nested deeper than " + MAX_DEPTH + " levels");
    }
    count(at, 1);
    places.putIfAbsent(path, new Place(at, at));
    if (parser.isCurrentAlias()) {
      return alias(parser.getText(), at);
    }
    checkTag(parser, path, at);
    String anchor = parser.getObjectId();
    JsonNode node =
        switch (parser.currentToken()) {
          case START_OBJECT -> map(parser, path, depth);
          case START_ARRAY -> list(parser, path, depth);
          default -> scalar(parser);
        };
    if (node.isValueNode() && !node.asText().equals(parser.getText())) {
      spellings.putIfAbsent(path, parser.getText());
    }
    if (anchor != null) {
      anchors.put(anchor, node);
    }
    return node;
  }

  private ObjectNode map(YAMLParser parser, String path, int depth) throws IOException {
    ObjectNode map = JsonNodeFactory.instance.objectNode();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      Location key = here(parser);
      if (name.length() > MAX_KEY) {
        throw tooLarge(key, "a key has more than " + MAX_KEY + " characters");
      }
      String child = Paths.child(path, name);
      boolean duplicate = map.has(name);
      if (duplicate) {
        problems.add(
            Problem.of(
                    ProblemCode.DUPLICATE_KEY,
                    child,
                    "duplicate key, first defined on line " + locateKey(child).line(),
                    "Remove one of the two.")
                .at(key));
      }
      parser.nextToken();
      if (!duplicate) {
        places.put(child, new Place(key, here(parser)));
      }
      JsonNode node = value(parser, child, depth + 1);
      if (!duplicate) {
        map.set(name, node);
      }
    }
    return map;
  }

  private ArrayNode list(YAMLParser parser, String path, int depth) throws IOException {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      list.add(value(parser, Paths.item(path, list.size()), depth + 1));
    }
    return list;
  }

  private static JsonNode scalar(YAMLParser parser) throws IOException {
    JsonNodeFactory factory = JsonNodeFactory.instance;
    return switch (parser.currentToken()) {
      case VALUE_NULL -> factory.nullNode();
      case VALUE_TRUE -> factory.booleanNode(true);
      case VALUE_FALSE -> factory.booleanNode(false);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser);
      default -> factory.textNode(parser.getText());
    };
  }

  /** A number; what YAML takes for one and Java does not, such as .nan, stays a text. */
  private static JsonNode number(YAMLParser parser) throws IOException {
    JsonNodeFactory factory = JsonNodeFactory.instance;
    try {
      return parser.currentToken() == JsonToken.VALUE_NUMBER_INT
          ? factory.numberNode(parser.getBigIntegerValue())
          : factory.numberNode(parser.getDoubleValue());
    } catch (JsonProcessingException | NumberFormatException e) {
      return factory.textNode(parser.getText());
    }
  }

  private JsonNode alias(String anchor, Location at) throws Broken {
    JsonNode target = anchors.get(anchor);
    if (target == null) {
      throw broken(
          at,
          "the alias *" + anchor + " has no finished anchor before it",
          "Maybe its anchor stands at a single value: only maps and lists can be repeated.");
    }
    aliases++;
    if (aliases > MAX_ALIASES) {
      throw tooLarge(at, "there are more than " + MAX_ALIASES + " aliases");
    }
    count(at, size(target));
    return target.deepCopy();
  }

  private void count(Location at, int more) throws Broken {
    nodes += more;
    if (nodes > MAX_NODES) {
      throw tooLarge(at, "there are more than " + MAX_NODES + " values");
    }
  }

  private static int size(JsonNode node) {
    int size = 1;
    for (JsonNode child : node) {
      size += size(child);
    }
    return size;
  }

  private void checkTag(YAMLParser parser, String path, Location at) throws IOException {
    String tag = parser.getTypeId();
    if (tag == null) {
      return;
    }
    String name = tag.replaceFirst("^(tag:yaml.org,2002:|!+)", "");
    if (ParsedDocument.FOREIGN_TAGS.contains(name)) {
      tags.put(path, name);
    } else if (!HARMLESS_TAGS.contains(name)) {
      problems.add(
          new Problem(
              ProblemKind.CONFIGURATION,
              ProblemCode.YAML_TAG,
              at,
              path.isEmpty() ? null : path,
              "the YAML tag " + tag + " is not allowed",
              "Remove the tag: tags create no objects here."));
    }
  }

  private Location here(YAMLParser parser) {
    return location(parser.currentTokenLocation());
  }

  private Location location(@Nullable JsonLocation at) {
    return at == null
        ? Location.ofFile(file)
        : new Location(file, Math.max(at.getLineNr(), 0), Math.max(at.getColumnNr(), 0));
  }

  private static Broken broken(Location at, String message, String advice) {
    return new Broken(
        new Problem(ProblemKind.CONFIGURATION, ProblemCode.SYNTAX, at, message, advice));
  }

  private static Broken tooLarge(Location at, String message) {
    return new Broken(
        new Problem(
            ProblemKind.CONFIGURATION,
            ProblemCode.TOO_LARGE,
            at,
            message,
            "Maybe this is not a configuration."));
  }

  private Problem syntaxError(IOException e) {
    if (e.getCause() instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
      Mark opened = marked.getContextMark();
      if (opened != null
          && String.valueOf(marked.getContext()).contains(IN_QUOTES)
          && String.valueOf(marked.getProblem()).contains(AT_THE_END)) {
        return new Problem(
            ProblemKind.CONFIGURATION,
            ProblemCode.SYNTAX,
            new Location(file, opened.getLine() + 1, opened.getColumn() + 1),
            "this is not valid YAML: the quotation mark that opens here is never closed",
            "Close it, or remove it; a text in one kind of quotation marks may hold the other.");
      }
      return new Problem(
          ProblemKind.CONFIGURATION,
          ProblemCode.SYNTAX,
          new Location(
              file, marked.getProblemMark().getLine() + 1, marked.getProblemMark().getColumn() + 1),
          "this is not valid YAML: " + printable(marked.getProblem()),
          "Maybe the indentation or a quote is wrong on this line or the one before.");
    }
    String message =
        e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
    JsonLocation at = e instanceof JsonProcessingException json ? json.getLocation() : null;
    return new Problem(
        ProblemKind.CONFIGURATION,
        ProblemCode.SYNTAX,
        location(at),
        "this is not valid YAML: " + printable(message),
        "Maybe a character or a quote is wrong.");
  }

  private static String printable(@Nullable String text) {
    return text == null ? "" : text.replaceAll("\\p{Cntrl}+", " ").strip();
  }
}
