package dev.espalier.tuner.result;

import java.util.Locale;

/**
 * How much of one metric may be lost.
 *
 * @param metric name of the metric
 * @param higherIsBetter whether a larger value is a better one
 * @param kind what {@code value} is a share of
 * @param value what may be lost, 0 or more
 */
public record LossLimit(String metric, boolean higherIsBetter, Kind kind, double value) {
  /** The absolute limit of a criterion that nothing can miss: more than any metric loses. */
  public static final double ANY_LOSS = 1e300;

  /** What a loss is measured in. */
  public enum Kind {
    /** Shares of the baseline's magnitude. */
    RELATIVE,
    /** The metric's own unit. */
    ABSOLUTE;

    /** The kind as configurations and results name it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whether nothing can miss it, so that there is no threshold to speak of. */
  public boolean acceptsAnyLoss() {
    return kind == Kind.ABSOLUTE && value >= ANY_LOSS;
  }

  /**
   * The worst value that still meets the limit. A relative loss is taken of the baseline's
   * magnitude, so that a negative baseline has a threshold on its worse side too.
   */
  public double threshold(double baseline) {
    double loss = kind == Kind.RELATIVE ? Math.abs(baseline) * value : value;
    return higherIsBetter ? baseline - loss : baseline + loss;
  }

  /** What a baseline means for the trials, with the threshold as a number. */
  public String sentence(double baseline) {
    if (acceptsAnyLoss()) {
      return String.format(
          Locale.ROOT, "The baseline's %s is %.4f; any loss is accepted.", metric, baseline);
    }
    return String.format(
        Locale.ROOT,
        "The baseline's %s is %.4f; a trial needs %s %.4f (%s).",
        metric,
        baseline,
        higherIsBetter ? "at least" : "at most",
        threshold(baseline),
        inWords());
  }

  /** The limit in words, for instance "accuracy may lose 2% of the baseline". */
  public String inWords() {
    return metric + " may lose " + amount();
  }

  /** What may be lost, for instance "2% of the baseline". */
  String amount() {
    if (acceptsAnyLoss()) {
      return "any amount";
    }
    return kind == Kind.RELATIVE
        ? String.format(Locale.ROOT, "%.4g", value * 100).replaceAll("\\.?0+$", "")
            + "% of the baseline"
        : Double.toString(value);
  }
}
