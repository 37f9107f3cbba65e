package dev.espalier.onnxruntime.calibrate;

/** See {@link CalibrationMethod.Percentile}. Within a bin, values are taken as spread evenly. */
final class PercentileObserver implements RangeObserver {
  private final double percent;
  private final Histogram histogram;

  PercentileObserver(double percent, int bins) {
    this.percent = percent;
    this.histogram = new Histogram(bins);
  }

  @Override
  public void observe(float[] values) {
    histogram.add(values);
  }

  @Override
  public TensorRange range() {
    RangeObserver.requireSome(histogram.total());
    double cut = histogram.total() * (100 - percent) / 200;
    double low = clip(quantile(cut));
    double high = clip(quantile(histogram.total() - cut));
    // A percentile near 0 has both in one bin, where rounding may swap them.
    return new TensorRange((float) Math.min(low, high), (float) Math.max(low, high));
  }

  /** Below which value this many values lie. */
  private double quantile(double rank) {
    double below = 0;
    for (int i = 0; i < histogram.size(); i++) {
      long count = histogram.count(i);
      if (count > 0 && below + count >= rank) {
        return histogram.edge(i) + histogram.width() * (rank - below) / count;
      }
      below += count;
    }
    return histogram.maximum();
  }

  private double clip(double value) {
    return Math.max(histogram.minimum(), Math.min(histogram.maximum(), value));
  }
}
