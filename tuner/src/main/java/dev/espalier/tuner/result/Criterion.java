package dev.espalier.tuner.result;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What the file that ships must reach: either every metric keeps to its own limit, or the weighted
 * mean of what they lose keeps to one limit for all.
 *
 * @param limits at least one, each of another metric, the leading one first; for a weighted mean
 *     they differ in nothing but metric and direction
 * @param weights one for each limit, above 0; empty when every metric must keep to its own
 */
public record Criterion(List<LossLimit> limits, List<Double> weights) {
  /** Copies the lists and checks that they go together. */
  public Criterion {
    limits = List.copyOf(limits);
    weights = List.copyOf(weights);
    if (limits.isEmpty()) {
      throw new IllegalArgumentException("a criterion needs a metric");
    }
    if (!weights.isEmpty()) {
      LossLimit first = limits.get(0);
      if (weights.size() != limits.size() || weights.stream().anyMatch(weight -> !(weight > 0))) {
        throw new IllegalArgumentException("weights " + weights + " of " + limits);
      }
      if (limits.stream()
          .anyMatch(each -> each.kind() != first.kind() || each.value() != first.value())) {
        throw new IllegalArgumentException("a mean has one limit, found " + limits);
      }
    }
  }

  /** The usual case: one metric. */
  public static Criterion of(LossLimit only) {
    return new Criterion(List.of(only), List.of());
  }

  /** Every metric must keep to its own limit. */
  public static Criterion each(List<LossLimit> limits) {
    return new Criterion(limits, List.of());
  }

  /** Whether the weighted mean of the losses decides. */
  public boolean isMean() {
    return !weights.isEmpty();
  }

  /** The leading metric's limit. */
  public LossLimit leading() {
    return limits.get(0);
  }

  /** The leading metric. */
  public String metric() {
    return leading().metric();
  }

  /** Every judged metric, in order. */
  public List<String> metrics() {
    return limits.stream().map(LossLimit::metric).toList();
  }

  /**
   * The mean of {@code values}, one for each limit, by the weights; equal ones when there are none.
   */
  double mean(List<Double> values) {
    double sum = 0;
    double all = 0;
    for (int i = 0; i < values.size(); i++) {
      double weight = isMean() ? weights.get(i) : 1;
      sum += weight * values.get(i);
      all += weight;
    }
    return sum / all;
  }

  /**
   * What the baseline means for the trials, with each threshold as a number.
   *
   * @param baseline the dense model's metrics
   */
  public String sentence(Verdict.Metrics baseline) {
    if (!isMean()) {
      return limits.stream()
          .map(limit -> limit.sentence(baseline.metric(limit.metric())))
          .collect(Collectors.joining(" "));
    }
    return String.format(
        Locale.ROOT,
        "The baseline's metrics are %s; "
            + (leading().acceptsAnyLoss()
                ? "any loss is accepted."
                : "what a trial loses of them, %s, must be at most %.4f in the weighted mean (%s)."),
        limits.stream()
            .map(
                limit ->
                    String.format(
                        Locale.ROOT, "%s %.4f", limit.metric(), baseline.metric(limit.metric())))
            .collect(Collectors.joining(", ")),
        unit(),
        leading().value(),
        inWords());
  }

  /** What the losses of a mean are measured in. */
  String unit() {
    return leading().kind() == LossLimit.Kind.RELATIVE
        ? "as a share of each"
        : "in each one's own unit";
  }

  /** The criterion in words, for instance "accuracy may lose 2% of the baseline". */
  public String inWords() {
    if (!isMean()) {
      return limits.stream().map(LossLimit::inWords).collect(Collectors.joining(", "));
    }
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < limits.size(); i++) {
      parts.add(limits.get(i).metric() + " by " + plain(weights.get(i)));
    }
    return "the mean of " + String.join(" and ", parts) + " may lose " + leading().amount();
  }

  private static String plain(double weight) {
    return weight == Math.rint(weight) && Math.abs(weight) < 1e15
        ? Long.toString((long) weight)
        : Double.toString(weight);
  }
}
