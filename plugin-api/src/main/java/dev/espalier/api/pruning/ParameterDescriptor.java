package dev.espalier.api.pruning;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
   * A copy of the parameters of {@code owner}.
   *
   * @throws IllegalArgumentException when there is none, one of them is null, or two have one name
   */
  static List<ParameterDescriptor> listed(
      String owner, @Nullable List<? extends @Nullable ParameterDescriptor> parameters) {
    if (parameters == null) {
      throw new IllegalArgumentException(owner + " has null for its list of parameters");
    }
    Set<String> names = new HashSet<>();
    List<ParameterDescriptor> copy = new ArrayList<>();
    for (ParameterDescriptor parameter : parameters) {
      if (parameter == null) {
        throw new IllegalArgumentException(
            "parameter " + (copy.size() + 1) + " of " + owner + " is null");
      }
      if (!names.add(parameter.name())) {
        throw new IllegalArgumentException(
            owner + " has two parameters named \"" + parameter.name() + "\"");
      }
      copy.add(parameter);
    }
    return List.copyOf(copy);
  }

  /**
   * A number.
   *
   * @param name snake_case, as written in the configuration
   * @param defaultValue what holds when the configuration is silent
   * @param minimum the smallest value allowed, inclusive
   * @param maximum the largest value allowed, inclusive
   * @param description one sentence: what it does, with its unit
   * @param search where a search looks when the configuration does not say, or null for nowhere
   */
  record Quantity(
      String name,
      Double defaultValue,
      double minimum,
      double maximum,
      String description,
      @Nullable SearchRange search)
      implements ParameterDescriptor {
    /** A number that a search varies only in a range that the configuration gives. */
    public Quantity(
        String name, Double defaultValue, double minimum, double maximum, String description) {
      this(name, defaultValue, minimum, maximum, description, null);
    }

    /** The same, with a range for searches. */
    public Quantity searchedIn(double low, double high, boolean logarithmic) {
      SearchRange range = new SearchRange(low, high, logarithmic);
      return new Quantity(name, defaultValue, minimum, maximum, description, range);
    }

    /** Checks that the default and the range of searches lie in the range. */
    public Quantity {
      requireName(name);
      if (defaultValue == null) {
        throw new IllegalArgumentException("parameter " + name + " needs a default");
      }
      if (search != null && !(minimum <= search.low() && search.high() <= maximum)) {
        throw new IllegalArgumentException("the search range of " + name + " exceeds its range");
      }
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
   * Where a search looks for a good value.
   *
   * @param low the smallest value worth trying
   * @param high the largest
   * @param logarithmic whether equal factors count as equal distances
   */
  record SearchRange(double low, double high, boolean logarithmic) {
    /** Checks the bounds. */
    public SearchRange {
      if (!(low < high) || (logarithmic && low <= 0)) {
        throw new IllegalArgumentException("no range to search from " + low + " to " + high);
      }
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
      requireName(name);
      if (options == null || options.stream().anyMatch(each -> each == null || each.isBlank())) {
        throw new IllegalArgumentException(
            "the options of " + name + " must be words, found " + options);
      }
      if (options.stream().distinct().count() < options.size()) {
        throw new IllegalArgumentException(
            "the options of " + name + " must be different, found " + options);
      }
      options = List.copyOf(options);
      if (defaultValue == null || !options.contains(defaultValue)) {
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

  private static void requireName(@Nullable String name) {
    if (name == null || !name.matches("[a-z][a-z0-9_]{0,63}")) {
      throw new IllegalArgumentException(
          "a parameter's name must match [a-z][a-z0-9_]{0,63}, found "
              + (name == null ? "null" : "\"" + name + "\""));
    }
  }

  private static void requireDescription(String name, @Nullable String description) {
    if (description == null || description.isBlank()) {
      throw new IllegalArgumentException("parameter " + name + " needs a description");
    }
  }
}
