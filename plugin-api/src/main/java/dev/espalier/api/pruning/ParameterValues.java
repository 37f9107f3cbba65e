package dev.espalier.api.pruning;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of a pruner's parameters: complete, and within the declared ranges. */
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
    List<String> wrong = new ArrayList<>();
    Map<String, Object> rest = new LinkedHashMap<>(given);
    Map<String, Object> complete = new LinkedHashMap<>();
    for (ParameterDescriptor parameter : descriptor.parameters()) {
      Object asked = rest.remove(parameter.name());
      Object value = asked == null ? parameter.defaultValue() : accepted(parameter, asked);
      if (value == null) {
        wrong.add(parameter.name() + " must be " + parameter.range() + ", found " + asked);
      } else {
        complete.put(parameter.name(), value);
      }
    }
    for (String unknown : rest.keySet()) {
      wrong.add(
          "unknown parameter "
              + unknown
              + ", there is "
              + descriptor.parameters().stream().map(ParameterDescriptor::name).toList());
    }
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(
          "pruner " + descriptor.name() + ": " + String.join("; ", wrong));
    }
    return new ParameterValues(complete);
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
