package dev.espalier.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked values of one source.
 *
 * @param values leaf values by path
 * @param replaced paths below which earlier sources no longer count: a null section, a whole list
 * @param mentioned paths of the sections that the source names, so that an empty one counts too
 */
record Layer(Map<String, ResolvedValue> values, List<String> replaced, List<String> mentioned) {
  static Layer empty() {
    return new Layer(new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>());
  }

  /** Forgets what was said below {@code path}, here and in earlier sources. */
  void replace(String path) {
    replaced.add(path);
    values.keySet().removeIf(key -> Paths.isWithin(key, path));
    mentioned.removeIf(section -> Paths.isWithin(section, path));
  }
}
