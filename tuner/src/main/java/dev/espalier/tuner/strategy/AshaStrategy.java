package dev.espalier.tuner.strategy;

import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.StrategyDescriptor;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.api.tuning.TuningStrategyProvider;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Asynchronous successive halving with one worker: many points at random with a small part of the
 * training, and the best {@code 1/eta} of each rung again with {@code eta} times as much (Li et
 * al., "A System for Massively Parallel Hyperparameter Tuning", 2020, algorithm 2).
 *
 * @param eta how much larger the budget of the next rung is
 * @param minimum the smallest budget allowed, as a share of the whole
 * @param warm whether a promoted trial starts from the weights of the one that it repeats
 */
record AshaStrategy(double eta, double minimum, boolean warm) implements TuningStrategy {
  /** Announces {@code asha}. */
  public static final class Provider implements TuningStrategyProvider {
    /** For the service loader. */
    public Provider() {}

    @Override
    public StrategyDescriptor descriptor() {
      return new StrategyDescriptor(
          "asha",
          "Gives many points a small part of the training, and the best of them more and more of it."
              + " For long trainings whose beginning tells something.",
          "Li et al. 2020, algorithm 2",
          List.of(
              new ParameterDescriptor.Quantity(
                  "eta", 3.0, 2, 10, "How much larger the next budget is, and how few get it."),
              new ParameterDescriptor.Quantity(
                  "minimum", 0.1, 0.001, 1, "The smallest share of the training."),
              new ParameterDescriptor.Choice(
                  "start",
                  "as_configured",
                  List.of("as_configured", "repeated"),
                  "What a promoted trial starts from: pruning.train.start_from, or the weights of"
                      + " the trial that it repeats.")));
    }

    @Override
    public TuningStrategy create(ParameterValues parameters) {
      return new AshaStrategy(
          parameters.number("eta"),
          parameters.number("minimum"),
          parameters.choice("start").equals("repeated"));
    }
  }

  @Override
  public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
    List<Double> rungs = rungs();
    for (int rung = rungs.size() - 2; rung >= 0; rung--) {
      Observation promoted = promotable(history, rungs.get(rung), rungs.get(rung + 1));
      if (promoted != null) {
        return Optional.of(
            new Proposal(
                promoted.proposal().values(), rungs.get(rung + 1), warm ? promoted.trial() : null));
      }
    }
    return RandomStrategy.untried(space, history, Values.randomOf(seed, history.size()))
        .map(values -> new Proposal(values, rungs.get(0), null));
  }

  /** A trial that is promoted may start from the one that it repeats, which had less than all. */
  @Override
  public Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
    return warm
        ? history.stream()
            .filter(each -> each.loss() != null && each.proposal().budget() < 1)
            .map(Observation::trial)
            .collect(Collectors.toUnmodifiableSet())
        : Set.of();
  }

  /** The budgets, smallest first: 1, 1/eta, 1/eta² and so on down to the minimum. */
  List<Double> rungs() {
    List<Double> rungs = new ArrayList<>();
    for (double budget = 1; budget >= minimum * (1 - 1e-9) || rungs.isEmpty(); budget /= eta) {
      rungs.add(0, budget);
    }
    return rungs;
  }

  /** The best of the top 1/eta of a rung that is not on the next one yet, or null. */
  private @Nullable Observation promotable(
      List<Observation> history, double budget, double nextBudget) {
    List<Observation> rung = new ArrayList<>(on(history, budget));
    rung.removeIf(observation -> observation.loss() == null);
    rung.sort(Comparator.comparingDouble(Observations::loss));
    Set<Map<String, Object>> above = new HashSet<>();
    on(history, nextBudget).forEach(each -> above.add(each.proposal().values()));
    int top = (int) (rung.size() / eta);
    return rung.subList(0, top).stream()
        .filter(observation -> !above.contains(observation.proposal().values()))
        .findFirst()
        .orElse(null);
  }

  private static List<Observation> on(List<Observation> history, double budget) {
    return history.stream()
        .filter(each -> Math.abs(each.proposal().budget() - budget) < 1e-9)
        .toList();
  }
}
