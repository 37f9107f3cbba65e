package dev.espalier.api.tuning;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Decides which trial comes next.
 *
 * <p>A strategy keeps nothing between two calls: the same space, history and seed give the same
 * proposal. So a run that was killed goes on as if it had not been, and any choice can be looked at
 * again.
 */
@FunctionalInterface
public interface TuningStrategy {
  /**
   * The next trial, or nothing when the strategy has no further one to propose.
   *
   * @param space what may vary
   * @param history every trial so far in order, failed ones too
   * @param seed of the whole search; the history's length tells calls apart
   */
  Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed);

  /**
   * The trials from whose weights a later proposal may still start; what the others made can be
   * removed once they cannot win. By default all of them.
   *
   * @param space what varies
   * @param history every trial so far in order, failed ones too
   */
  default Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
    return history.stream().map(Observation::trial).collect(Collectors.toUnmodifiableSet());
  }

  /**
   * The largest number of trials that the strategy proposes for {@code space}, for progress; empty,
   * the default, when it goes on until the exit policy ends it, or when that is not known.
   */
  default OptionalLong mostTrials(SearchSpace space) {
    return OptionalLong.empty();
  }

  /**
   * What the search came to, in a sentence for the report; empty when the table of trials says it
   * all.
   *
   * @param space what was varied
   * @param history every trial in order, failed ones too
   */
  default String conclusion(SearchSpace space, List<Observation> history) {
    return "";
  }
}
