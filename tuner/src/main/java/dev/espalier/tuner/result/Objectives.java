package dev.espalier.tuner.result;

import dev.espalier.config.Configuration.Objective;
import dev.espalier.config.Configuration.Tuning;
import dev.espalier.config.Configuration.WeightedObjective;
import dev.espalier.config.Words;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is made small among the trials that meet the criterion: one objective, or the weighted mean
 * of several. Each is a share of the dense model's value, which makes bytes and milliseconds
 * comparable. The range over the trials would do that, too, but it moves with every trial, so what
 * a strategy was told of an earlier one would no longer hold.
 *
 * @param parts at least one
 */
public record Objectives(List<Part> parts) {
  /** What two measurements of the same thing differ in. */
  private static final Set<Objective> MEASURED =
      EnumSet.of(Objective.MODELSIZE, Objective.PERFORMANCE);

  /**
   * One objective.
   *
   * @param objective what is made small
   * @param weight its weight in the mean, above 0
   */
  public record Part(Objective objective, double weight) {}

  /** Copies the list. */
  public Objectives {
    parts = List.copyOf(parts);
    if (parts.isEmpty() || parts.stream().anyMatch(part -> !(part.weight() > 0))) {
      throw new IllegalArgumentException("objectives with weights above 0, found " + parts);
    }
  }

  /** What a configuration says; without a word it is the size. */
  public static Objectives of(Tuning tuning) {
    List<WeightedObjective> several = tuning.multiObjectives();
    if (!several.isEmpty()) {
      return new Objectives(
          several.stream().map(each -> new Part(each.objective(), each.weight())).toList());
    }
    Objective one = tuning.objective();
    return new Objectives(List.of(new Part(one == null ? Objective.MODELSIZE : one, 1)));
  }

  /** The objectives as tables name them. */
  public String label() {
    return parts.size() == 1
        ? Words.of(parts.get(0).objective())
        : parts.stream()
            .map(part -> Words.of(part.objective()))
            .collect(Collectors.joining("+", "mean ", ""));
  }

  /**
   * The relative difference below which two values count as equal: 1% where a size or a latency is
   * among the objectives, for compression and clocks are no more exact than that; else 0.
   */
  public double tolerance() {
    return parts.stream().map(Part::objective).anyMatch(MEASURED::contains) ? 0.01 : 0;
  }

  /**
   * The weighted mean of what was measured of a trial: positive, smaller is better, 1 for as good
   * as dense.
   *
   * @param share a trial's value of an objective, as a share of the dense model's
   */
  public double share(ToDoubleFunction<Objective> share) {
    double sum = 0;
    double weights = 0;
    for (Part part : parts) {
      sum += part.weight() * share.applyAsDouble(part.objective());
      weights += part.weight();
    }
    return sum / weights;
  }

  /**
   * What was measured of a trial, as a share of the dense model's: positive, smaller is better, 1
   * for as good as dense.
   *
   * @param objective what is made small
   * @param dense the dense model's file
   * @param shipped the trial's file that ships
   * @param masks what is zero in the trial's model
   * @param latencies time of one request by file: dense, and that which ships under {@code name}
   * @param name fp32 or int8
   * @param verdict how the trial's file was judged
   */
  public static double share(
      Objective objective,
      MeasuredFile dense,
      MeasuredFile shipped,
      MaskReport masks,
      Map<String, Latency> latencies,
      String name,
      Verdict verdict) {
    return switch (objective) {
      case MODELSIZE -> (double) shipped.file().compressedBytes() / dense.file().compressedBytes();
      case PERFORMANCE -> median(latencies.get(name)) / median(latencies.get("dense"));
      case DENSITY -> 1 - masks.prunedLayers();
      case ACCURACY -> Math.exp(verdict.lossOfBaseline());
    };
  }

  private static double median(@Nullable Latency latency) {
    if (latency == null) {
      throw new IllegalStateException("the latency was not measured");
    }
    return latency.p50();
  }
}
