package dev.espalier.tuner.result;

import dev.espalier.config.Configuration.Tuning;
import dev.espalier.config.Configuration.WeightedObjective;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What is made small among the trials that meet the criterion: one objective, or the weighted mean
 * of several. Each is a share of the dense model's value, which makes bytes and milliseconds
 * comparable. The range over the trials would do that, too, but it moves with every trial, so what
 * a strategy was told of an earlier one would no longer hold.
 *
 * @param parts at least one
 */
public record Objectives(List<Part> parts) {
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
          several.stream()
              .map(each -> new Part(Objective.of(each.objective()), each.weight()))
              .toList());
    }
    String one = tuning.objective();
    return new Objectives(
        List.of(new Part(one == null ? Objective.MODELSIZE : Objective.of(one), 1)));
  }

  /** The objectives as tables name them. */
  public String label() {
    return parts.size() == 1
        ? parts.get(0).objective().label()
        : parts.stream()
            .map(part -> part.objective().label())
            .collect(Collectors.joining("+", "mean ", ""));
  }

  /**
   * The relative difference below which two values count as equal: 1% where a size or a latency is
   * among the objectives, for compression and clocks are no more exact than that; else 0.
   */
  public double tolerance() {
    return parts.stream().mapToDouble(part -> part.objective().tolerance()).max().orElseThrow();
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
}
