package dev.espalier.config.foreign;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Location;
import java.util.Map;

/**
 * A YAML file as it was written.
 *
 * @param root its tree
 * @param tags paths of the values that carry a tag of a {@link ForeignFormat}, with the tag's name
 * @param places where its keys and values stand
 */
public record ForeignFile(JsonNode root, Map<String, String> tags, Places places) {
  /**
   * Where keys and values stand; a path that the file lacks stands where its nearest parent does.
   */
  public interface Places {
    /** Where the value at {@code path} stands. */
    Location value(String path);

    /** Where the key at {@code path} stands. */
    Location key(String path);
  }

  /** Copies the map. */
  public ForeignFile {
    tags = Map.copyOf(tags);
  }
}
