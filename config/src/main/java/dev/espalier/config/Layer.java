package dev.espalier.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The checked values of one source.
 *
 * @param values leaf values by path
 * @param replaced paths below which earlier sources no longer count: a null section, a whole list
 * @param mentioned paths of the sections that the source names, so that an empty one counts too
 * @param hollow maps and lists that are there and hold nothing, by path
 */
record Layer(
    Map<String, ResolvedValue> values,
    List<String> replaced,
    List<String> mentioned,
    Map<String, ResolvedValue> hollow) {
  static Layer empty() {
    return new Layer(
        new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>(), new LinkedHashMap<>());
  }

  /** Those that change nothing, of which none takes the place of what an earlier source said. */
  static List<ResolvedValue> withoutEffect(List<Layer> layers) {
    List<ResolvedValue> without = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      List<Layer> earlier = layers.subList(0, i);
      layers.get(i).hollow().values().stream()
          .filter(each -> !each.value().isArray() || !isSaid(each.path(), earlier))
          .forEach(without::add);
    }
    return without;
  }

  private static boolean isSaid(String path, List<Layer> layers) {
    return layers.stream()
        .flatMap(layer -> layer.values().values().stream())
        .anyMatch(value -> value.source() != Source.DEFAULT && Paths.isWithin(value.path(), path));
  }

  /** The same layer with each value as {@code place} has it. */
  Layer placed(UnaryOperator<ResolvedValue> place) {
    Map<String, ResolvedValue> moved = new LinkedHashMap<>();
    values.forEach((path, value) -> moved.put(path, place.apply(value)));
    return new Layer(moved, replaced, mentioned, hollow);
  }

  /** Forgets what was said below {@code path}, here and in earlier sources. */
  void replace(String path) {
    replaced.add(path);
    values.keySet().removeIf(key -> Paths.isWithin(key, path));
    mentioned.removeIf(section -> Paths.isWithin(section, path));
    hollow.keySet().removeIf(key -> Paths.isWithin(key, path) && !key.equals(path));
  }
}
