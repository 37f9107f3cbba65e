package dev.espalier.api.pruning;

import java.util.Arrays;
import java.util.List;

/**
 * Keeps exactly the k most important elements, in linear time.
 *
 * <p>Two passes of a radix histogram over the order-preserving bits of the floats find the k-th
 * largest value; of the elements that equal it, those with the lowest index are kept. Zero and
 * negative zero are equal. Where a selection is repeated on values that changed little, a {@link
 * Cut} makes one cheaper pass do. An instance holds the two histograms and must not be shared
 * between threads.
 */
public final class TopShare {
  private static final int HALF = 1 << 16;
  private static final int ONE = Float.floatToRawIntBits(1f);
  private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);
  private static final int LOWEST_EXPONENT_BIT = 1 << 23;

  private final int[] high = new int[HALF];
  private final int[] low = new int[HALF];

  /**
   * Where a selection cut, for the next one on about the same values. It makes that one faster and
   * changes nothing in its result.
   */
  public static final class Cut {
    private int bucket = HALF / 2;
    private int bits;

    /** Whether the last two selections cut in the same bucket, so that the next one may, too. */
    private boolean steady;

    /** Nothing is known yet. */
    public Cut() {}
  }

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

  /** As {@link #select(List, int, List, Cut)}, for one array. */
  public void select(float[] importance, int keep, float[] mask) {
    select(List.of(importance), keep, List.of(mask), new Cut());
  }

  /**
   * Writes 1 for the {@code keep} elements with the highest importance over all arrays, and 0 for
   * the others. Ties go to the earlier array, then to the lower index.
   *
   * @param importances what to rank by
   * @param keep how many to keep over all, from 0 to the sum of the lengths
   * @param masks receive the masks, one for each array; none may be an array of importances
   * @param last where the last selection among these arrays cut; moved to where this one does
   * @throws IllegalArgumentException when an importance is NaN
   */
  public void select(List<float[]> importances, int keep, List<float[]> masks, Cut last) {
    long size = 0;
    for (float[] importance : importances) {
      size += importance.length;
    }
    if (keep < 0 || keep > size) {
      throw new IllegalArgumentException("keep must lie in [0, " + size + "], found " + keep);
    }
    if (keep == 0 || keep == size) {
      importances.forEach(TopShare::requireNumbers);
      masks.forEach(mask -> Arrays.fill(mask, keep == 0 ? 0f : 1f));
      return;
    }
    int ties = find(importances, keep, last);
    for (int i = 0; i < masks.size(); i++) {
      ties -= keepFrom(last.bits, ties, importances.get(i), masks.get(i));
    }
  }

  /**
   * Finds the cut.
   *
   * @return how many of the elements at the cut to keep, at least 1
   */
  private int find(List<float[]> importances, int keep, Cut last) {
    int ties = last.steady ? findInTheSameBucket(importances, keep, last) : 0;
    return ties > 0 ? ties : findAnywhere(importances, keep, last);
  }

  /**
   * Counts what lies above the bucket of the last cut, and makes a histogram of what lies in it
   * only: in one pass, with one branch, which is seldom taken.
   *
   * @return as {@link #find}, or 0 when the cut is not in that bucket any more
   */
  private int findInTheSameBucket(List<float[]> importances, int keep, Cut last) {
    Arrays.fill(low, 0);
    int bucket = last.bucket;
    int above = 0;
    int odd = 0;
    for (float[] importance : importances) {
      for (float value : importance) {
        int bits = signedBits(value);
        int distance = bucket - upperHalf(bits);
        above += distance >>> 31;
        // Negative where all bits of the exponent are set: an infinity, or NaN.
        odd |= (Float.floatToRawIntBits(value) & INFINITY) + LOWEST_EXPONENT_BIT;
        if (distance == 0) {
          low[bits & (HALF - 1)]++;
        }
      }
    }
    if (odd < 0) {
      importances.forEach(TopShare::requireNumbers);
    }
    return above < keep ? findInBucket(bucket, keep - above, last) : 0;
  }

  /**
   * Finds the upper half of the cut's bits by one histogram, the lower half by another over those
   * with that upper half.
   *
   * @return as {@link #find}
   */
  private int findAnywhere(List<float[]> importances, int keep, Cut last) {
    Arrays.fill(high, 0);
    Arrays.fill(low, 0);
    for (float[] importance : importances) {
      for (float value : importance) {
        high[upperHalf(signedBits(value))]++;
      }
    }
    if (mayHoldNaN()) {
      importances.forEach(TopShare::requireNumbers);
    }
    int bucket = HALF - 1;
    int above = 0;
    while (above + high[bucket] < keep) {
      above += high[bucket--];
    }
    last.steady = bucket == last.bucket;
    for (float[] importance : importances) {
      for (float value : importance) {
        int bits = signedBits(value);
        if (upperHalf(bits) == bucket) {
          low[bits & (HALF - 1)]++;
        }
      }
    }
    return findInBucket(bucket, keep - above, last);
  }

  /**
   * Moves {@code last} to the cut that keeps {@code keep} elements of a bucket.
   *
   * @return how many of the elements at the cut to keep; 0 when there are fewer in the bucket
   */
  private int findInBucket(int bucket, int keep, Cut last) {
    int above = 0;
    for (int slot = HALF - 1; slot >= 0; slot--) {
      if (above + low[slot] >= keep) {
        last.bucket = bucket;
        last.bits = (bucket - HALF / 2) << 16 | slot;
        return keep - above;
      }
      above += low[slot];
    }
    return 0;
  }

  /** Whether the histogram has anything at or beyond an infinity, where NaN is; a pass is saved. */
  private boolean mayHoldNaN() {
    int top = upperHalf(INFINITY);
    for (int i = top; i < HALF; i++) {
      if (high[i] > 0 || high[HALF - 1 - i] > 0) {
        return true;
      }
    }
    return false;
  }

  /** The upper half of {@link #signedBits} as a number from 0. */
  private static int upperHalf(int bits) {
    return (bits >> 16) + HALF / 2;
  }

  /**
   * Keeps what lies above the cut, and the first {@code ties} elements that equal it.
   *
   * @return how many equal ones were kept
   */
  private static int keepFrom(int cut, int ties, float[] importance, float[] mask) {
    // A comparison would be a branch that nobody can predict; the sign of a difference is none.
    long wide = cut;
    for (int i = 0; i < importance.length; i++) {
      int above = (int) ((wide - signedBits(importance[i])) >> 63);
      mask[i] = Float.intBitsToFloat(above & ONE);
    }
    int kept = 0;
    for (int i = 0; i < importance.length && kept < ties; i++) {
      if (signedBits(importance[i]) == cut) {
        mask[i] = 1f;
        kept++;
      }
    }
    return kept;
  }

  /** Maps a float to an int whose order is the order of the floats. */
  private static int signedBits(float value) {
    int bits = Float.floatToRawIntBits(value + 0f); // −0 becomes +0
    return bits ^ (bits >> 31 >>> 1);
  }
}
