package dev.espalier.api.pruning;

import java.util.List;
import java.util.Locale;

/** Something that a user can set on a pruner. */
public sealed interface ParameterDescriptor
    permits ParameterDescriptor.Quantity, ParameterDescriptor.Choice {
  /** How the configuration writes it: snake_case. */
  String name();

  /** One sentence: what it does, with its unit. */
  String description();

  /** What holds when the configuration is silent. */
  Object defaultValue();

  /** What may be written, in words. */
  String range();

  /**
   * A number.
   *
   * @param name snake_case, as written in the configuration
   * @param defaultValue what holds when the configuration is silent
   * @param minimum the smallest value allowed, inclusive
   * @param maximum the largest value allowed, inclusive
   * @param description one sentence: what it does, with its unit
   */
  record Quantity(
      String name, Double defaultValue, double minimum, double maximum, String description)
      implements ParameterDescriptor {
    /** Checks that the default lies in the range. */
    public Quantity {
      if (!(minimum <= defaultValue && defaultValue <= maximum)) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "default of %s must lie in [%s, %s], found %s",
                name,
                minimum,
                maximum,
                defaultValue));
      }
      requireDescription(name, description);
    }

    @Override
    public String range() {
      return "a number in [" + plain(minimum) + ", " + plain(maximum) + "]";
    }

    private static String plain(double value) {
      return value == Math.rint(value) && Math.abs(value) < 1e7
          ? Long.toString((long) value)
          : Double.toString(value);
    }
  }

  /**
   * One of several words.
   *
   * @param name snake_case, as written in the configuration
   * @param defaultValue what holds when the configuration is silent
   * @param options what may be written
   * @param description one sentence: what it does
   */
  record Choice(String name, String defaultValue, List<String> options, String description)
      implements ParameterDescriptor {
    /** Checks that the default is an option. */
    public Choice {
      options = List.copyOf(options);
      if (!options.contains(defaultValue)) {
        throw new IllegalArgumentException(
            "default of " + name + " must be one of " + options + ", found " + defaultValue);
      }
      requireDescription(name, description);
    }

    @Override
    public String range() {
      return "one of " + String.join(", ", options);
    }
  }

  private static void requireDescription(String name, String description) {
    if (description.isBlank()) {
      throw new IllegalArgumentException("parameter " + name + " needs a description");
    }
  }
}
