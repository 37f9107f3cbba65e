package dev.espalier.onnxruntime.calibrate;

/** See {@link CalibrationMethod.MinMax}. */
final class MinMaxObserver implements RangeObserver {
  private float minimum = Float.POSITIVE_INFINITY;
  private float maximum = Float.NEGATIVE_INFINITY;
  private long seen;

  @Override
  public void observe(float[] values) {
    for (float value : values) {
      minimum = Math.min(minimum, value);
      maximum = Math.max(maximum, value);
    }
    seen += values.length;
  }

  @Override
  public TensorRange range() {
    RangeObserver.requireSome(seen);
    return new TensorRange(minimum, maximum);
  }
}
