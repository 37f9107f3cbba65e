package dev.espalier.api.pruning;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The values of a plugin's parameters: complete, and within the declared ranges. */
public final class ParameterValues {
  private final Map<String, Object> values;

  private ParameterValues(Map<String, Object> values) {
    this.values = values;
  }

  /**
   * Completes {@code given} with the defaults of {@code descriptor}.
   *
   * @param given numbers and words by name
   * @throws IllegalArgumentException naming every unknown key and every value out of range
   */
  public static ParameterValues of(PrunerDescriptor descriptor, Map<String, ?> given) {
    return of("pruner " + descriptor.name(), descriptor.parameters(), given);
  }

  /**
   * Completes {@code given} with the defaults of {@code parameters}.
   *
   * @param owner what has the parameters, for the message
   * @param given numbers and words by name
   * @throws IllegalArgumentException naming every unknown key and every value out of range
   */
  public static ParameterValues of(
      String owner, List<ParameterDescriptor> parameters, Map<String, ?> given) {
    Map<String, String> wrong = mistakes(parameters, given);
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(owner + ": " + String.join("; ", wrong.values()));
    }
    Map<String, Object> complete = new LinkedHashMap<>();
    for (ParameterDescriptor parameter : parameters) {
      Object asked = given.get(parameter.name());
      Object value = asked == null ? parameter.defaultValue() : accepted(parameter, asked);
      complete.put(parameter.name(), Objects.requireNonNull(value));
    }
    return new ParameterValues(complete);
  }

  /**
   * What is wrong with each parameter that is wrong, by its name, in one clause each.
   *
   * @param given numbers and words by name
   */
  public static Map<String, String> mistakes(
      List<ParameterDescriptor> parameters, Map<String, ?> given) {
    Map<String, String> wrong = new LinkedHashMap<>();
    Map<String, Object> rest = new LinkedHashMap<>(given);
    for (ParameterDescriptor parameter : parameters) {
      Object asked = rest.remove(parameter.name());
      if (asked != null && accepted(parameter, asked) == null) {
        wrong.put(
            parameter.name(),
            parameter.name() + " must be " + parameter.range() + ", found " + asked);
      }
    }
    for (String unknown : rest.keySet()) {
      wrong.put(
          unknown,
          "unknown parameter "
              + unknown
              + ", there is "
              + parameters.stream().map(ParameterDescriptor::name).toList());
    }
    return wrong;
  }

  /** The value in the parameter's type, or null when it is not allowed. */
  private static @Nullable Object accepted(ParameterDescriptor parameter, Object asked) {
    if (parameter instanceof ParameterDescriptor.Quantity quantity) {
      if (!(asked instanceof Number number)) {
        return null;
      }
      double value = number.doubleValue();
      return value >= quantity.minimum() && value <= quantity.maximum() ? value : null;
    }
    List<String> options = ((ParameterDescriptor.Choice) parameter).options();
    return asked instanceof String word && options.contains(word) ? word : null;
  }

  /**
   * The value of a declared number.
   *
   * @throws IllegalArgumentException when the descriptor declares no such number
   */
  public double number(String name) {
    return valueOf(name, Double.class, "number");
  }

  /**
   * The value of a declared choice.
   *
   * @throws IllegalArgumentException when the descriptor declares no such choice
   */
  public String choice(String name) {
    return valueOf(name, String.class, "choice");
  }

  /** All values by name, in the descriptor's order. */
  public Map<String, Object> asMap() {
    return Collections.unmodifiableMap(values);
  }

  private <T> T valueOf(String name, Class<T> type, String kind) {
    Object value = values.get(name);
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException("the descriptor declares no " + kind + " named " + name);
    }
    return type.cast(value);
  }
}
