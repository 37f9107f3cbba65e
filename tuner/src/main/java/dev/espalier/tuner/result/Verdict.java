package dev.espalier.tuner.result;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether the file that ships is good enough.
 *
 * @param criterion what was asked for
 * @param baseline the dense model's metric
 * @param value the shipped file's metric
 * @param threshold the worst value that meets the criterion
 * @param met whether it does
 */
public record Verdict(
    Criterion criterion, double baseline, double value, double threshold, boolean met) {
  /** Far below any metric's resolution; a loss of exactly what is allowed must not fail. */
  private static final double ROUNDING = 1e-12;

  /**
   * Judges {@code value} against {@code baseline}.
   *
   * @throws IllegalArgumentException when the baseline is not finite
   */
  public static Verdict judge(Criterion criterion, double baseline, double value) {
    if (!Double.isFinite(baseline)) {
      throw new IllegalArgumentException(
          "the baseline's " + criterion.metric() + " is " + baseline);
    }
    double threshold = criterion.threshold(baseline);
    double margin = criterion.higherIsBetter() ? value - threshold : threshold - value;
    return new Verdict(criterion, baseline, value, threshold, margin >= -ROUNDING);
  }

  /** Met or missed. */
  public Status status() {
    return met ? Status.MET : Status.MISSED;
  }

  /**
   * How far the value is on the worse side of the threshold, in units of the baseline; 0 if met.
   */
  public double shortfall() {
    return met ? 0 : Math.abs(value - threshold) / unit();
  }

  /** What is lost of the baseline's metric, in units of the baseline; negative for a gain. */
  public double lossOfBaseline() {
    return (criterion.higherIsBetter() ? baseline - value : value - baseline) / unit();
  }

  /** The baseline's magnitude; a baseline of 0 has no unit of its own. */
  private double unit() {
    return baseline == 0 ? 1 : Math.abs(baseline);
  }

  /** What a user should know about the threshold, or null when it is plain. */
  public @Nullable String caution() {
    return criterion.kind() == Criterion.Kind.RELATIVE && baseline == 0
        ? "The baseline's "
            + criterion.metric()
            + " is 0, so a relative criterion allows no loss at all; an absolute one would."
        : null;
  }

  /** The verdict in one sentence. */
  public String sentence() {
    return String.format(
        Locale.ROOT,
        "Criterion %s: %s is %.4f, the threshold is %.4f (baseline %.4f, %s).",
        status().label(),
        criterion.metric(),
        value,
        threshold,
        baseline,
        criterion.inWords());
  }
}
