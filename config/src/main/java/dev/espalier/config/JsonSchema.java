package dev.espalier.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.core.util.Separators.Spacing;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.config.Schema.Field;
import dev.espalier.config.Schema.Free;
import dev.espalier.config.Schema.Items;
import dev.espalier.config.Schema.Leaf;
import dev.espalier.config.Schema.Section;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The format as a JSON Schema (draft-07), for editors and other tools.
 *
 * <p>It accepts what the loader accepts of a file that stands alone, with three exceptions: numbers
 * in quotes, which are read but should not be written; what two keys must have in common, and that
 * a part of a file does not end before it begins, which a schema cannot say; and keys that the
 * environment or the command line completes.
 */
public final class JsonSchema {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String NOT_BLANK = "\\S";
  private static final String LIST_WITH_COMMAS =
      "^[^,]*[^,\\s][^,]*(,[^,]*[^,\\s][^,]*)*$"; // no part of it is blank
  private static final long MOST_STEPS = 999_999_999_999L;
  private static final String STEPS = "[0-9]{1,12}( steps?)?";
  private static final String STEPS_IN_WORDS = "[0-9]{1,12} steps?";
  private static final String EPOCHS = "[0-9]{1,12}(\\.[0-9]{1,12})? epochs?";
  private static final String SHARE = "0*(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?) ?%";

  private JsonSchema() {}

  /** The schema as indented JSON, ending with a line feed. */
  public static String text() {
    DefaultIndenter lines = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter(
            Separators.createDefaultInstance().withObjectFieldValueSpacing(Spacing.AFTER));
    printer.indentObjectsWith(lines);
    try {
      return JsonMapper.builder().build().writer(printer).writeValueAsString(tree()) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values can always be written", e);
    }
  }

  /** The schema as a tree. */
  static ObjectNode tree() {
    ObjectNode schema = NODES.objectNode();
    schema.put("$schema", "http://json-schema.org/draft-07/schema#");
    schema.put("title", "Espalier configuration");
    schema.put("description", "What is pruned and quantized, how, and what counts as success.");
    return section(schema, Schema.of(Configuration.class), "", false);
  }

  private static ObjectNode section(ObjectNode node, Section section, String path, boolean orNull) {
    types(node, orNull, "object");
    node.put("additionalProperties", false);
    List<String> required =
        section.fields().stream().filter(JsonSchema::isRequired).map(Field::name).toList();
    if (!required.isEmpty()) {
      required.forEach(node.putArray("required")::add);
    }
    ObjectNode properties = node.putObject("properties");
    section.fields().forEach(f -> properties.set(f.name(), field(f, Paths.child(path, f.name()))));
    return node;
  }

  private static JsonNode field(Field field, String path) {
    Key key = field.key();
    ObjectNode node = NODES.objectNode().put("description", key.value());
    if (!key.fallback().isEmpty()) {
      YamlDocument written = YamlDocument.parse("default", key.fallback());
      node.set("default", Objects.requireNonNull(written.root()));
    }
    if (field.shape() instanceof Section inner) {
      section(node, inner, path, !isRequired(field));
    } else if (field.shape() instanceof Items items) {
      types(node, false, "array");
      if (key.entries() > 0) {
        node.put("minItems", key.entries()).put("maxItems", key.entries());
      }
      node.set("items", section(NODES.objectNode(), items.each(), path, false));
    } else if (field.shape() instanceof Free free) {
      types(node, true, "object");
      if (key.names().length > 0) {
        ObjectNode named = node.put("additionalProperties", false).putObject("properties");
        List.of(key.names())
            .forEach(
                name -> {
                  ObjectNode entry = NODES.objectNode().put("description", key.value());
                  named.set(name, leaf(entry, free.each(), field, true));
                });
      } else {
        node.set("additionalProperties", leaf(NODES.objectNode(), free.each(), field, true));
      }
    } else {
      leaf(node, (Leaf) field.shape(), field, !key.required());
    }
    addRules(path, node);
    return node;
  }

  /** Whether a file without the key is refused; an optional section never is missed. */
  private static boolean isRequired(Field field) {
    if (field.shape() instanceof Section inner) {
      return !field.key().optionalSection()
          && inner.fields().stream().anyMatch(JsonSchema::isRequired);
    }
    return field.key().required();
  }

  private static ObjectNode leaf(ObjectNode node, Leaf leaf, Field field, boolean orNull) {
    Key key = field.key();
    switch (leaf) {
      case TEXT -> text(node, field, orNull);
      case TEXTS -> texts(node, field.words(), orNull);
      case PATH -> types(node, orNull, "string").put("pattern", NOT_BLANK);
      case WHOLE -> {
        types(node, orNull, "integer");
        if (key.oneOf().length > 0) {
          ArrayNode allowed = node.putArray("enum");
          Arrays.stream(key.oneOf()).forEach(allowed::add);
          if (orNull) {
            allowed.addNull();
          }
        } else {
          range(node, key, true);
        }
      }
      case DECIMAL -> range(types(node, orNull, "number"), key, false);
      case FLAG -> types(node, orNull, "boolean");
      case AMOUNT -> {
        ObjectNode steps = NODES.objectNode().put("description", "Optimizer steps.");
        steps.put("type", "integer").put("minimum", 0).put("maximum", MOST_STEPS);
        amount(node, steps, STEPS, orNull);
      }
      case STRETCH -> {
        ObjectNode warmups = NODES.objectNode().put("description", "Multiples of the warm-up.");
        amount(node, range(warmups.put("type", "number"), key, false), STEPS_IN_WORDS, orNull);
      }
      case VALUE -> {
        range(types(node, orNull, "number", "string"), key, false);
        node.put("pattern", field.words().isEmpty() ? NOT_BLANK : anyOf(field.words()));
      }
      case VALUES -> {
        ObjectNode items = types(node, orNull, "array").putObject("items");
        types(items, false, "number", "string", "boolean").put("pattern", NOT_BLANK);
      }
    }
    return node;
  }

