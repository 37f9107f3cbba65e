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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The sparsest model that meets the criterion, by bisection of the target sparsity.
 *
 * <p>The highest sparsity of the range is tried first. Then the density is halved again and again
 * on a logarithmic scale, because a model that loses half of its weights feels it about as much at
 * 20% density as at 2%, until the sparsest density that meets the criterion and the densest above
 * it that misses it are within {@code resolution} of each other. A trial that failed counts as a
 * miss. What is met at one sparsity is taken for met at every lower one, whatever was measured
 * there: a miss below a hit is noise.
 *
 * @param resolution where to stop: the larger density over the smaller
 * @param warm whether a trial starts from the weights of the sparsest one that met the criterion
 */
record SparsestStrategy(double resolution, boolean warm) implements TuningStrategy {
  private static final String KEY = "target_sparsity";

  /** Announces {@code sparsest}. */
  public static final class Provider implements TuningStrategyProvider {
    /** For the service loader. */
    public Provider() {}

    @Override
    public StrategyDescriptor descriptor() {
      return new StrategyDescriptor(
          "sparsest",
          "Finds the highest target sparsity that meets the criterion, by bisection. The search"
              + " space is one range of target_sparsity.",
          "bisection on the logarithm of the density",
          List.of(
              new ParameterDescriptor.Quantity(
                  "resolution",
                  1.2,
                  1.001,
                  10,
                  "Where to stop: the density that still meets the criterion over the one that does"
                      + " not."),
              new ParameterDescriptor.Choice(
                  "start",
                  "as_configured",
                  List.of("as_configured", "last_met"),
                  "What a trial starts from: pruning.train.start_from, or the weights of the"
                      + " sparsest trial that met the criterion.")));
    }

    @Override
    public TuningStrategy create(ParameterValues parameters) {
      return new SparsestStrategy(
          parameters.number("resolution"), parameters.choice("start").equals("last_met"));
    }
  }

  /** Where the search stands: densities that are known, or taken, to meet and to miss. */
  private record Bracket(double meets, double misses, @Nullable Observation sparsestMet) {}

  @Override
  public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
    Optional<Dimension.Real> range = range(space);
    if (range.isEmpty()) {
      return Optional.empty();
    }
    double sparsest = 1 - range.get().high();
    if (history.isEmpty()) {
      return Optional.of(proposal(range.get(), sparsest, null));
    }
    Bracket bracket = bracket(range.get(), history);
    if (bracket.sparsestMet() != null && bracket.meets() <= sparsest) {
      return Optional.empty();
    }
    double densest = 1 - range.get().low();
    if (bracket.meets() / bracket.misses() <= resolution) {
      // Only the end that was taken for met without a trial is left, if it is.
      boolean isTried = bracket.sparsestMet() != null || bracket.misses() >= densest;
      return isTried ? Optional.empty() : Optional.of(proposal(range.get(), densest, null));
    }
    double middle = Math.sqrt(bracket.meets() * bracket.misses());
    return Optional.of(proposal(range.get(), middle, bracket.sparsestMet()));
  }

  /** Both ends of the range, and as many halvings between them as the resolution takes. */
  @Override
  public OptionalLong mostTrials(SearchSpace space) {
    Optional<Dimension.Real> range = range(space);
    if (range.isEmpty()) {
      return OptionalLong.empty();
    }
    double factor = (1 - range.get().low()) / (1 - range.get().high());
    double halvings = Math.log(Math.log(factor) / Math.log(resolution)) / Math.log(2);
    return OptionalLong.of(2 + (long) Math.ceil(Math.max(0, halvings)));
  }

  /** The sparsest that met the criterion so far; a later one takes its place. */
  @Override
  public Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
    return warm
        ? range(space)
            .map(range -> bracket(range, history).sparsestMet())
            .map(met -> Set.of(met.trial()))
            .orElse(Set.of())
        : Set.of();
  }

  @Override
  public String conclusion(SearchSpace space, List<Observation> history) {
    Optional<Dimension.Real> range = range(space);
    if (range.isEmpty() || history.isEmpty()) {
      return "";
    }
    Observation met = bracket(range.get(), history).sparsestMet();
    return (met == null
            ? "No sparsity of the range meets the criterion"
            : String.format(
                Locale.ROOT,
                "The sparsest model that meets the criterion has %.2f%% sparsity",
                100 * (1 - density(range.get(), met))))
        + String.format(
            Locale.ROOT,
            "; %d trials, where a grid of the same resolution has %d.",
            history.size(),
            gridTrials(range.get()));
  }

  /** The points of a grid over the range whose neighbours are within the resolution. */
  int gridTrials(Dimension.Real range) {
    double factor = (1 - range.low()) / (1 - range.high());
    return (int) Math.ceil(Math.log(factor) / Math.log(resolution) - 1e-9) + 1;
  }

  private static Optional<Dimension.Real> range(SearchSpace space) {
    if (space.dimensions().size() == 1
        && space.dimensions().get(0) instanceof Dimension.Real range
        && range.name().endsWith(KEY)
        && range.high() < 1) {
      return Optional.of(range);
    }
    return Optional.empty();
  }

  private static Bracket bracket(Dimension.Real range, List<Observation> history) {
    double meets = 1 - range.low();
    Observation sparsestMet = null;
    for (Observation each : history) {
      double density = density(range, each);
      if (each.met() && (sparsestMet == null || density < meets)) {
        meets = density;
        sparsestMet = each;
      }
    }
    double misses = 0;
    for (Observation each : history) {
      double density = density(range, each);
      boolean noise = sparsestMet != null && density >= meets;
      if (!each.met() && !noise) {
        misses = Math.max(misses, density);
      }
    }
    return new Bracket(meets, misses, sparsestMet);
  }

  private static double density(Dimension.Real range, Observation observation) {
    return 1 - ((Number) observation.proposal().values().get(range.name())).doubleValue();
  }

  private Proposal proposal(
      Dimension.Real range, double density, @Nullable Observation sparsestMet) {
    double sparsity = Math.max(range.low(), Math.min(range.high(), 1 - density));
    return new Proposal(
        Map.of(range.name(), sparsity),
        1,
        warm && sparsestMet != null ? sparsestMet.trial() : null);
  }
}
