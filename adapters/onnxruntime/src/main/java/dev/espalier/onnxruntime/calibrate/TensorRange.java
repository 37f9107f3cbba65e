package dev.espalier.onnxruntime.calibrate;

/**
 * The values of an activation that a quantizer should keep apart; what lies outside saturates.
 *
 * @param minimum the least value, in the units of the activation
 * @param maximum the largest value; the same as {@code minimum} for a constant
 */
public record TensorRange(float minimum, float maximum) {
  /** Checks that both are finite and in order. */
  public TensorRange {
    if (!Float.isFinite(minimum) || !Float.isFinite(maximum) || minimum > maximum) {
      throw new IllegalArgumentException(
          "a range needs finite bounds in order, not [" + minimum + ", " + maximum + "]");
    }
  }
}
