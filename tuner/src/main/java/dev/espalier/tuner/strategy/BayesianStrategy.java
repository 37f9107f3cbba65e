package dev.espalier.tuner.strategy;

import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.StrategyDescriptor;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.api.tuning.TuningStrategyProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A Gaussian process over all trials, and the point with the largest expected improvement on the
 * best of them (Jones, Schonlau and Welch, "Efficient Global Optimization of Expensive Black-Box
 * Functions", 1998). An option has a coordinate of its own, 1 where it is chosen. A trial that
 * failed counts as bad as the worst.
 *
 * @param startup trials at random before the first model
 */
record BayesianStrategy(int startup) implements TuningStrategy {
  private static final int FITS = 120;
  private static final int SPREAD = 1_500;
  private static final int NEAR = 500;

  /** Announces {@code bayesian}. */
  public static final class Provider implements TuningStrategyProvider {
    /** For the service loader. */
    public Provider() {}

    @Override
    public StrategyDescriptor descriptor() {
      return new StrategyDescriptor(
          "bayesian",
          "Fits a Gaussian process to all trials and goes where the expected improvement is largest."
              + " For few, expensive trials over ranges.",
          "Jones, Schonlau and Welch 1998; Snoek, Larochelle and Adams 2012",
          List.of(
              new ParameterDescriptor.Quantity(
                  "startup", 6.0, 1, 1000, "Trials at random before the first model.")));
    }

    @Override
    public TuningStrategy create(ParameterValues parameters) {
      return new BayesianStrategy((int) Math.round(parameters.number("startup")));
    }
  }

  @Override
  public Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
    return Set.of();
  }

  @Override
  public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
    SplittableRandom random = Values.randomOf(seed, history.size());
    Optional<Map<String, Object>> fallback = RandomStrategy.untried(space, history, random);
    long complete = history.stream().filter(o -> o.loss() != null).count();
    if (history.size() < startup || complete < 2 || fallback.isEmpty()) {
      return fallback.map(Proposal::of);
    }
    double[] losses = losses(history);
    double[][] points =
        history.stream().map(o -> point(space, o.proposal().values())).toArray(double[][]::new);
    double mean = Arrays.stream(losses).average().orElseThrow();
    double deviation =
        Math.sqrt(Arrays.stream(losses).map(l -> (l - mean) * (l - mean)).average().orElseThrow());
    double scale = deviation > 0 ? deviation : 1;
    double[] values = Arrays.stream(losses).map(loss -> (loss - mean) / scale).toArray();
    GaussianProcess process = GaussianProcess.fit(points, values, FITS, random);
    double best = Arrays.stream(values).min().orElseThrow();

    Map<String, Object> chosen = fallback.get();
    double largest = Double.NEGATIVE_INFINITY;
    List<Map<String, Object>> tried = history.stream().map(o -> o.proposal().values()).toList();
    Map<String, Object> leader = Observations.best(history).orElseThrow().proposal().values();
    for (Map<String, Object> candidate : candidates(space, leader, random)) {
      double improvement = improvement(process.at(point(space, candidate)), best);
      if (improvement > largest && !tried.contains(candidate)) {
        largest = improvement;
        chosen = candidate;
      }
    }
    return Optional.of(Proposal.of(chosen));
  }

  /** The expected value of max(0, best − f). */
  private static double improvement(GaussianProcess.Prediction at, double best) {
    double z = (best - at.mean()) / at.deviation();
    double density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    return (best - at.mean()) * Parzen.normal(z) + at.deviation() * density;
  }

  /** Points all over the space, and points around the best trial, nearer and nearer. */
  private static List<Map<String, Object>> candidates(
      SearchSpace space, Map<String, Object> leader, SplittableRandom random) {
    List<Map<String, Object>> candidates = new ArrayList<>();
    for (int i = 0; i < SPREAD; i++) {
      candidates.add(Values.random(space, random));
    }
    for (int i = 0; i < NEAR; i++) {
      double width = 0.2 * Math.pow(0.01, (double) i / NEAR);
      Map<String, Object> near = new LinkedHashMap<>();
      for (Dimension dimension : space.dimensions()) {
        Object value = leader.get(dimension.name());
        double position = value == null ? random.nextDouble() : Values.position(dimension, value);
        double moved = position + width * random.nextGaussian();
        near.put(dimension.name(), Values.at(dimension, Math.max(0, Math.min(1, moved))));
      }
      candidates.add(near);
    }
    return candidates;
  }

  private static double[] losses(List<Observation> history) {
    double worst =
        history.stream()
            .filter(o -> o.loss() != null)
            .mapToDouble(Observations::loss)
            .max()
            .orElseThrow();
    return history.stream()
        .mapToDouble(o -> o.loss() == null ? worst : Observations.loss(o))
        .toArray();
  }

  /** Coordinates in [0, 1]: a position for each number, one coordinate for each option. */
  private static double[] point(SearchSpace space, Map<String, Object> values) {
    List<Double> coordinates = new ArrayList<>();
    for (Dimension dimension : space.dimensions()) {
      Object value = values.get(dimension.name());
      if (dimension instanceof Dimension.Choice choice) {
        choice.options().forEach(option -> coordinates.add(option.equals(value) ? 1.0 : 0.0));
      } else {
        coordinates.add(value == null ? 0.5 : Values.position(dimension, value));
      }
    }
    return coordinates.stream().mapToDouble(c -> c).toArray();
  }
}
