package dev.espalier.onnxruntime.calibrate;

import java.util.Arrays;

/**
 * Counts of values in equal bins, of values seen once and forgotten.
 *
 * <p>Bins are {@code [k·w, (k + 1)·w)} for whole numbers k, with w a power of two. When a value
 * falls outside of all bins, w doubles as often as needed: bins {@code 2k} and {@code 2k + 1}
 * become bin {@code k}, which holds exactly their values, so that no count is ever shared out by a
 * guess. w is the least power of two with which at most {@code bins} bins cover all values; it and
 * every count depend on the values alone, not on their order or on how they were cut into batches.
 * So between half and all of the bins are in use. w is never less than the distance between floats
 * at the largest value.
 *
 * <p>Memory: 8 bytes a bin. Not for several threads at once.
 */
final class Histogram {
  private final int bins;
  private final long[] counts;
  private float minimum = Float.POSITIVE_INFINITY;
  private float maximum = Float.NEGATIVE_INFINITY;
  private long total;
  private int exponent = Integer.MIN_VALUE;
  private int first;

  /**
   * An empty histogram.
   *
   * @param bins the most bins, at least 2
   */
  Histogram(int bins) {
    if (bins < 2) {
      throw new IllegalArgumentException("a histogram has at least 2 bins, not " + bins);
    }
    this.bins = bins;
    this.counts = new long[bins];
  }

  /** An empty histogram whose bins begin at zero, for values that are not negative. */
  static Histogram fromZero(int bins) {
    Histogram histogram = new Histogram(bins);
    histogram.minimum = 0;
    histogram.maximum = 0;
    return histogram;
  }

  /** Counts values, all of which must be finite. */
  void add(float... values) {
    if (values.length == 0) {
      return;
    }
    float least = minimum;
    float largest = maximum;
    for (float value : values) {
      least = Math.min(least, value);
      largest = Math.max(largest, value);
    }
    if (!Float.isFinite(least) || !Float.isFinite(largest)) {
      throw new IllegalArgumentException("values must be finite");
    }
    cover(least, largest);
    double perUnit = Math.scalb(1.0, -exponent);
    for (float value : values) {
      counts[(int) Math.floor(value * perUnit) - first]++;
    }
    total += values.length;
  }

  /** The number of values. */
  long total() {
    return total;
  }

  /** The least value, or zero when bins begin there; positive infinity when there is none. */
  float minimum() {
    return minimum;
  }

  /** The largest value; negative infinity when there is none. */
  float maximum() {
    return maximum;
  }

  /** The width of a bin, a power of two. */
  double width() {
    return Math.scalb(1.0, exponent);
  }

  /** The number of bins from that of the minimum to that of the maximum. */
  int size() {
    return total == 0 ? 0 : index(maximum, exponent) - first + 1;
  }

  /** How many values are in bin i of {@link #size}. */
  long count(int i) {
    return counts[i];
  }

  /** The lower edge of bin i; the upper edge of the bin before it. */
  double edge(int i) {
    return (first + (double) i) * width();
  }

  /** Makes bins for these bounds, which include those of the values so far. */
  private void cover(float least, float largest) {
    int needed = Math.getExponent(Math.ulp(Math.max(Math.abs(least), Math.abs(largest))));
    // ulp of a subnormal number is 2^-149, whose exponent as a float reads as -127.
    needed = Math.max(needed, Float.MIN_EXPONENT - 1);
    while ((long) index(largest, needed) - index(least, needed) >= bins) {
      needed++;
    }
    if (total > 0) {
      needed = Math.max(needed, exponent);
      int start = index(least, needed);
      long[] merged = new long[bins];
      int shift = needed - exponent;
      for (int i = 0; i < bins; i++) {
        if (counts[i] > 0) {
          merged[((first + i) >> shift) - start] += counts[i];
        }
      }
      System.arraycopy(merged, 0, counts, 0, bins);
      first = start;
    } else {
      Arrays.fill(counts, 0);
      first = index(least, needed);
    }
    exponent = needed;
    minimum = least;
    maximum = largest;
  }

  private static int index(float value, int exponent) {
    return (int) Math.floor(value * Math.scalb(1.0, -exponent));
  }
}
