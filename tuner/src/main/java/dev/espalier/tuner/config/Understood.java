package dev.espalier.tuner.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.tuner.config.lpot.LpotFile;
import dev.espalier.tuner.config.lpot.LpotTranslator;
import dev.espalier.tuner.config.lpot.Mapping;
import dev.espalier.tuner.config.lpot.Overrides;
import dev.espalier.tuner.config.lpot.Translation;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A YAML file in our own keys, whatever format it was written in.
 *
 * @param document the file in our keys, with the places of the original
 * @param mappings what became of an LPOT file's keys; none for a file of our own format
 * @param problems what of an LPOT file has no meaning here
 */
record Understood(YamlDocument document, List<Mapping> mappings, List<Problem> problems) {

  /**
   * Translates {@code document} when it was written for LPOT, and leaves it as it is otherwise.
   *
   * @param above the sources that stand above the file, the highest first; asked for an LPOT file
   *     only
   */
  static Understood of(YamlDocument document, Supplier<List<Layer>> above) {
    JsonNode root = Objects.requireNonNull(document.root());
    LpotFile file = new LpotFile(root, document.prunerTags(), new FilePlaces(document));
    if (!LpotTranslator.recognizes(file)) {
      return new Understood(document, List.of(), List.of());
    }
    Translation translation = LpotTranslator.translate(file, new Above(above.get()));
    return new Understood(
        document.translated(translation.tree(), translation::original),
        translation.mappings(),
        translation.problems());
  }

  /** What the sources above the file say. */
  private record Above(List<Layer> layers) implements Overrides {
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
                .map(Above::name)
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
