package dev.espalier.config.foreign;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Problem;
import java.util.List;
import java.util.Map;

/**
 * A file of another format in our own keys.
 *
 * @param tree what it says, in the shape of our format; what no rule knows is in it as it was
 * @param origins for paths of {@code tree} that the file does not have, or has for something else:
 *     the path in the file that they come from; what lies below has the same origin's below
 * @param mappings what became of everything that is not the same in both formats, in the order of
 *     the file
 * @param problems what has no meaning here, or needs the user's decision
 */
public record Translation(
    JsonNode tree, Map<String, String> origins, List<Mapping> mappings, List<Problem> problems) {
  /** Copies the collections. */
  public Translation {
    origins = Map.copyOf(origins);
    mappings = List.copyOf(mappings);
    problems = List.copyOf(problems);
  }

  /** The path in the file that {@code path} of the tree comes from. */
  public String original(String path) {
    return original(origins, path);
  }

  /**
   * The path in the file for a path of the tree.
   *
   * @param origins as {@link #origins}
   */
  public static String original(Map<String, String> origins, String path) {
    for (String at = path; !at.isEmpty(); ) {
      String origin = origins.get(at);
      if (origin != null) {
        return origin + path.substring(at.length());
      }
      at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
    }
    return path;
  }
}
