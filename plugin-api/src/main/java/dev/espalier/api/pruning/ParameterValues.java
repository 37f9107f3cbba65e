package dev.espalier.api.pruning;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The values of a pruner's parameters: complete, and within the declared ranges. */
public final class ParameterValues {
  private final Map<String, Double> values;

  private ParameterValues(Map<String, Double> values) {
    this.values = values;
  }

  /**
   * Completes {@code given} with the defaults of {@code descriptor}.
   *
   * @throws IllegalArgumentException naming every unknown key and every value out of range
   */
  public static ParameterValues of(PrunerDescriptor descriptor, Map<String, Double> given) {
    List<String> wrong = new ArrayList<>();
    Map<String, Double> rest = new LinkedHashMap<>(given);
    Map<String, Double> complete = new LinkedHashMap<>();
    for (ParameterDescriptor parameter : descriptor.parameters()) {
      Double asked = rest.remove(parameter.name());
      double value = asked == null ? parameter.defaultValue() : asked;
      if (!(value >= parameter.minimum() && value <= parameter.maximum())) {
        wrong.add(
            parameter.name()
                + " must lie in ["
                + parameter.minimum()
                + ", "
                + parameter.maximum()
                + "], found "
                + value);
      }
      complete.put(parameter.name(), value);
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

  /**
   * The value of a declared parameter.
   *
   * @throws IllegalArgumentException when the descriptor declares no such parameter
   */
  public double get(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("parameter " + name + " is not in the descriptor");
    }
    return value;
  }

  /** All values by name, in the descriptor's order. */
  public Map<String, Double> asMap() {
    return Collections.unmodifiableMap(values);
  }
}
