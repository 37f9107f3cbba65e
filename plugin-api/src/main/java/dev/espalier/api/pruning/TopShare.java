package dev.espalier.api.pruning;

import java.util.Arrays;

/**
 * Keeps exactly the k most important elements, in linear time.
 *
 * <p>Two passes of a radix histogram over the order-preserving bits of the floats find the k-th
 * largest value; of the elements that equal it, those with the lowest index are kept. Zero and
 * negative zero are equal. An instance holds the two histograms and must not be shared between
 * threads.
 */
public final class TopShare {
  private static final int HALF = 1 << 16;
  private final int[] high = new int[HALF];
  private final int[] low = new int[HALF];

  /** How many of {@code size} elements a density keeps: {@code round(density · size)}. */
  public static int count(double density, int size) {
    return (int) Math.round(density * size);
  }

  /**
   * Writes 1 for the {@code keep} elements with the highest importance and 0 for the others.
   *
   * @param importance what to rank by
   * @param keep how many to keep, from 0 to {@code importance.length}
   * @param mask receives the mask
   * @throws IllegalArgumentException when an importance is NaN
   */
  public void select(float[] importance, int keep, float[] mask) {
    if (keep < 0 || keep > importance.length) {
      throw new IllegalArgumentException(
          "keep must lie in [0, " + importance.length + "], found " + keep);
    }
    Arrays.fill(high, 0);
    for (int i = 0; i < importance.length; i++) {
      float value = importance[i];
      if (Float.isNaN(value)) {
        throw new IllegalArgumentException("the importance of element " + i + " is NaN");
      }
      high[orderedBits(value) >>> 16]++;
    }
    if (keep == 0 || keep == importance.length) {
      Arrays.fill(mask, 0, importance.length, keep == 0 ? 0f : 1f);
      return;
    }

    int bucket = HALF - 1;
    int above = 0;
    while (above + high[bucket] < keep) {
      above += high[bucket--];
    }
    Arrays.fill(low, 0);
    for (float value : importance) {
      int bits = orderedBits(value);
      if (bits >>> 16 == bucket) {
        low[bits & (HALF - 1)]++;
      }
    }
    int slot = HALF - 1;
    while (above + low[slot] < keep) {
      above += low[slot--];
    }
    float cut = fromOrderedBits(bucket << 16 | slot);
    keepFrom(cut, keep - above, importance, mask);
  }

  /** Keeps what lies above {@code cut}, and the first {@code ties} elements that equal it. */
  private static void keepFrom(float cut, int ties, float[] importance, float[] mask) {
    for (int i = 0; i < importance.length; i++) {
      mask[i] = importance[i] > cut ? 1f : 0f;
    }
    for (int i = 0, left = ties; left > 0; i++) {
      if (importance[i] == cut) {
        mask[i] = 1f;
        left--;
      }
    }
  }

  /** Maps a float to an int whose unsigned order is the order of the floats. */
  private static int orderedBits(float value) {
    int bits = Float.floatToRawIntBits(value + 0f); // −0 becomes +0
    return bits ^ ((bits >> 31) | Integer.MIN_VALUE);
  }

  private static float fromOrderedBits(int ordered) {
    int bits = ordered < 0 ? ordered ^ Integer.MIN_VALUE : ~ordered;
    return Float.intBitsToFloat(bits);
  }
}
