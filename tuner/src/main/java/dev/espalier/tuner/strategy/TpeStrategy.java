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
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Tree-structured Parzen estimator: models where the good trials lie, l(x), and where the others
 * do, g(x), each dimension by itself, draws candidates from l and takes the one with the largest
 * l/g (Bergstra, Bardenet, Bengio and Kégl, "Algorithms for Hyper-Parameter Optimization", 2011,
 * section 4).
 *
 * @param startup trials at random before the first model
 * @param gamma share of the trials that count as good
 * @param candidates how many are drawn from l
 */
record TpeStrategy(int startup, double gamma, int candidates) implements TuningStrategy {
  /** More good trials than these only blur the model. */
  private static final int MOST_GOOD = 25;

  /** Announces {@code tpe}. */
  public static final class Provider implements TuningStrategyProvider {
    /** For the service loader. */
    public Provider() {}

    @Override
    public StrategyDescriptor descriptor() {
      return new StrategyDescriptor(
          "tpe",
          "Models where good trials lie and where the others do, and goes where the ratio is"
              + " largest. For ten trials and more, with choices among the dimensions.",
          "Bergstra et al. 2011, section 4",
          List.of(
              new ParameterDescriptor.Quantity(
                  "startup", 10.0, 1, 1000, "Trials at random before the first model."),
              new ParameterDescriptor.Quantity(
                  "gamma", 0.25, 0.01, 0.9, "Share of the trials that count as good."),
              new ParameterDescriptor.Quantity(
                  "candidates", 24.0, 1, 10_000, "Points that are drawn from the good ones.")));
    }

    @Override
    public TuningStrategy create(ParameterValues parameters) {
      return new TpeStrategy(
          (int) Math.round(parameters.number("startup")),
          parameters.number("gamma"),
          (int) Math.round(parameters.number("candidates")));
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
    List<Observation> complete = history.stream().filter(o -> o.loss() != null).toList();
    if (history.size() < startup || complete.size() < 2 || fallback.isEmpty()) {
      return fallback.map(Proposal::of);
    }
    List<Observation> sorted = new ArrayList<>(complete);
    sorted.sort(Comparator.comparingDouble(Observations::loss));
    int count = Math.max(1, Math.min(MOST_GOOD, (int) Math.ceil(gamma * sorted.size())));
    List<Observation> good = sorted.subList(0, count);
    // Where a trial failed is a place to keep away from.
    List<Observation> others = new ArrayList<>(sorted.subList(count, sorted.size()));
    history.stream().filter(o -> o.loss() == null).forEach(others::add);

    List<Parzen> goods = new ArrayList<>();
    List<Parzen> bads = new ArrayList<>();
    for (Dimension dimension : space.dimensions()) {
      goods.add(Parzen.of(dimension, good));
      bads.add(Parzen.of(dimension, others));
    }
    List<Map<String, Object>> tried = history.stream().map(o -> o.proposal().values()).toList();
    Map<String, Object> best = fallback.get();
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < candidates; i++) {
      Map<String, Object> values = new LinkedHashMap<>();
      double ratio = 0;
      for (int d = 0; d < goods.size(); d++) {
        Dimension dimension = space.dimensions().get(d);
        double position = goods.get(d).draw(random);
        Object value = Values.at(dimension, position);
        values.put(dimension.name(), value);
        ratio += goods.get(d).logDensity(position) - bads.get(d).logDensity(position);
      }
      if (ratio > largest && !tried.contains(values)) {
        largest = ratio;
        best = values;
      }
    }
    return Optional.of(Proposal.of(best));
  }
}
