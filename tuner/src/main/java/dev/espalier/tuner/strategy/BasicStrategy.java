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
 * As configured first, then one dimension after the other: each of its values with the others as in
 * the best trial so far. So {@code 1 + Σ values} trials in place of {@code Π values}; LPOT's basic
 * strategy goes over operators in this way.
 *
 * @param points points of a range
 */
record BasicStrategy(int points) implements TuningStrategy {
  /** Announces {@code basic}. */
  public static final class Provider implements TuningStrategyProvider {
    /** For the service loader. */
    public Provider() {}

    @Override
    public StrategyDescriptor descriptor() {
      return new StrategyDescriptor(
          "basic",
          "Tries the configuration as it is, then varies one dimension after the other from the"
              + " best trial so far. The default.",
          "LPOT 1.5",
          List.of(
              new ParameterDescriptor.Quantity(
                  "points", 3.0, 1, 1000, "Points of a range, both ends among them.")));
    }

    @Override
    public TuningStrategy create(ParameterValues parameters) {
      return new BasicStrategy((int) Math.round(parameters.number("points")));
    }
  }

  @Override
  public Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
    return Set.of();
  }

  @Override
  public OptionalLong mostTrials(SearchSpace space) {
    return OptionalLong.of(
        1 + space.dimensions().stream().mapToLong(d -> Values.grid(d, points).size()).sum());
  }

  @Override
  public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
    if (history.isEmpty()) {
      return Optional.of(Proposal.of(Map.of()));
    }
    int before = 1;
    for (Dimension dimension : space.dimensions()) {
      List<Object> grid = Values.grid(dimension, points);
      int place = history.size() - before;
      if (place < grid.size()) {
        // What the trials of earlier dimensions showed, not those of this one.
        Map<String, Object> values = new LinkedHashMap<>(best(history.subList(0, before)));
        values.put(dimension.name(), grid.get(place));
        return Optional.of(Proposal.of(values));
      }
      before += grid.size();
    }
    return Optional.empty();
  }

  /** The values of the best trial; none when all of them failed. */
  private static Map<String, Object> best(List<Observation> history) {
    return Observations.best(history).map(best -> best.proposal().values()).orElse(Map.of());
  }
}
