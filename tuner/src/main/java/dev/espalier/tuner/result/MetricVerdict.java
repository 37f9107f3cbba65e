package dev.espalier.tuner.result;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether one metric of the file that ships is good enough.
 *
 * @param limit what may be lost of it
 * @param baseline the dense model's metric
 * @param value the shipped file's metric
 * @param threshold the worst value that meets the limit
 * @param met whether it does
 */
public record MetricVerdict(
    LossLimit limit, double baseline, double value, double threshold, boolean met) {
  /** Far below any metric's resolution; a loss of exactly what is allowed must not fail. */
  static final double ROUNDING = 1e-12;

  /**
   * Judges {@code value} against {@code baseline}.
   *
   * @throws IllegalArgumentException when the baseline is not finite
   */
  public static MetricVerdict judge(LossLimit limit, double baseline, double value) {
    if (!Double.isFinite(baseline)) {
      throw new IllegalArgumentException("the baseline's " + limit.metric() + " is " + baseline);
    }
    double threshold = limit.threshold(baseline);
    double margin = limit.higherIsBetter() ? value - threshold : threshold - value;
    return new MetricVerdict(limit, baseline, value, threshold, margin >= -ROUNDING);
  }

  /**
   * How far the value is on the worse side of the threshold, in units of the baseline; 0 if met.
   */
  public double shortfall() {
    return met ? 0 : Math.abs(value - threshold) / unit();
  }

  /** What is lost of the baseline's metric, in units of the baseline; negative for a gain. */
  public double lossOfBaseline() {
    return lost() / unit();
  }

  /** What is lost in the units that the limit is stated in; negative for a gain. */
  double lossAsLimited() {
    return limit.kind() == LossLimit.Kind.RELATIVE ? lossOfBaseline() : lost();
  }

  /** A share of a baseline of 0 is no loss at all. */
  boolean allowsNoLoss() {
    return limit.kind() == LossLimit.Kind.RELATIVE && baseline == 0;
  }

  /** What is lost in the metric's own unit. */
  private double lost() {
    return limit.higherIsBetter() ? baseline - value : value - baseline;
  }

  /** The baseline's magnitude; a baseline of 0 has no unit of its own. */
  private double unit() {
    return baseline == 0 ? 1 : Math.abs(baseline);
  }

  /** What a user should know about the threshold, or null when it is plain. */
  public @Nullable String caution() {
    return allowsNoLoss()
        ? "The baseline's "
            + limit.metric()
            + " is 0, so a relative criterion allows no loss at all; an absolute one would."
        : null;
  }

  /** Value, threshold and baseline as numbers. */
  String clause() {
    if (limit.acceptsAnyLoss()) {
      return String.format(
          Locale.ROOT,
          "%s is %.4f (baseline %.4f, any loss is accepted)",
          limit.metric(),
          value,
          baseline);
    }
    return String.format(
        Locale.ROOT,
        "%s is %.4f, the threshold is %.4f (baseline %.4f, %s)",
        limit.metric(),
        value,
        threshold,
        baseline,
        limit.inWords());
  }
}
