package dev.espalier.onnxruntime.calibrate;

/**
 * How the range of a tensor follows from its values. All but {@link MovingAverage} give the same
 * answer in whatever order the values come.
 */
public sealed interface CalibrationMethod {
  /** The default width of a search or distribution. */
  int DEFAULT_BINS = 2048;

  /** The least and the largest value seen: nothing saturates. */
  record MinMax() implements CalibrationMethod {}

  /**
   * An exponential moving average of each batch's least and largest value (Jacob et al. 2018,
   * section 3.1), beginning at the first batch's: {@code m ← m + share · (batch − m)}. The one
   * method whose answer depends on the batches and their order.
   *
   * @param share the weight of a new batch, in (0, 1]
   */
  record MovingAverage(double share) implements CalibrationMethod {
    /** Checks the share. */
    public MovingAverage {
      if (!(share > 0 && share <= 1)) {
        throw new IllegalArgumentException("the share of a batch is in (0, 1], not " + share);
      }
    }

    /** The usual share, 0.01. */
    public MovingAverage() {
      this(0.01);
    }
  }

  /**
   * Cuts off the same share of values at both ends, {@code (100 − percent) / 2} percent each. Exact
   * to the width of a bin: at most {@code 2 / bins} of the distance from the least to the largest
   * value.
   *
   * @param percent what to keep, in (0, 100]
   * @param bins of the histogram
   */
  record Percentile(double percent, int bins) implements CalibrationMethod {
    /** Checks both. */
    public Percentile {
      if (!(percent > 0 && percent <= 100)) {
        throw new IllegalArgumentException("a percentile is in (0, 100], not " + percent);
      }
      requireBins(bins, 2);
    }

    /** Keeps {@code percent}; bins as fine as one in 16,384. */
    public Percentile(double percent) {
      this(percent, 8 * DEFAULT_BINS);
    }
  }

  /**
   * The threshold t whose distribution of |x|, saturated at t and merged to {@code levels} values,
   * tells least from the original in the sense of Kullback and Leibler (Migacz, "8-bit Inference
   * with TensorRT", GTC 2017). The range is [−t, t], narrowed to the values there are. Exact zeros
   * are left out: every quantizer keeps them, and after a ReLU they would hide the rest.
   *
   * @param bins of the histogram of |x|, more than {@code levels}
   * @param levels values of |x| after quantization: 128 for 8 bits
   */
  record Entropy(int bins, int levels) implements CalibrationMethod {
    /** Checks both. */
    public Entropy {
      requireBins(levels, 2);
      requireBins(bins, levels + 1);
    }

    /** As published: 2,048 bins and 128 levels. */
    public Entropy() {
      this(DEFAULT_BINS, 128);
    }
  }

  /**
   * The range with the least mean squared error after quantization to {@code levels} equal steps,
   * by search: both ends shrink together in 64 steps, then each by itself.
   *
   * @param bins of the histogram that stands for the values, 4 for each level or more
   * @param levels values of the quantized type: 256 for 8 bits
   */
  record MeanSquaredError(int bins, int levels) implements CalibrationMethod {
    /** Checks both. */
    public MeanSquaredError {
      requireBins(levels, 2);
      requireBins(bins, 4 * levels);
    }

    /** 8 bits on 4,096 bins. */
    public MeanSquaredError() {
      this(2 * DEFAULT_BINS, 256);
    }
  }

  private static void requireBins(int number, int least) {
    if (number < least || number > 1 << 20) {
      throw new IllegalArgumentException(
          "expected a number from " + least + " to " + (1 << 20) + ", not " + number);
    }
  }
}
