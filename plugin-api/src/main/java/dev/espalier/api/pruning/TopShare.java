package dev.espalier.api.pruning;

import java.util.Arrays;
import java.util.List;

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
  private static final int NEGATIVE_INFINITY = orderedBits(Float.NEGATIVE_INFINITY) >>> 16;
  private final int[] high = new int[HALF];
  private final int[] low = new int[HALF];

  /** How many of {@code size} elements a density keeps: {@code round(density · size)}. */
  public static int count(double density, long size) {
    return Math.toIntExact(Math.round(density * size));
  }

  /**
   * Refuses what cannot be ranked.
   *
   * @throws IllegalArgumentException naming the first element that is NaN
   */
  public static void requireNumbers(float[] importance) {
    for (int i = 0; i < importance.length; i++) {
      if (Float.isNaN(importance[i])) {
        throw new IllegalArgumentException("the importance of element " + i + " is NaN");
      }
    }
  }

  /** As {@link #select(List, int, List)}, for one array. */
  public void select(float[] importance, int keep, float[] mask) {
    select(List.of(importance), keep, List.of(mask));
  }

  /**
   * Writes 1 for the {@code keep} elements with the highest importance over all arrays, and 0 for
   * the others. Ties go to the earlier array, then to the lower index.
   *
   * @param importances what to rank by
   * @param keep how many to keep over all, from 0 to the sum of the lengths
   * @param masks receive the masks, one for each array; none may be an array of importances
   * @throws IllegalArgumentException when an importance is NaN
   */
  public void select(List<float[]> importances, int keep, List<float[]> masks) {
    long size = 0;
    for (float[] importance : importances) {
      size += importance.length;
    }
    if (keep < 0 || keep > size) {
      throw new IllegalArgumentException("keep must lie in [0, " + size + "], found " + keep);
    }
    Arrays.fill(high, 0);
    for (float[] importance : importances) {
      countHighHalves(importance);
    }
    if (mayHoldNaN()) {
      importances.forEach(TopShare::requireNumbers);
    }
    if (keep == 0 || keep == size) {
      masks.forEach(mask -> Arrays.fill(mask, keep == 0 ? 0f : 1f));
      return;
    }

    int bucket = HALF - 1;
    int above = 0;
    while (above + high[bucket] < keep) {
      above += high[bucket--];
    }
    Arrays.fill(low, 0);
    for (float[] importance : importances) {
      countLowHalves(importance, bucket);
    }
    int slot = HALF - 1;
    while (above + low[slot] < keep) {
      above += low[slot--];
    }
    float cut = fromOrderedBits(bucket << 16 | slot);
    int ties = keep - above;
    for (int i = 0; i < masks.size(); i++) {
      ties -= keepFrom(cut, ties, importances.get(i), masks.get(i));
    }
  }

  private void countHighHalves(float[] importance) {
    for (float value : importance) {
      high[orderedBits(value) >>> 16]++;
    }
  }

  /** Whether the histogram has anything at or beyond an infinity, where NaN is; a pass is saved. */
  private boolean mayHoldNaN() {
    for (int i = 0; i <= NEGATIVE_INFINITY; i++) {
      if (high[i] > 0 || high[HALF - 1 - i] > 0) {
        return true;
      }
    }
    return false;
  }

  private void countLowHalves(float[] importance, int bucket) {
    for (float value : importance) {
      int bits = orderedBits(value);
      if (bits >>> 16 == bucket) {
        low[bits & (HALF - 1)]++;
      }
    }
  }

  /**
   * Keeps what lies above {@code cut}, and the first {@code ties} elements that equal it.
   *
   * @return how many equal ones were kept
   */
  private static int keepFrom(float cut, int ties, float[] importance, float[] mask) {
    for (int i = 0; i < importance.length; i++) {
      mask[i] = importance[i] > cut ? 1f : 0f;
    }
    int kept = 0;
    for (int i = 0; i < importance.length && kept < ties; i++) {
      if (importance[i] == cut) {
        mask[i] = 1f;
        kept++;
      }
    }
    return kept;
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
