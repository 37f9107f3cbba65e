package dev.espalier.onnxruntime.calibrate;

import java.util.Arrays;

/** See {@link CalibrationMethod.Entropy}. */
final class EntropyObserver implements RangeObserver {
  private final int levels;
  private final Histogram magnitudes;
  private final MinMaxObserver bounds = new MinMaxObserver();

  EntropyObserver(int bins, int levels) {
    this.levels = levels;
    this.magnitudes = Histogram.fromZero(bins);
  }

  @Override
  public void observe(float[] values) {
    bounds.observe(values);
    float[] sizes = new float[values.length];
    int size = 0;
    for (float value : values) {
      if (value != 0) {
        sizes[size++] = Math.abs(value);
      }
    }
    magnitudes.add(size == sizes.length ? sizes : Arrays.copyOf(sizes, size));
  }

  @Override
  public TensorRange range() {
    TensorRange all = bounds.range();
    double threshold = threshold();
    float low = (float) Math.max(all.minimum(), -threshold);
    float high = (float) Math.min(all.maximum(), threshold);
    // Values of one sign that all exceed the threshold: 0 is in every quantizer's range anyway.
    return new TensorRange(Math.min(low, high), Math.max(low, high));
  }

  /** The threshold on |x|; infinite when nothing needs to saturate. */
  private double threshold() {
    double[] counts = new double[magnitudes.size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = magnitudes.count(i);
    }
    if (counts.length <= levels) {
      return Double.POSITIVE_INFINITY;
    }
    double outside = 0;
    for (int i = levels; i < counts.length; i++) {
      outside += counts[i];
    }
    int best = counts.length;
    double least = Double.POSITIVE_INFINITY;
    for (int kept = levels; kept <= counts.length; kept++) {
      double divergence = divergence(counts, kept, outside, (double) magnitudes.total());
      if (divergence <= least) {
        least = divergence;
        best = kept;
      }
      if (kept < counts.length) {
        outside -= counts[kept];
      }
    }
    return best == counts.length ? Double.POSITIVE_INFINITY : (best + 0.5) * magnitudes.width();
  }

  /**
   * KL(P, Q): P are the first {@code kept} bins, the last of which takes the {@code outside}; Q are
   * the same bins without, merged to levels and spread again over the bins of each that are not
   * empty. Infinite where P has something and Q nothing.
   */
  private double divergence(double[] counts, int kept, double outside, double total) {
    double inside = total - outside;
    if (inside <= 0) {
      return Double.POSITIVE_INFINITY;
    }
    double divergence = 0;
    for (int level = 0; level < levels; level++) {
      int from = (int) ((long) level * kept / levels);
      int to = (int) ((long) (level + 1) * kept / levels);
      double sum = 0;
      int filled = 0;
      for (int i = from; i < to; i++) {
        sum += counts[i];
        filled += counts[i] > 0 ? 1 : 0;
      }
      double q = filled == 0 ? 0 : sum / filled / inside;
      for (int i = from; i < to; i++) {
        double p = (counts[i] + (i == kept - 1 ? outside : 0)) / total;
        if (p > 0) {
          if (counts[i] == 0) {
            return Double.POSITIVE_INFINITY;
          }
          divergence += p * Math.log(p / q);
        }
      }
    }
    return divergence;
  }
}
