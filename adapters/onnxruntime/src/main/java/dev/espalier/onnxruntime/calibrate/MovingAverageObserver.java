package dev.espalier.onnxruntime.calibrate;

/** See {@link CalibrationMethod.MovingAverage}. */
final class MovingAverageObserver implements RangeObserver {
  private final double share;
  private double minimum;
  private double maximum;
  private long batches;

  MovingAverageObserver(double share) {
    this.share = share;
  }

  @Override
  public void observe(float[] values) {
    if (values.length == 0) {
      return;
    }
    float least = Float.POSITIVE_INFINITY;
    float largest = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      least = Math.min(least, value);
      largest = Math.max(largest, value);
    }
    double weight = batches == 0 ? 1 : share;
    minimum += weight * (least - minimum);
    maximum += weight * (largest - maximum);
    batches++;
  }

  @Override
  public TensorRange range() {
    RangeObserver.requireSome(batches);
    return new TensorRange((float) minimum, (float) maximum);
  }
}
