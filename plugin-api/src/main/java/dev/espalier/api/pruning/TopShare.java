package dev.espalier.api.pruning;

import java.util.Arrays;
import java.util.List;

/**
 * Keeps exactly the k most important elements, in linear time.
 *
 * <p>Two passes of a radix histogram over the order-preserving bits of the floats find the k-th
 * largest value; of the elements that equal it, those with the lowest index are kept. Zero and
 * negative zero are equal. Where a selection is repeated on values that changed little, a {@link
 * Cut} makes one cheaper pass do. An instance holds what these passes write and must not be shared
 * between threads.
 */
public final class TopShare {
  private static final int HALF = 1 << 16;
  private static final int ONE = Float.floatToRawIntBits(1f);
  private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);
  private static final float HUGE = 0x1p127f;

  /** Elements of a piece that stays in the first cache while it is looked at twice. */
  private static final int PIECE = 2048;

  private static final int BYTE = 1 << 8;

  private final int[] high = new int[HALF];
  private final int[] low = new int[HALF];
  private final int[] bins = new int[BYTE];
  private final float[] counts = new float[PIECE];

  /** Indices of the elements in the cut's bucket, array by array; grows as need be. */
  private int[] near = new int[PIECE];

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

  /**
   * Applies {@link MaskRule.Threshold} to one array: keeps what has {@code σ(S) > τ}, and never
   * less than {@code ⌊floor·n⌋ + 1} of n.
   *
   * @param scores S
   * @param threshold τ, in [0, 1]
   * @param floor in [0, 1]; 0 for none
   * @param mask receives 1 for each that is kept and 0 for each other
   * @throws IllegalArgumentException when a score is NaN
   */
  public void selectAbove(float[] scores, double threshold, double floor, float[] mask) {
    // σ(S) > τ without σ: exact, and much faster.
    double cut = Math.log(threshold / (1 - threshold));
    int kept = 0;
    for (int i = 0; i < scores.length; i++) {
      boolean keep = scores[i] > cut;
      mask[i] = keep ? 1f : 0f;
      kept += keep ? 1 : 0;
    }
    int least = floor == 0 ? 0 : (int) Math.min(scores.length, (long) (floor * scores.length) + 1);
    if (kept < least) {
      select(scores, least, mask);
    } else {
      requireNumbers(scores);
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
    if (last.steady
        && isOrdinary(last.bucket)
        && selectInTheSameBucket(importances, keep, masks, last)) {
      return;
    }
    int ties = find(importances, keep, last);
    for (int i = 0; i < masks.size(); i++) {
      ties -= keepFrom(last.bits, ties, importances.get(i), masks.get(i));
    }
  }

  /**
   * Decides in one pass all elements outside the bucket of the last cut, and then the few in it.
   *
   * @return false, with masks that mean nothing, when the cut is not in that bucket any more
   */
  private boolean selectInTheSameBucket(
      List<float[]> importances, int keep, List<float[]> masks, Cut last) {
    Arrays.fill(counts, 0f);
    int[] ends = new int[importances.size()];
    int found = 0;
    long above = 0;
    for (int i = 0; i < ends.length; i++) {
      float[] importance = importances.get(i);
      for (int from = 0; from < importance.length; from += PIECE) {
        int to = Math.min(importance.length, from + PIECE);
        keepAbove(last.bucket, importance, masks.get(i), from, to);
        found = collectNear(last.bucket, importance, from, to, found);
      }
      ends[i] = found;
      above += takeCounts(importance);
    }
    if (above >= keep || above + found < keep) {
      return false;
    }
    int ties = findAmongNear(importances, ends, (int) (keep - above), last);
    int next = 0;
    for (int i = 0; i < ends.length; i++) {
      float[] importance = importances.get(i);
      float[] mask = masks.get(i);
      for (; next < ends[i]; next++) {
        int bits = signedBits(importance[near[next]]);
        if (bits > last.bits || (bits == last.bits && ties-- > 0)) {
          mask[near[next]] = 1f;
        }
      }
    }
    return true;
  }

  /**
   * Keeps what lies above a bucket and nothing else, and counts it in {@link #counts}.
   *
   * <p>In float arithmetic, because the JIT vectorizes that and no comparison of bits: a difference
   * above zero is at least 2⁻¹⁴⁹, and times 2²⁵⁴ more than 1. NaN stays NaN.
   */
  private void keepAbove(int bucket, float[] importance, float[] mask, int from, int to) {
    float highest = value((bucket - HALF / 2) << 16 | (HALF - 1));
    for (int i = from; i < to; i++) {
      mask[i] = Math.min(1f, Math.max(0f, (importance[i] - highest) * HUGE * HUGE));
    }
    for (int i = from; i < to; i++) {
      counts[i - from] += mask[i];
    }
  }

  /**
   * Adds up and clears {@link #counts}, each of them exact below 2²⁴, which an array's length
   * allows for.
   *
   * @throws IllegalArgumentException when an importance is NaN
   */
  private long takeCounts(float[] importance) {
    double sum = 0;
    for (float count : counts) {
      sum += count;
    }
    if (Double.isNaN(sum)) {
      requireNumbers(importance);
    }
    Arrays.fill(counts, 0f);
    return (long) sum;
  }

  /** Appends to {@link #near}, of which {@code found} are used, what lies in a bucket. */
  private int collectNear(int bucket, float[] importance, int from, int to, int found) {
    if (near.length < found + PIECE) {
      near = Arrays.copyOf(near, 2 * (found + PIECE));
    }
    int[] into = near;
    int size = found;
    int upper = Float.floatToRawIntBits(value((bucket - HALF / 2) << 16)) >>> 16;
    for (int i = from; i < to; i++) {
      if (Float.floatToRawIntBits(importance[i]) >>> 16 == upper) {
        into[size++] = i;
      }
    }
    return size;
  }

  /**
   * Moves {@code last} to the cut that keeps {@code keep} of the elements in {@link #near}, by one
   * histogram over the upper byte of what tells them apart and one over the lower.
   *
   * @return how many of the elements at the cut to keep, at least 1
   */
  private int findAmongNear(List<float[]> importances, int[] ends, int keep, Cut last) {
    int upper = 0;
    int above = 0;
    for (int shift = 8; shift >= 0; shift -= 8) {
      Arrays.fill(bins, 0);
      int next = 0;
      for (int i = 0; i < ends.length; i++) {
        float[] importance = importances.get(i);
        for (; next < ends[i]; next++) {
          int bits = signedBits(importance[near[next]]) & (HALF - 1);
          if (shift == 8 || bits >> 8 == upper) {
            bins[bits >> shift & (BYTE - 1)]++;
          }
        }
      }
      int bin = BYTE - 1;
      while (above + bins[bin] < keep) {
        above += bins[bin--];
      }
      upper = upper << 8 | bin;
    }
    last.bits = (last.bucket - HALF / 2) << 16 | upper;
    return keep - above;
  }

  /**
   * Moves {@code last} to the cut: finds the upper half of its bits by one histogram, the lower
   * half by another over those with that upper half.
   *
   * @return how many of the elements at the cut to keep, at least 1
   */
  private int find(List<float[]> importances, int keep, Cut last) {
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
    int slot = HALF - 1;
    while (above + low[slot] < keep) {
      above += low[slot--];
    }
    last.bucket = bucket;
    last.bits = (bucket - HALF / 2) << 16 | slot;
    return keep - above;
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

  /** Whether a bucket holds neither a zero, of which there are two, nor what is not finite. */
  private static boolean isOrdinary(int bucket) {
    float highest = value((bucket - HALF / 2) << 16 | (HALF - 1));
    float lowest = value((bucket - HALF / 2) << 16);
    return Float.isFinite(highest) && Float.isFinite(lowest) && lowest != 0 && highest != 0;
  }

  /** The float whose {@link #signedBits} are {@code bits}. */
  private static float value(int bits) {
    return Float.intBitsToFloat(bits ^ (bits >> 31 >>> 1));
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
