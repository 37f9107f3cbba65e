package dev.espalier.core.model;

/**
 * Looks for an element that must not be there. A loop that only compares costs 0.3 ns by element,
 * so it can be done to all weights and in every step; one with minimum and maximum, which the JIT
 * vectorizes, takes three times as long.
 */
public final class Elements {
  private Elements() {}

  /** The index of the first element that is NaN or infinite; -1 when there is none. */
  public static int firstNotFinite(float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!(Math.abs(values[i]) <= Float.MAX_VALUE)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * A sum over the bits of all elements, each by its place, that tells whether one of them was
   * changed: simple arithmetic, which vectorizes.
   */
  public static int bits(float[] values) {
    int sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += Float.floatToRawIntBits(values[i]) * (2 * i + 1);
    }
    return sum;
  }

  /** The index of the first element that is neither 0 nor 1; -1 when there is none. */
  public static int firstNeitherZeroNorOne(float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] == 0 || values[i] == 1)) {
        return i;
      }
    }
    return -1;
  }

  /** The index of the first element that does not lie in [0, 1]; -1 when there is none. */
  public static int firstOutsideOfShares(float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= 0 && values[i] <= 1)) {
        return i;
      }
    }
    return -1;
  }
}
