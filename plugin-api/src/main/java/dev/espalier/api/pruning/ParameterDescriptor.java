package dev.espalier.api.pruning;

/**
 * One number that a user can set on a pruner.
 *
 * @param name snake_case, as written in the configuration
 * @param defaultValue what holds when the configuration is silent
 * @param minimum the smallest value allowed, inclusive
 * @param maximum the largest value allowed, inclusive
 * @param description one sentence: what it does, with its unit
 */
public record ParameterDescriptor(
    String name, double defaultValue, double minimum, double maximum, String description) {
  /** Checks that the default lies in the range. */
  public ParameterDescriptor {
    if (!(minimum <= defaultValue && defaultValue <= maximum)) {
      throw new IllegalArgumentException(
          "default of "
              + name
              + " must lie in ["
              + minimum
              + ", "
              + maximum
              + "], found "
              + defaultValue);
    }
    if (description.isBlank()) {
      throw new IllegalArgumentException("parameter " + name + " needs a description");
    }
  }
}