  private static void text(ObjectNode node, Field field, boolean orNull) {
    Key key = field.key();
    types(node, orNull, "string");
    if (!field.words().isEmpty()) {
      ArrayNode allowed = node.putArray("enum");
      field.words().forEach(allowed::add);
      if (orNull) {
        allowed.addNull();
      }
    } else {
      node.put("pattern", key.pattern().isEmpty() ? NOT_BLANK : "^(" + key.pattern() + ")$");
    }
  }

  private static void texts(ObjectNode node, List<String> words, boolean orNull) {
    types(node, orNull, "array", "string");
    ObjectNode items = node.putObject("items").put("type", "string");
    if (words.isEmpty()) {
      node.put("pattern", LIST_WITH_COMMAS);
      items.put("pattern", NOT_BLANK);
    } else {
      String word = "\\s*(" + String.join("|", words) + ")\\s*";
      node.put("pattern", "^" + word + "(," + word + ")*$");
      words.forEach(items.putArray("enum")::add);
    }
  }

  private static String anyOf(List<String> words) {
    return "^(" + String.join("|", words) + ")$";
  }

  private static void amount(ObjectNode node, ObjectNode number, String steps, boolean orNull) {
    ArrayNode either = node.putArray("anyOf").add(number);
    either
        .addObject()
        .put("description", "A share of the run such as \"10%\", \"2 epochs\", or \"500 steps\".")
        .put("type", "string")
        .put("pattern", "^(" + SHARE + "|" + EPOCHS + "|" + steps + ")$");
    if (orNull) {
      either.addObject().put("type", "null");
    }
  }

  private static ObjectNode range(ObjectNode node, Key key, boolean whole) {
    if (Double.isFinite(key.minimum())) {
      String name = key.minimumExcluded() ? "exclusiveMinimum" : "minimum";
      node.set(name, number(key.minimum()));
    } else if (whole) {
      node.put("minimum", Long.MIN_VALUE);
    }
    if (Double.isFinite(key.maximum())) {
      String name = key.maximumExcluded() ? "exclusiveMaximum" : "maximum";
      node.set(name, number(key.maximum()));
    } else if (whole) {
      node.put("maximum", Long.MAX_VALUE);
    }
    return node;
  }

  private static JsonNode number(double value) {
    return value == Math.rint(value)
        ? NODES.numberNode(Math.round(value))
        : NODES.numberNode(value);
  }

  private static ObjectNode types(ObjectNode node, boolean orNull, String... types) {
    List<String> all = new ArrayList<>(List.of(types));
    if (orNull) {
      all.add("null");
    }
    if (all.size() == 1) {
      return node.put("type", all.get(0));
    }
    all.forEach(node.putArray("type")::add);
    return node;
  }

  /** What {@link Rules} says of one file, as far as a schema can say it. */
  private static void addRules(String path, ObjectNode node) {
    if (path.equals(Rules.CRITERION)) {
      ArrayNode either = node.putArray("anyOf");
      either.add(only("relative", "absolute"));
      either.add(only("absolute", "relative"));
      either.addObject().put("maxProperties", 0);
    } else if (path.equals(Rules.ACCURACY)) {
      // Either the one or the other: a null or an empty list is as good as nothing.
      ArrayNode either = node.putArray("anyOf");
      either.addObject().putObject("properties").putObject("metric").put("type", "null");
      either.addObject().putObject("properties").putObject("multi_metrics").put("maxItems", 0);
    } else if (path.equals("tuning")) {
      ArrayNode either = node.putArray("anyOf");
      either.addObject().set("properties", nulls("objective"));
      either.addObject().putObject("properties").putObject("multi_objectives").put("maxItems", 0);
    } else if (path.equals(Rules.METRICS)) {
      ArrayNode either = node.putArray("anyOf");
      either.addObject().putObject("items").set("properties", nulls("weight"));
      ObjectNode weighted = either.addObject().putObject("items");
      weighted.putArray("required").add("weight");
      ObjectNode properties = nulls("relative", "absolute");
      properties.putObject("weight").put("type", "number");
      weighted.set("properties", properties);
      ArrayNode one = ((ObjectNode) node.get("items")).putArray("anyOf");
      one.addObject().set("properties", nulls("relative"));
      one.addObject().set("properties", nulls("absolute"));
    }
  }

  /** Properties that are not there, or null. */
  private static ObjectNode nulls(String... names) {
    ObjectNode properties = NODES.objectNode();
    List.of(names).forEach(name -> properties.putObject(name).put("type", "null"));
    return properties;
  }

  /** One of two keys is there; the other is not, or is null. */
  private static ObjectNode only(String there, String absent) {
    ObjectNode node = NODES.objectNode();
    node.putArray("required").add(there);
    ObjectNode properties = node.putObject("properties");
    properties.putObject(there).put("type", "number");
    properties.putObject(absent).put("type", "null");
    return node;
  }
}
