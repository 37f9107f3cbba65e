package dev.espalier.tuner.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Location;
import java.util.Set;

/**
 * A YAML file as it was written.
 *
 * @param root its tree
 * @param prunerTags paths of the values that have the tag {@code !Pruner}
 * @param places where its keys and values stand
 */
public record LpotFile(JsonNode root, Set<String> prunerTags, Places places) {
  /** Where things stand; a path that the file does not have stands where the nearest above does. */
  public interface Places {
    /** Where the value at {@code path} stands. */
    Location value(String path);

    /** Where the key at {@code path} stands. */
    Location key(String path);
  }

  /** Copies the set. */
  public LpotFile {
    prunerTags = Set.copyOf(prunerTags);
  }
}
