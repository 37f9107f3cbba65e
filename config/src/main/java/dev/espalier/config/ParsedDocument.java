package dev.espalier.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.config.foreign.ForeignFile;
import dev.espalier.config.foreign.ForeignFormat;
import dev.espalier.config.foreign.Mapping;
import dev.espalier.config.foreign.Overrides;
import dev.espalier.config.foreign.Translation;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A YAML file in our own keys, whatever format it was written in.
 *
 * @param document the file in our keys, with the places of the original
 * @param mappings what became of a foreign file's keys; empty for a file of our own format
 * @param problems what of a foreign file has no meaning here
 */
record ParsedDocument(YamlDocument document, List<Mapping> mappings, List<Problem> problems) {
  private static final List<ForeignFormat> FORMATS =
      ServiceLoader.load(ForeignFormat.class, ForeignFormat.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

  /** The YAML tags that foreign formats know. */
  static final Set<String> FOREIGN_TAGS =
      FORMATS.stream()
          .flatMap(format -> format.tags().stream())
          .collect(Collectors.toUnmodifiableSet());

  /**
   * Translates {@code document} when it was written in a foreign format, and leaves it as it is
   * otherwise.
   *
   * @param above the sources above the file, the highest first; asked for a foreign file only
   */
  static ParsedDocument of(YamlDocument document, Supplier<List<Layer>> above) {
    JsonNode root = Objects.requireNonNull(document.root());
    ForeignFile file = new ForeignFile(root, document.tags(), new FilePlaces(document));
    for (ForeignFormat format : FORMATS) {
      if (format.recognizes(file)) {
        Translation translation = format.translate(file, new LayerOverrides(above.get()));
        return new ParsedDocument(
            document.translated(translation.tree(), translation::original),
            translation.mappings(),
            translation.problems());
      }
    }
    return new ParsedDocument(document, List.of(), List.of());
  }

  /** What the sources above the file say. */
  private record LayerOverrides(List<Layer> layers) implements Overrides {
    @Override
    public @Nullable String by(String path) {
      for (Layer layer : layers) {
        ResolvedValue value = layer.values().get(path);
        if (value != null) {
          return name(value);
        }
        for (String replaced : layer.replaced()) {
          if (Paths.isWithin(path, replaced)) {
            return layer.values().values().stream()
                .filter(v -> Paths.isWithin(v.path(), replaced))
                .findFirst()
                .map(LayerOverrides::name)
                .orElse(replaced + " is set to nothing");
          }
        }
      }
      return null;
    }

    @Override
    public @Nullable JsonNode value(String path) {
      for (Layer layer : layers) {
        ResolvedValue value = layer.values().get(path);
        if (value != null) {
          return value.value().isNull() ? null : value.value();
        }
        if (layer.replaced().stream().anyMatch(replaced -> Paths.isWithin(path, replaced))) {
          return null;
        }
      }
      return null;
    }

    private static String name(ResolvedValue value) {
      Location at = value.location();
      return (at == null ? value.source().label() : at.file()) + " stands above it";
    }
  }
}
