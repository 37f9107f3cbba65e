package dev.espalier.tuner.result;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whether the file that ships is good enough.
 *
 * @param criterion what was asked for
 * @param parts each metric judged by itself, in the criterion's order
 */
public record Verdict(Criterion criterion, List<MetricVerdict> parts) {
  /** Copies the list. */
  public Verdict {
    parts = List.copyOf(parts);
  }

  /** Metrics that were measured, by name. */
  @FunctionalInterface
  public interface Metrics {
    /**
     * The value of a metric.
     *
     * @throws IllegalStateException when it was not measured: nothing stands in its place
     */
    double metric(String name);
  }

  /**
   * Judges {@code values} against {@code baseline}.
   *
   * @throws IllegalArgumentException when a metric of the baseline is not finite
   * @throws IllegalStateException when a metric was not measured
   */
  public static Verdict judge(Criterion criterion, Metrics baseline, Metrics values) {
    List<MetricVerdict> parts = new ArrayList<>();
    for (LossLimit limit : criterion.limits()) {
      String name = limit.metric();
      parts.add(MetricVerdict.judge(limit, baseline.metric(name), values.metric(name)));
    }
    return new Verdict(criterion, parts);
  }

  /**
   * As {@link #judge(Criterion, Metrics, Metrics)}, with the metrics that were measured by name.
   */
  public static Verdict judge(
      Criterion criterion, Map<String, Double> baseline, Map<String, Double> values) {
    return judge(criterion, in(baseline), in(values));
  }

  /** The metrics of a map; one that is not there was not measured. */
  public static Metrics in(Map<String, Double> measured) {
    return name -> {
      Double value = measured.get(name);
      if (value == null) {
        throw new IllegalStateException("the metric " + name + " was not measured");
      }
      return value;
    };
  }

  /** Whether the criterion holds. */
  public boolean met() {
    return criterion.isMean()
        ? meanLoss() <= criterion.leading().value() + MetricVerdict.ROUNDING
            && lossOfNothing() <= MetricVerdict.ROUNDING
        : parts.stream().allMatch(MetricVerdict::met);
  }

  /** Met or missed. */
  public Status status() {
    return met() ? Status.MET : Status.MISSED;
  }

  /** The leading metric's verdict. */
  public MetricVerdict leading() {
    return parts.get(0);
  }

  /** The dense model's leading metric. */
  public double baseline() {
    return leading().baseline();
  }

  /** The shipped file's leading metric. */
  public double value() {
    return leading().value();
  }

  /** The threshold of the leading metric by itself. */
  public double threshold() {
    return leading().threshold();
  }

  /**
   * The weighted mean of what is lost, which the criterion's limit is compared with; null unless
   * the criterion is a mean. A gain of one metric makes up for the loss of another.
   */
  public @Nullable Double lossInTheMean() {
    return criterion.isMean() ? meanLoss() : null;
  }

  private double meanLoss() {
    return criterion.mean(parts.stream().map(MetricVerdict::lossAsLimited).toList());
  }

  /** The largest loss of a metric whose baseline of 0 has no share that could be lost. */
  private double lossOfNothing() {
    return parts.stream()
        .filter(MetricVerdict::allowsNoLoss)
        .mapToDouble(MetricVerdict::lossAsLimited)
        .max()
        .orElse(0);
  }

  /**
   * How much is missing, 0 if met: of several metrics the sum of what each is on the worse side of
   * its threshold, in units of its baseline; in a mean what is lost beyond the limit.
   */
  public double shortfall() {
    if (met()) {
      return 0;
    }
    return criterion.isMean()
        ? Math.max(meanLoss() - criterion.leading().value(), lossOfNothing())
        : parts.stream().mapToDouble(MetricVerdict::shortfall).sum();
  }

  /**
   * What is lost of the baseline's metrics, in units of the baseline; negative for a gain. Of
   * several metrics the mean by the criterion's weights.
   */
  public double lossOfBaseline() {
    return criterion.mean(parts.stream().map(MetricVerdict::lossOfBaseline).toList());
  }

  /** What a user should know about the thresholds, or null when they are plain. */
  public @Nullable String caution() {
    String all =
        parts.stream()
            .map(MetricVerdict::caution)
            .filter(Objects::nonNull)
            .collect(Collectors.joining(" "));
    return all.isEmpty() ? null : all;
  }

  /** The verdict in one sentence, with every threshold as a number. */
  public String sentence() {
    if (criterion.isMean()) {
      return String.format(
          Locale.ROOT,
          "Criterion %s: the weighted mean of what is lost, %s, is %.4f%s (%s; %s).",
          status().label(),
          criterion.unit(),
          meanLoss(),
          criterion.leading().acceptsAnyLoss()
              ? ""
              : String.format(Locale.ROOT, ", the threshold is %.4f", criterion.leading().value()),
          parts.stream()
              .map(
                  part ->
                      String.format(
                          Locale.ROOT,
                          "%s %.4f of %.4f",
                          part.limit().metric(),
                          part.value(),
                          part.baseline()))
              .collect(Collectors.joining(", ")),
          criterion.inWords());
    }
    String by =
        parts.size() == 1 || met()
            ? ""
            : " by "
                + parts.stream()
                    .filter(part -> !part.met())
                    .map(part -> part.limit().metric())
                    .collect(Collectors.joining(" and "));
    return "Criterion "
        + status().label()
        + by
        + ": "
        + parts.stream().map(MetricVerdict::clause).collect(Collectors.joining("; "))
        + ".";
  }
}
