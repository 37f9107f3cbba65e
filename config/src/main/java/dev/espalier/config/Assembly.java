package dev.espalier.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.config.Schema.Field;
import dev.espalier.config.Schema.Free;
import dev.espalier.config.Schema.Items;
import dev.espalier.config.Schema.Leaf;
import dev.espalier.config.Schema.Section;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.configuration2.BaseConfiguration;
import org.apache.commons.configuration2.CompositeConfiguration;
import org.apache.commons.configuration2.convert.DisabledListDelimiterHandler;
import org.jspecify.annotations.Nullable;

/** The sources laid over each other, and put back into the format's shape. */
final class Assembly {
  private static final int MOST_GUESSES = 200;
  private static final JsonMapper BINDER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .addModule(new SimpleModule().addDeserializer(Path.class, new PlainPath()))
          .build();

  /** A path as it is written; Jackson would take one with a colon for a URI. */
  private static final class PlainPath extends StdScalarDeserializer<Path> {
    PlainPath() {
      super(Path.class);
    }

    @Override
    public Path deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      return Path.of(parser.getText());
    }
  }

  private final CompositeConfiguration layered;
  private final Documents files;
  private final List<Problem> problems;
  private final TreeSet<String> alreadyWrong = new TreeSet<>();
  private final TreeSet<String> mentioned = new TreeSet<>();
  private final List<ResolvedValue> values = new ArrayList<>();
  private final ObjectNode tree;

  private Assembly(
      Section root,
      List<Layer> layers,
      Documents files,
      Set<String> unreadable,
      List<Problem> problems) {
    this.layered = lay(layers);
    this.files = files;
    this.problems = problems;
    for (Layer layer : layers) {
      layer.replaced().forEach(gone -> mentioned.removeIf(path -> Paths.isWithin(path, gone)));
      mentioned.addAll(layer.mentioned());
    }
    alreadyWrong.addAll(unreadable);
    problems.forEach(problem -> addReported(root, problem));
    this.tree = section(root, "");
  }

  /**
   * Lays {@code layers} over each other, the last one on top, and reports what is missing.
   *
   * @param files the YAML files, where a key is missing
   * @param unreadable paths whose values cannot be known, because of a problem elsewhere
   * @param problems what was found so far; a missing key that was there but wrong is not added
   */
  static Assembly of(
      Section root,
      List<Layer> layers,
      Documents files,
      Set<String> unreadable,
      List<Problem> problems) {
    return new Assembly(root, layers, files, unreadable, problems);
  }

  /** Remembers what is wrong; a misspelled key stands for the one that is meant. */
  private void addReported(Section root, Problem problem) {
    String path = problem.key();
    if (path == null) {
      return;
    }
    alreadyWrong.add(path);
    if (problem.code() == ProblemCode.UNKNOWN_KEY && alreadyWrong.size() < MOST_GUESSES) {
      String around = Paths.parent(path);
      String name = path.substring(around.isEmpty() ? 0 : around.length() + 1);
      Schema.find(root, around)
          .filter(Section.class::isInstance)
          .map(shape -> ((Section) shape).names())
          .flatMap(names -> Suggestions.closest(name, names))
          .ifPresent(meant -> alreadyWrong.add(Paths.child(around, meant)));
    }
  }

  /** Every value with its source, in the order of the format. */
  List<ResolvedValue> values() {
    return values;
  }

  /** The merged value at {@code path}, or null when there is none. */
  @Nullable ResolvedValue value(String path) {
    return values.stream().filter(v -> v.path().equals(path)).findFirst().orElse(null);
  }

  /** Where a problem with {@code path} is reported: at its value, or for the file as a whole. */
  Location locate(String path) {
    return values.stream()
        .filter(v -> Paths.isWithin(v.path(), path))
        .map(ResolvedValue::location)
        .filter(l -> l != null)
        .findFirst()
        .orElseGet(() -> files.around(path));
  }

  /** Whether something at, above or below the key of {@code problem} was reported already. */
  boolean isReported(Problem problem) {
    String path = problem.key();
    return path != null && isReported(path);
  }

  /** Whether something at, above or below {@code path} was reported already. */
  boolean isReported(String path) {
    return alreadyWrong.stream()
        .anyMatch(wrong -> Paths.isWithin(wrong, path) || Paths.isWithin(path, wrong));
  }

  /** The number of entries of the list at {@code path}. */
  int count(String path) {
    return tree.at("/" + path.replace('.', '/')).size();
  }

  /** The typed configuration; a wrong value has its default, a missing text is empty. */
  Configuration bind() {
    try {
      return BINDER.treeToValue(tree, Configuration.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("checked values do not fit the records", e);
    }
  }

  private static CompositeConfiguration lay(List<Layer> layers) {
    List<BaseConfiguration> sources = new ArrayList<>();
    for (Layer layer : layers) {
      layer.replaced().forEach(path -> sources.forEach(lower -> clear(lower, path)));
      BaseConfiguration source = new BaseConfiguration();
      source.setListDelimiterHandler(DisabledListDelimiterHandler.INSTANCE);
      layer.values().forEach(source::setProperty);
      sources.add(source);
    }
    CompositeConfiguration layered = new CompositeConfiguration();
    for (int i = sources.size() - 1; i >= 0; i--) {
      layered.addConfiguration(sources.get(i));
    }
    return layered;
  }

  /**
   * Forgets what lower sources say below {@code path}. The defaults stay: a section that is null is
   * one that holds nothing but its defaults.
   */
  private static void clear(BaseConfiguration lower, String path) {
    List<String> gone = new ArrayList<>();
    lower.getKeys().forEachRemaining(gone::add);
    gone.stream()
        .filter(key -> Paths.isWithin(key, path))
        .filter(key -> ((ResolvedValue) lower.getProperty(key)).source() != Source.DEFAULT)
        .forEach(lower::clearProperty);
  }

  private ObjectNode section(Section section, String path) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    for (Field field : section.fields()) {
      String child = Paths.child(path, field.name());
      if (field.shape() instanceof Section inner) {
        node.set(field.name(), section(field, inner, child));
      } else if (field.shape() instanceof Items items) {
        node.set(field.name(), items(field, items, child));
      } else if (field.shape() instanceof Free) {
        node.set(field.name(), free(child));
      } else {
        JsonNode value = leaf(field, child);
        node.set(field.name(), value == null ? none(field) : value);
      }
    }
    return node;
  }

  /** What stands for a value that is missing, which was said. */
  private static JsonNode none(Field field) {
    if (field.shape() == Leaf.TEXTS) {
      return JsonNodeFactory.instance.arrayNode();
    }
    return field.words().isEmpty()
        ? JsonNodeFactory.instance.textNode("")
        : JsonNodeFactory.instance.nullNode();
  }

  private JsonNode section(Field field, Section inner, String path) {
    boolean absent = !mentioned.contains(path) && !isSet(path);
    if (absent && field.key().optionalSection()) {
      return JsonNodeFactory.instance.nullNode();
    }
    if (absent && !isReported(path)) {
      List<String> needed = required(inner);
      if (!needed.isEmpty()) {
        report(
            path,
            around(Paths.parent(path)),
            "is missing; it needs " + String.join(", ", needed),
            "Add it: " + field.key().value());
      }
    }
    return section(inner, path);
  }

  /** Whether a source other than the defaults says something below {@code path}. */
  private boolean isSet(String path) {
    Iterator<String> keys = layered.getKeys();
    while (keys.hasNext()) {
      String key = keys.next();
      if (Paths.isWithin(key, path) && get(key).source() != Source.DEFAULT) {
        return true;
      }
    }
    return false;
  }

  /** Where somebody set something at or below {@code path}. */
  private Optional<Location> placed(String path) {
    Iterator<String> keys = layered.getKeys();
    while (keys.hasNext()) {
      String key = keys.next();
      Location at = Paths.isWithin(key, path) ? get(key).location() : null;
      if (at != null) {
        return Optional.of(at);
      }
    }
    return Optional.empty();
  }

  /**
   * Where something is missing in {@code path}: the files' nearest key around it, or what else made
   * an entry that no file has, such as an assignment.
   */
  private Location around(String path) {
    for (String at = path; !at.isEmpty(); at = Paths.parent(at)) {
      if (files.has(at)) {
        return files.around(at);
      }
      Optional<Location> made = placed(at);
      if (made.isPresent()) {
        return made.get();
      }
    }
    return files.around(path);
  }

  private static List<String> required(Section section) {
    List<String> names = new ArrayList<>();
    for (Field field : section.fields()) {
      if (field.key().required()) {
        names.add(field.name());
      } else if (field.shape() instanceof Section inner && !field.key().optionalSection()) {
        required(inner).forEach(name -> names.add(field.name() + "." + name));
      }
    }
    return names;
  }

  private ArrayNode items(Field field, Items items, String path) {
    TreeSet<Integer> indices = new TreeSet<>();
    List<String> keys = new ArrayList<>(mentioned);
    layered.getKeys().forEachRemaining(keys::add);
    for (String key : keys) {
      if (key.startsWith(path + "[")) {
        indices.add(
            Integer.parseInt(
                Paths.segments(key.substring(path.length())).get(0).replaceAll("[\\[\\]]", "")));
      }
    }
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (int index : indices) {
      if (index != list.size()) {
        report(
            Paths.item(path, list.size()),
            placed(Paths.item(path, index)).orElseGet(() -> files.around(path)),
            "is missing, but there is an entry [" + index + "]",
            "Maybe the entry's number is wrong: the first is [0].");
        break;
      }
      list.add(section(items.each(), Paths.item(path, index)));
    }
    checkEntries(field, items, path, list.size());
    return list;
  }

  /** A list of the wrong length; a missing entry may be the consequence of another mistake. */
  private void checkEntries(Field field, Items items, String path, int count) {
    int wanted = field.key().entries();
    if (wanted == 0 || count == wanted || (count < wanted && isReported(path))) {
      return;
    }
    problems.add(
        Problem.of(
                count < wanted ? ProblemCode.MISSING_KEY : ProblemCode.UNSUPPORTED,
                path,
                "must hold exactly "
                    + (wanted == 1 ? "one " + field.name().replaceFirst("s$", "") : wanted)
                    + " for now, found "
                    + count,
                count < wanted
                    ? "Maybe - " + items.each().names().get(0) + ": ... is meant."
                    : "Remove the others.")
            .at(locate(count < wanted ? path : Paths.item(path, wanted))));
  }

  private ObjectNode free(String path) {
    ObjectNode free = JsonNodeFactory.instance.objectNode();
    Iterator<String> keys = layered.getKeys(path);
    while (keys.hasNext()) {
      ResolvedValue value = get(keys.next());
      if (!value.value().isNull()) {
        values.add(value);
        free.set(value.path().substring(path.length() + 1), value.value());
      }
    }
    return free;
  }

  private @Nullable JsonNode leaf(Field field, String path) {
    ResolvedValue set = layered.containsKey(path) ? get(path) : null;
    if (set == null || (set.value().isNull() && !field.key().fallback().isEmpty())) {
      // A null asks for the default, and inside lists and optional sections nobody gave it yet.
      set = field.key().required() ? null : Defaults.of(field, path);
    }
    if (set == null || (field.key().required() && set.value().isNull())) {
      ResolvedValue empty = layered.containsKey(path) ? get(path) : null;
      Location at = empty == null ? null : empty.location();
      report(
          path,
          at == null ? around(Paths.parent(path)) : at,
          "is missing",
          "Add it: " + field.key().value());
      return null;
    }
    values.add(set);
    return field.shape() == Leaf.DECIMAL || field.shape() == Leaf.WHOLE || !set.value().isNull()
        ? set.value()
        : JsonNodeFactory.instance.nullNode();
  }

  private ResolvedValue get(String path) {
    return (ResolvedValue) layered.getProperty(path);
  }

  private void report(String path, Location place, String message, String advice) {
    if (isReported(path)) {
      return;
    }
    alreadyWrong.add(path);
    problems.add(Problem.of(ProblemCode.MISSING_KEY, path, message, advice).at(place));
  }
}
