package dev.espalier.api.tuning;

import java.util.List;

/** One thing that a search may vary. */
public sealed interface Dimension {
  /** The path of the configuration key, for instance {@code pruning.train.learning_rate}. */
  String name();

  /**
   * A number between two bounds.
   *
   * @param name path of the configuration key
   * @param low the smallest value, inclusive
   * @param high the largest value, inclusive; above {@code low}
   * @param logarithmic whether equal factors count as equal distances; {@code low} is positive then
   */
  record Real(String name, double low, double high, boolean logarithmic) implements Dimension {
    /** Checks the bounds. */
    public Real {
      if (!(Double.isFinite(low) && Double.isFinite(high) && low < high)) {
        throw new IllegalArgumentException(name + ": no range from " + low + " to " + high);
      }
      if (logarithmic && low <= 0) {
        throw new IllegalArgumentException(name + ": a logarithmic range must begin above 0");
      }
    }
  }

  /**
   * A whole number between two bounds.
   *
   * @param name path of the configuration key
   * @param low the smallest value, inclusive
   * @param high the largest value, inclusive; above {@code low}
   */
  record Whole(String name, long low, long high) implements Dimension {
    /** Checks the bounds. */
    public Whole {
      if (low >= high) {
        throw new IllegalArgumentException(name + ": no range from " + low + " to " + high);
      }
    }
  }

  /**
   * One of several values, in the order of preference.
   *
   * @param name path of the configuration key
   * @param options numbers, booleans or words; at least one, no two alike
   */
  record Choice(String name, List<Object> options) implements Dimension {
    /** Checks and copies the options. */
    public Choice {
      options = List.copyOf(options);
      if (options.isEmpty() || options.stream().distinct().count() < options.size()) {
        throw new IllegalArgumentException(name + ": options must be different: " + options);
      }
    }
  }
}
