package dev.espalier.tuner.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Problem;
import java.util.List;
import java.util.Map;

/**
 * An LPOT file in our own keys.
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
    return Draft.original(origins, path);
  }
}
