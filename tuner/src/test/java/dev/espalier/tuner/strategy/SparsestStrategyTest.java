package dev.espalier.tuner.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.DoublePredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SparsestStrategyTest {
  private static final Dimension.Real RANGE =
      new Dimension.Real("pruning.x.target_sparsity", 0.5, 0.98, false);
  private static final SearchSpace SPACE = new SearchSpace(List.of(RANGE));
  private static final double RESOLUTION = 1.2;

  private final SparsestStrategy strategy = new SparsestStrategy(RESOLUTION, false);

  /** A model that meets the criterion down to a density is found to be just that sparse. */
  @ParameterizedTest
  @ValueSource(doubles = {0.021, 0.03, 0.05, 0.1, 0.17, 0.3, 0.45, 0.499})
  void the_edge_is_found_to_the_resolution(double edge) {
    List<Observation> history = search(strategy, sparsity -> 1 - sparsity >= edge);

    double found = 1 - sparsestMet(history);
    assertThat(found).isGreaterThanOrEqualTo(edge);
    assertThat(found / edge).as("density found over the edge").isLessThanOrEqualTo(RESOLUTION);
    // 0.5 / 0.02 = 25 is 17.7 steps of 1.2: one trial at the end, then halved five times.
    assertThat(history).hasSizeLessThanOrEqualTo(7);
    assertThat(strategy.mostTrials(SPACE)).hasValue(7);
    assertThat(strategy.gridTrials(RANGE)).isEqualTo(19);
  }

  @Test
  void when_the_sparsest_meets_it_one_trial_is_enough() {
    assertThat(search(strategy, sparsity -> true)).hasSize(1);
  }

  @Test
  void when_nothing_meets_it_the_densest_was_tried_too() {
    List<Observation> history = search(strategy, sparsity -> false);

    assertThat(history).extracting(SparsestStrategyTest::sparsity).contains(0.5, 0.98);
    assertThat(strategy.mostTrials(SPACE)).hasValue(history.size());
    assertThat(strategy.conclusion(SPACE, history))
        .isEqualTo(
            "No sparsity of the range meets the criterion; "
                + history.size()
                + " trials, where a grid of the same resolution has 19.");
  }

  @Test
  void the_conclusion_counts_the_trials() {
    List<Observation> history = search(strategy, sparsity -> sparsity <= 0.89);

    assertThat(strategy.conclusion(SPACE, history))
        .startsWith("The sparsest model that meets the criterion has 8")
        .endsWith(history.size() + " trials, where a grid of the same resolution has 19.");
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "4", "5"})
  void noise_neither_traps_it_nor_makes_it_forget_a_hit(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Observation> history =
        search(
            strategy,
            sparsity -> 1 - sparsity >= 0.1 * Math.exp(0.5 * (random.nextDouble() - 0.5)));

    assertThat(history).as("seed %d", seed).hasSizeLessThanOrEqualTo(8);
    assertThat(1 - sparsestMet(history)).as("seed %d", seed).isBetween(0.07, 0.17);
  }

  @Test
  void a_trial_that_failed_counts_as_a_miss() {
    List<Observation> history = new ArrayList<>();
    Proposal first = strategy.next(SPACE, history, 1).orElseThrow();
    history.add(new Observation(1, first, null, false));

    assertThat(sparsity(strategy.next(SPACE, history, 1).orElseThrow())).isCloseTo(0.9, within());
  }

  @Test
  void a_warm_start_is_from_the_sparsest_that_met_it() {
    SparsestStrategy warm = new SparsestStrategy(RESOLUTION, true);
    List<Observation> history = search(warm, sparsity -> sparsity <= 0.93);

    assertThat(history.get(0).proposal().warmStart()).isNull();
    assertThat(history.get(1).proposal().warmStart()).isNull();
    Observation second = history.get(1);
    assertThat(second.met()).isTrue();
    assertThat(history.get(2).proposal().warmStart()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"pruning.train.learning_rate", "x.sparsity"})
  void another_space_has_nothing_to_try(String name) {
    SearchSpace other = new SearchSpace(List.of(new Dimension.Real(name, 0.1, 0.2, false)));

    assertThat(strategy.next(other, List.of(), 1)).isEmpty();
    assertThat(strategy.next(new SearchSpace(List.of()), List.of(), 1)).isEmpty();
    assertThat(strategy.conclusion(other, List.of())).isEmpty();
  }

  private static org.assertj.core.data.Offset<Double> within() {
    return org.assertj.core.data.Offset.offset(1e-9);
  }

  private static List<Observation> search(SparsestStrategy strategy, DoublePredicate meets) {
    List<Observation> history = new ArrayList<>();
    for (int trial = 1; trial < 100; trial++) {
      Optional<Proposal> next = strategy.next(SPACE, history, 1);
      if (next.isEmpty()) {
        return history;
      }
      boolean met = meets.test(sparsity(next.get()));
      history.add(new Observation(trial, next.get(), met ? 0.5 : 1.5, met));
    }
    throw new AssertionError("it does not end: " + history);
  }

  private static double sparsestMet(List<Observation> history) {
    return history.stream()
        .filter(Observation::met)
        .mapToDouble(SparsestStrategyTest::sparsity)
        .max()
        .orElseThrow();
  }

  private static double sparsity(Observation observation) {
    return sparsity(observation.proposal());
  }

  private static double sparsity(Proposal proposal) {
    return (Double) proposal.values().get(RANGE.name());
  }
}
