package dev.espalier.tuner.strategy;

import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.StrategyDescriptor;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.api.tuning.TuningStrategyProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;

/** Points at random, each at most once; it ends when a finite space is used up. */
record RandomStrategy() implements TuningStrategy {
  /** Announces {@code random}. */
  public static final class Provider implements TuningStrategyProvider {
    /** For the service loader. */
    public Provider() {}

    @Override
    public StrategyDescriptor descriptor() {
      return new StrategyDescriptor(
          "random",
          "Tries points at random, none twice. What the cleverer strategies have to beat.",
          "Bergstra and Bengio, Random Search for Hyper-Parameter Optimization, 2012",
          List.of());
    }

    @Override
    public TuningStrategy create(ParameterValues parameters) {
      return new RandomStrategy();
    }
  }

  @Override
  public Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
    return Set.of();
  }

  @Override
  public OptionalLong mostTrials(SearchSpace space) {
    return Values.isListable(space)
        ? OptionalLong.of((long) Values.size(space))
        : OptionalLong.empty();
  }

  @Override
  public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
    return untried(space, history, Values.randomOf(seed, history.size())).map(Proposal::of);
  }

  /** A point that no trial had; nothing when there is none left. */
  static Optional<Map<String, Object>> untried(
      SearchSpace space, List<Observation> history, SplittableRandom random) {
    List<Map<String, Object>> tried =
        history.stream().map(observation -> observation.proposal().values()).toList();
    if (Values.isListable(space)) {
      List<Map<String, Object>> left = new ArrayList<>(Values.product(space, Integer.MAX_VALUE));
      left.removeAll(tried);
      return left.isEmpty() ? Optional.empty() : Optional.of(left.get(random.nextInt(left.size())));
    }
    Map<String, Object> values = Values.random(space, random);
    while (tried.contains(values)) {
      values = Values.random(space, random);
    }
    return Optional.of(values);
  }
}
