package dev.espalier.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.config.Schema.Leaf;
import dev.espalier.config.Schema.Section;
import dev.espalier.core.text.Formats;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Replaces the references in scalar values: <code>${env:NAME}</code>, <code>${sys:name}</code> and
 * <code>${some.other.key}</code>; <code>$${</code> stands for itself.
 *
 * <p>Not done by Commons Configuration's interpolator, even with only these three lookups: it looks
 * for references in what a variable holds as well, leaves a name that does not exist in place
 * without a word, and knows no place to report. Here what a variable holds is only ever text.
 */
final class Interpolation {
  private static final int MOST_STEPS = 20;
  private static final int MOST_CHARACTERS = 1_000_000;
  private static final String KNOWN =
      "Use ${env:NAME} for an environment variable, ${sys:name} for a Java system property, or"
          + " ${some.other.key}; write $${ for the text itself.";

  /** Why a reference leads nowhere. */
  private static final class Unresolved extends Exception {
    private final String message;
    private final @Nullable String advice;
    private final transient Collection<String> cycle;
    private final boolean elsewhere;

    Unresolved(
        String message, @Nullable String advice, Collection<String> cycle, boolean elsewhere) {
      super(message, null, false, false);
      this.message = message;
      this.advice = advice;
      this.cycle = cycle;
      this.elsewhere = elsewhere;
    }

    Unresolved(String message, @Nullable String advice) {
      this(message, advice, List.of(), false);
    }

    /** The same, seen from a value that only refers to the one that is wrong. */
    Unresolved fromOutside() {
      return new Unresolved(message, advice, cycle, true);
    }
  }

  private final Section schema;
  private final List<JsonNode> trees;
  private final Map<String, ResolvedValue> defaults;
  private final Map<String, String> environment;
  private final Set<String> tainted = new TreeSet<>();
  private final Map<String, String> done = new HashMap<>();
  private final List<String> open = new ArrayList<>();
  private final Set<String> reportedCycles = new HashSet<>();
  private int characters;
  private boolean full;

  /**
   * @param schema the format
   * @param trees what each source says, the later over the earlier; what is not to be looked at is
   *     escaped
   * @param defaults what holds where no source says anything
   * @param environment what {@code env} looks into
   */
  Interpolation(
      Section schema,
      List<JsonNode> trees,
      Map<String, ResolvedValue> defaults,
      Map<String, String> environment) {
    this.schema = schema;
    this.trees = trees;
    this.defaults = defaults;
    this.environment = environment;
  }

  /** A text that stands for {@code text} and has no references. */
  static String escape(String text) {
    return text.replace("${", "$${");
  }

  /** Paths of values that could not be resolved, and so say nothing. */
  Set<String> tainted() {
    return tainted;
  }

  /**
   * {@code tree} with its references replaced. A value whose reference leads nowhere is reported
   * and becomes null; in a list, where a gap would move the rest, it stays as it is.
   */
  JsonNode apply(JsonNode tree, LayerReader.Places places, List<Problem> problems) {
    return node(tree, "", places, problems);
  }

  private JsonNode node(
      JsonNode node, String path, LayerReader.Places places, List<Problem> problems) {
    if (node.isObject()) {
      ObjectNode map = JsonNodeFactory.instance.objectNode();
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        String name = entry.getKey();
        String child = Paths.isIndex(name) ? path + name : Paths.child(path, name);
        map.set(name, node(entry.getValue(), child, places, problems));
      }
      return map;
    }
    if (node.isArray()) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      for (int i = 0; i < node.size(); i++) {
        JsonNode item = node(node.get(i), Paths.item(path, i), places, problems);
        list.add(item.isNull() ? node.get(i) : item);
      }
      return list;
    }
    boolean refers = node.isTextual() && node.textValue().contains("${");
    return refers ? scalar(node, path, places, problems) : node;
  }

  private JsonNode scalar(
      JsonNode node, String path, LayerReader.Places places, List<Problem> problems) {
    if (!isOfTheFormat(path)) {
      return node; // an unknown key is one problem, whatever it holds
    }
    boolean counts = node.equals(RawTree.find(trees, path));
    try {
      if (counts) {
        open.add(path);
      }
      return JsonNodeFactory.instance.textNode(expand(node.textValue()));
    } catch (Unresolved e) {
      tainted.add(path);
      boolean first = !e.elsewhere || (e.cycle.contains(path) && reportedCycles.addAll(e.cycle));
      if (first) {
        problems.add(
            Problem.of(ProblemCode.INTERPOLATION, path, e.message, e.advice)
                .at(places.value(path)));
      }
      return JsonNodeFactory.instance.nullNode();
    } finally {
      open.clear();
    }
  }

  /** Whether the format has a value at {@code path}, or a list of texts around it. */
  private boolean isOfTheFormat(String path) {
    return Schema.find(schema, path).isPresent()
        || (path.endsWith("]")
            && Schema.find(schema, Paths.parent(path)).filter(Leaf.TEXTS::equals).isPresent());
  }

  private String expand(String text) throws Unresolved {
    StringBuilder out = new StringBuilder();
    int from = 0;
    for (int at = text.indexOf("${"); at >= 0; at = text.indexOf("${", from)) {
      if (at > from && text.charAt(at - 1) == '$') {
        out.append(text, from, at - 1).append("${");
        from = at + 2;
        continue;
      }
      int close = text.indexOf('}', at);
      if (close < 0) {
        throw new Unresolved("a ${ is not closed, found " + Formats.quoted(text), KNOWN);
      }
      out.append(text, from, at).append(value(text.substring(at + 2, close).strip()));
      from = close + 1;
      spend(out.length());
    }
    String result = out.append(text, from, text.length()).toString();
    spend(result.length());
    return result;
  }

  /** Counts what is written, so that references to references cannot fill the memory. */
  private void spend(int more) throws Unresolved {
    characters += full ? 0 : more;
    if (characters > MOST_CHARACTERS) {
      boolean known = full;
      full = true;
      throw new Unresolved(
          "all references together stand for more than " + MOST_CHARACTERS + " characters",
          "Maybe a reference repeats what repeats another.",
          List.of(),
          known);
    }
  }

  private String value(String name) throws Unresolved {
    int colon = name.indexOf(':');
    if (colon < 0) {
      return key(name);
    }
    String rest = name.substring(colon + 1).strip();
    return switch (name.substring(0, colon).strip()) {
      case "env" -> variable(rest);
      case "sys" -> property(rest);
      default ->
          throw new Unresolved(
              "there is no lookup for "
                  + Formats.quoted("${" + name + "}")
                  + "; there is env, sys and key",
              KNOWN);
    };
  }

  private String variable(String name) throws Unresolved {
    String value = environment.get(name);
    if (value == null) {
      throw new Unresolved(
          "there is no environment variable " + Formats.quoted(name),
          near(name, environment.keySet()));
    }
    return value;
  }

  private static String property(String name) throws Unresolved {
    String value = name.isEmpty() ? null : System.getProperty(name);
    if (value == null) {
      throw new Unresolved(
          "there is no system property " + Formats.quoted(name),
          near(name, System.getProperties().stringPropertyNames()));
    }
    return value;
  }

  private String key(String name) throws Unresolved {
    String known = done.get(name);
    if (known != null) {
      return known;
    }
    if (open.contains(name)) {
      List<String> cycle = List.copyOf(open.subList(open.indexOf(name), open.size()));
      throw new Unresolved(
          "the references run in a circle: " + String.join(" -> ", cycle) + " -> " + name,
          "Write the value of one of them out.",
          cycle,
          true);
    }
    if (open.size() > MOST_STEPS) {
      throw new Unresolved("a reference leads over more than " + MOST_STEPS + " keys", null);
    }
    JsonNode node = node(name);
    if (!node.isTextual()) {
      return node.asText();
    }
    open.add(name);
    try {
      String value = expand(node.textValue());
      done.put(name, value);
      return value;
    } catch (Unresolved e) {
      throw e.fromOutside();
    } finally {
      open.remove(open.size() - 1);
    }
  }

  private JsonNode node(String name) throws Unresolved {
    JsonNode node = RawTree.find(trees, name);
    if (node == null || node.isNull()) {
      ResolvedValue standard = defaults.get(name);
      node = standard == null ? null : standard.value();
    }
    if (!isOfTheFormat(name) || name.isEmpty()) {
      throw new Unresolved(
          "there is no key " + Formats.quoted(name) + " to refer to",
          name.isEmpty() ? KNOWN : near(name, defaults.keySet()));
    }
    if (node == null || node.isNull()) {
      throw new Unresolved("the key " + Formats.quoted(name) + " has no value to refer to", null);
    }
    if (node.isContainerNode()) {
      throw new Unresolved(
          Formats.quoted(name) + " is not a single value", "Refer to one of the values below it.");
    }
    return node;
  }

  private static String near(String name, Collection<String> names) {
    return names.isEmpty()
        ? KNOWN
        : Suggestions.closest(name, names)
            .map(nearest -> "Maybe \"" + nearest + "\" is meant.")
            .orElse(KNOWN);
  }
}
