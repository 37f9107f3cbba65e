package dev.espalier.onnxruntime.calibrate;

/** See {@link CalibrationMethod.MeanSquaredError}. Each bin's values stand at its middle. */
final class MeanSquaredErrorObserver implements RangeObserver {
  private static final int STEPS = 64;
  private static final int ROUNDS = 2;

  private final int levels;
  private final Histogram histogram;

  MeanSquaredErrorObserver(int bins, int levels) {
    this.levels = levels;
    this.histogram = new Histogram(bins);
  }

  @Override
  public void observe(float[] values) {
    histogram.add(values);
  }

  @Override
  public TensorRange range() {
    RangeObserver.requireSome(histogram.total());
    // Every quantizer's range holds zero, so an end on the wrong side of it is not searched.
    double low = Math.min(0, histogram.minimum());
    double high = Math.max(0, histogram.maximum());
    int shrunkLow = STEPS;
    int shrunkHigh = STEPS;
    double least = error(low, high);
    for (int step = STEPS - 1; step > 0; step--) {
      double error = error(low * step / STEPS, high * step / STEPS);
      if (error < least) {
        least = error;
        shrunkLow = step;
        shrunkHigh = step;
      }
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (int step = STEPS; low < 0 && step > 0; step--) {
        double error = error(low * step / STEPS, high * shrunkHigh / STEPS);
        if (error < least) {
          least = error;
          shrunkLow = step;
        }
      }
      for (int step = STEPS; high > 0 && step > 0; step--) {
        double error = error(low * shrunkLow / STEPS, high * step / STEPS);
        if (error < least) {
          least = error;
          shrunkHigh = step;
        }
      }
    }
    float minimum = shrunkLow == STEPS ? histogram.minimum() : (float) (low * shrunkLow / STEPS);
    float maximum = shrunkHigh == STEPS ? histogram.maximum() : (float) (high * shrunkHigh / STEPS);
    return new TensorRange(Math.min(minimum, maximum), Math.max(minimum, maximum));
  }

  /** The sum of squared errors of all values when [low, high], which holds 0, is quantized. */
  private double error(double low, double high) {
    double step = (high - low) / (levels - 1);
    if (step <= 0) {
      return histogram.minimum() == 0 && histogram.maximum() == 0 ? 0 : Double.POSITIVE_INFINITY;
    }
    double perStep = 1 / step;
    double zero = Math.rint(-low * perStep);
    double middle = histogram.edge(0) + histogram.width() / 2;
    double error = 0;
    for (int i = 0; i < histogram.size(); i++) {
      long count = histogram.count(i);
      if (count > 0) {
        double value = middle + i * histogram.width();
        double level = Math.rint(value * perStep) + zero;
        level = Math.max(0, Math.min(levels - 1, level));
        double difference = value - (level - zero) * step;
        error += count * difference * difference;
      }
    }
    return error;
  }
}
