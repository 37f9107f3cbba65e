package dev.espalier.tuner.plugin;

import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.core.text.Formats;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A plugin's strategy, so that what it throws names it, and what it proposes can be tried.
 *
 * @param strategy the plugin's
 * @param code whose it is
 */
record GuardedStrategy(TuningStrategy strategy, PluginCode code) implements TuningStrategy {
  @Override
  public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
    Optional<Proposal> next =
        code.call(strategy, "next", () -> strategy.next(space, history, seed));
    next.ifPresent(proposal -> check(proposal, space, history));
    return next;
  }

  @Override
  public Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
    Set<Integer> points =
        code.call(strategy, "startingPoints", () -> strategy.startingPoints(space, history));
    // Its elements are the plugin's to give, too; contains(null) would throw for an immutable set.
    List<Integer> numbers = code.call(strategy, "startingPoints", () -> new ArrayList<>(points));
    if (numbers.stream().anyMatch(Objects::isNull)) {
      throw code.broken(strategy, "startingPoints returned a set with null in it");
    }
    return Set.copyOf(numbers);
  }

  @Override
  public OptionalLong mostTrials(SearchSpace space) {
    return code.call(strategy, "mostTrials", () -> strategy.mostTrials(space));
  }

  @Override
  public String conclusion(SearchSpace space, List<Observation> history) {
    return code.call(strategy, "conclusion", () -> strategy.conclusion(space, history));
  }

  private void check(Proposal proposal, SearchSpace space, List<Observation> history) {
    proposal
        .values()
        .forEach(
            (name, value) -> {
              Dimension dimension =
                  space.dimensions().stream()
                      .filter(each -> each.name().equals(name))
                      .findFirst()
                      .orElseThrow(
                          () ->
                              code.broken(
                                  strategy,
                                  "next proposed a value for \""
                                      + name
                                      + "\", which the search space does not have"));
              if (!fits(value, dimension)) {
                throw code.broken(
                    strategy,
                    "next proposed "
                        + (value instanceof String text ? Formats.quoted(text) : value)
                        + " for "
                        + name
                        + ", which must be "
                        + range(dimension));
              }
            });
    Integer start = proposal.warmStart();
    if (start != null && history.stream().noneMatch(each -> each.trial() == start)) {
      throw code.broken(
          strategy, "next proposed to start from trial " + start + ", which there was not");
    }
  }

  private static String range(Dimension dimension) {
    if (dimension instanceof Dimension.Real real) {
      return "a Double in [" + real.low() + ", " + real.high() + "]";
    }
    return dimension instanceof Dimension.Whole whole
        ? "a Long in [" + whole.low() + ", " + whole.high() + "]"
        : "one of " + ((Dimension.Choice) dimension).options();
  }

  private static boolean fits(@Nullable Object value, Dimension dimension) {
    if (dimension instanceof Dimension.Real real) {
      return value instanceof Double number && number >= real.low() && number <= real.high();
    }
    if (dimension instanceof Dimension.Whole whole) {
      return value instanceof Long number && number >= whole.low() && number <= whole.high();
    }
    return value != null && ((Dimension.Choice) dimension).options().contains(value);
  }
}
