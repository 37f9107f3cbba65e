package dev.espalier.api.run;

import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Something that a stage found out: a number with its text, or a text alone.
 *
 * @param name of what was found out, for people; the same in every run
 * @param value the number, always finite; empty for a text and for a number that is not defined,
 *     such as a correlation with a constant
 * @param shown what a user is shown, with unit: {@code 61.4%}, {@code 17.2 MB}
 */
public record Finding(String name, OptionalDouble value, String shown) {
  /** Refuses a value that is not finite. */
  public Finding {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(shown, "shown");
    if (value.isPresent() && !Double.isFinite(value.getAsDouble())) {
      throw new IllegalArgumentException(
          name + ": a finding's value must be finite, found " + value.getAsDouble());
    }
  }

  /** A number; one that is not finite is left to {@code shown}. */
  public static Finding of(String name, double value, String shown) {
    return new Finding(
        name, Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty(), shown);
  }

  /** A text without a number. */
  public static Finding text(String name, String shown) {
    return new Finding(name, OptionalDouble.empty(), shown);
  }
}
