package dev.espalier.tuner.strategy;

import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.SearchSpace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Values of dimensions: as grids, as points of the unit interval, and at random. */
final class Values {
  private static final int MOST_WHOLE = 10_000;

  private Values() {}

  /**
   * The values of a dimension in order: all of a choice, and of a range {@code points} at equal
   * distances, both ends among them; of a whole range no more than there are.
   */
  static List<Object> grid(Dimension dimension, int points) {
    if (dimension instanceof Dimension.Choice choice) {
      return choice.options();
    }
    List<Object> grid = new ArrayList<>();
    long most =
        dimension instanceof Dimension.Whole whole ? whole.high() - whole.low() + 1 : points;
    long count = Math.min(points, most);
    for (int i = 0; i < count; i++) {
      Object value = at(dimension, count == 1 ? 0.5 : (double) i / (count - 1));
      if (!grid.contains(value)) {
        grid.add(value);
      }
    }
    return grid;
  }

  /** The value at {@code position} of [0, 1]: equal parts for the options of a choice. */
  static Object at(Dimension dimension, double position) {
    if (dimension instanceof Dimension.Real real) {
      double value =
          real.logarithmic()
              ? real.low() * Math.pow(real.high() / real.low(), position)
              : real.low() + (real.high() - real.low()) * position;
      return Math.max(real.low(), Math.min(real.high(), value));
    }
    if (dimension instanceof Dimension.Whole whole) {
      long steps = whole.high() - whole.low();
      return whole.low() + Math.min(steps, (long) (position * (steps + 1)));
    }
    List<Object> options = ((Dimension.Choice) dimension).options();
    return options.get(Math.min(options.size() - 1, (int) (position * options.size())));
  }

  /** Where a value lies in [0, 1]; the middle of its part for a whole number or an option. */
  static double position(Dimension dimension, Object value) {
    if (dimension instanceof Dimension.Real real) {
      double number = ((Number) value).doubleValue();
      return real.logarithmic()
          ? Math.log(number / real.low()) / Math.log(real.high() / real.low())
          : (number - real.low()) / (real.high() - real.low());
    }
    if (dimension instanceof Dimension.Whole whole) {
      double number = ((Number) value).doubleValue();
      return (number - whole.low() + 0.5) / (whole.high() - whole.low() + 1.0);
    }
    List<Object> options = ((Dimension.Choice) dimension).options();
    return (options.indexOf(value) + 0.5) / options.size();
  }

  /** A point of the space, each dimension by itself and uniformly on its scale. */
  static Map<String, Object> random(SearchSpace space, SplittableRandom random) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Dimension dimension : space.dimensions()) {
      values.put(dimension.name(), at(dimension, random.nextDouble()));
    }
    return values;
  }

  /** The number of points; infinite as soon as one dimension is a real range. */
  static double size(SearchSpace space) {
    double size = 1;
    for (Dimension dimension : space.dimensions()) {
      if (dimension instanceof Dimension.Real) {
        return Double.POSITIVE_INFINITY;
      }
      size *=
          dimension instanceof Dimension.Whole whole
              ? whole.high() - whole.low() + 1.0
              : ((Dimension.Choice) dimension).options().size();
    }
    return size;
  }

  /** Whether all points can be listed: no real range, and not more than {@value #MOST_WHOLE}. */
  static boolean isListable(SearchSpace space) {
    return size(space) <= MOST_WHOLE;
  }

  /** Every point of a grid, the first dimension slowest. */
  static List<Map<String, Object>> product(SearchSpace space, int points) {
    List<Map<String, Object>> product = new ArrayList<>();
    product.add(Map.of());
    for (Dimension dimension : space.dimensions()) {
      List<Map<String, Object>> longer = new ArrayList<>();
      for (Map<String, Object> begun : product) {
        for (Object value : grid(dimension, points)) {
          Map<String, Object> next = new LinkedHashMap<>(begun);
          next.put(dimension.name(), value);
          longer.add(next);
        }
      }
      product = longer;
    }
    return product;
  }

  /** Randomness of one call: the same for the same search and the same number of trials. */
  static SplittableRandom randomOf(long seed, int trials) {
    return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + trials);
  }
}
