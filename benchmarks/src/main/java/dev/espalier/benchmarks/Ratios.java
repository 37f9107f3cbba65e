package dev.espalier.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Times of several variants, measured in turns, as ratios to the first one.
 *
 * <p>Machines are shared and drift; a variant is therefore compared with what the first one took in
 * the same round, and the spread over the rounds is told with the median.
 */
final class Ratios {
  private final Map<String, List<Double>> medians = new LinkedHashMap<>();

  /** Adds the times of one variant in one round; every variant is added once in each round. */
  void add(String variant, List<Double> times) {
    medians.computeIfAbsent(variant, unused -> new ArrayList<>()).add(median(times));
  }

  /** The ratios of one variant to the first, one for each round. */
  List<Double> of(String variant) {
    List<Double> first = medians.values().iterator().next();
    List<Double> own = medians.getOrDefault(variant, List.of());
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < own.size(); i++) {
      ratios.add(own.get(i) / first.get(i));
    }
    return ratios;
  }

  /** A table: median time, median ratio, and the lowest and the highest ratio of all rounds. */
  String table() {
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(Locale.ROOT, "%-20s %10s %8s %16s%n", "", "median", "ratio", "spread"));
    for (Map.Entry<String, List<Double>> entry : medians.entrySet()) {
      List<Double> ratios = of(entry.getKey());
      table.append(
          String.format(
              Locale.ROOT,
              "%-20s %7.1f ms %8.3f %8.3f..%.3f%n",
              entry.getKey(),
              median(entry.getValue()),
              median(ratios),
              ratios.stream().min(Double::compare).orElseThrow(),
              ratios.stream().max(Double::compare).orElseThrow()));
    }
    return table.toString();
  }

  /** The middle value; the mean of the two middle ones for an even count. */
  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }
}
