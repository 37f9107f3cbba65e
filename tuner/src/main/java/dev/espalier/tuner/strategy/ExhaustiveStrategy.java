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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Every point of a grid, in order; the first dimension moves slowest.
 *
 * @param points points of a range
 */
record ExhaustiveStrategy(int points) implements TuningStrategy {
  /** Announces {@code exhaustive}. */
  public static final class Provider implements TuningStrategyProvider {
    /** For the service loader. */
    public Provider() {}

    @Override
    public StrategyDescriptor descriptor() {
      return new StrategyDescriptor(
          "exhaustive",
          "Tries every point of a grid, in order. For small spaces.",
          "LPOT 1.5",
          List.of(
              new ParameterDescriptor.Quantity(
                  "points", 5.0, 1, 1000, "Points of a range, both ends among them.")));
    }

    @Override
    public TuningStrategy create(ParameterValues parameters) {
      return new ExhaustiveStrategy((int) Math.round(parameters.number("points")));
    }
  }

  @Override
  public Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
    return Set.of();
  }

  @Override
  public OptionalLong mostTrials(SearchSpace space) {
    double product = 1; // exact up to 2^53, and then more than anybody waits for
    for (Dimension dimension : space.dimensions()) {
      product *= Values.grid(dimension, points).size();
    }
    return OptionalLong.of((long) product);
  }

  @Override
  public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
    // Counted and not listed: a grid may be larger than memory.
    long rest = history.size();
    Map<String, Object> backwards = new LinkedHashMap<>();
    for (int i = space.dimensions().size() - 1; i >= 0; i--) {
      Dimension dimension = space.dimensions().get(i);
      List<Object> grid = Values.grid(dimension, points);
      backwards.put(dimension.name(), grid.get((int) (rest % grid.size())));
      rest /= grid.size();
    }
    if (rest > 0) {
      return Optional.empty();
    }
    Map<String, Object> values = new LinkedHashMap<>();
    space.dimensions().forEach(d -> values.put(d.name(), backwards.get(d.name())));
    return Optional.of(Proposal.of(values));
  }
}
