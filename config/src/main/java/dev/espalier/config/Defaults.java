package dev.espalier.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.config.Schema.Field;
import dev.espalier.config.Schema.Leaf;
import dev.espalier.config.Schema.Section;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The values that hold when no source says anything. */
final class Defaults {
  private static final String NAME = "default";
  private static final String CRITERION = "tuning.accuracy_criterion";
  private static final double RELATIVE_CRITERION = 0.01;

  /** What each default says; it is the same at every path. */
  private static final Map<Field, JsonNode> READ = new ConcurrentHashMap<>();

  private Defaults() {}

  /**
   * The defaults of all keys outside of lists and optional sections.
   *
   * @param given the other sources; when one of them states a criterion, there is no default one
   */
  static Layer layer(Section root, List<Layer> given) {
    Map<String, ResolvedValue> values = new LinkedHashMap<>();
    collect(root, "", values);
    boolean criterionGiven =
        given.stream()
            .flatMap(layer -> layer.values().keySet().stream())
            .anyMatch(path -> Paths.isWithin(path, CRITERION));
    if (!criterionGiven) {
      String path = CRITERION + ".relative";
      JsonNode relative = JsonNodeFactory.instance.numberNode(RELATIVE_CRITERION);
      values.put(path, new ResolvedValue(path, relative, Source.DEFAULT, null));
    }
    return new Layer(values, List.of(), List.of(), Map.of());
  }

  /** The default of one key; null when it has none. */
  static ResolvedValue of(Field field, String path) {
    JsonNode value = READ.computeIfAbsent(field, Defaults::read);
    return new ResolvedValue(path, value, Source.DEFAULT, null);
  }

  private static JsonNode read(Field field) {
    JsonNode written = YamlDocument.parse(NAME, field.key().fallback()).root();
    JsonNode value = written == null ? JsonNodeFactory.instance.nullNode() : written;
    if (value.isNull()) {
      return value;
    }
    // Defaults pass through the same reading as everybody's values, and so have the same types.
    List<Problem> problems = new ArrayList<>();
    Layer layer = Layer.empty();
    LayerReader reader =
        new LayerReader(Source.DEFAULT, Nowhere.INSTANCE, Path::toAbsolutePath, layer, problems);
    reader.read(new Section(List.of(field)), object(field.name(), value));
    ResolvedValue read = layer.values().get(field.name());
    if (!problems.isEmpty() || read == null) {
      throw new IllegalStateException("the default of " + field.name() + " is wrong: " + problems);
    }
    return read.value();
  }

  private static JsonNode object(String name, JsonNode value) {
    return JsonNodeFactory.instance.objectNode().set(name, value);
  }

  private static void collect(Section section, String path, Map<String, ResolvedValue> values) {
    for (Field field : section.fields()) {
      String child = Paths.child(path, field.name());
      if (field.shape() instanceof Section inner) {
        if (!field.key().optionalSection()) {
          collect(inner, child, values);
        }
      } else if (field.shape() instanceof Leaf && !field.key().required()) {
        values.put(child, of(field, child));
      }
    }
  }

  private enum Nowhere implements LayerReader.Places {
    INSTANCE;

    @Override
    public Location value(String path) {
      return Location.ofFile(NAME);
    }

    @Override
    public Location key(String path) {
      return Location.ofFile(NAME);
    }

    @Override
    public Optional<String> written(String path) {
      return Optional.empty();
    }
  }
}
