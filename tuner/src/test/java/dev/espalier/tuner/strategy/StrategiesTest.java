package dev.espalier.tuner.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.api.tuning.TuningStrategyProvider;
import dev.espalier.tuner.plugin.StrategyCatalog;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Function;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every built-in strategy promises, and what each of the simple ones does. */
final class StrategiesTest {
  private static final Dimension.Choice PRUNER =
      new Dimension.Choice("pruner", List.of("l0", "movement"));
  private static final Dimension.Whole BATCH = new Dimension.Whole("batch", 1, 3);
  private static final Dimension.Real RATE = new Dimension.Real("rate", 1e-5, 1e-3, true);
  private static final Dimension.Real SPARSITY =
      new Dimension.Real("x.target_sparsity", 0.5, 0.9, false);

  static Stream<TuningStrategyProvider> providers() {
    return ServiceLoader.load(TuningStrategyProvider.class).stream()
        .map(ServiceLoader.Provider::get);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void a_strategy_stays_within_the_space_and_says_the_same_again(TuningStrategyProvider provider) {
    TuningStrategy strategy = withDefaults(provider);
    SearchSpace space = new SearchSpace(List.of(SPARSITY));
    List<Observation> history = new ArrayList<>();
    for (int trial = 1; trial <= 12; trial++) {
      Optional<Proposal> next = strategy.next(space, history, 7);
      assertThat(withDefaults(provider).next(space, history, 7)).isEqualTo(next);
      if (next.isEmpty()) {
        break;
      }
      next.get()
          .values()
          .forEach(
              (name, value) -> {
                assertThat(name).isEqualTo(SPARSITY.name());
                assertThat((Double) value).isBetween(SPARSITY.low(), SPARSITY.high());
              });
      // Every third trial fails.
      Double loss = trial % 3 == 0 ? null : 1.0 / trial;
      history.add(new Observation(trial, next.get(), loss, loss != null && trial > 4));
    }
    assertThat(history).isNotEmpty();
    assertThat((long) history.size())
        .isLessThanOrEqualTo(strategy.mostTrials(space).orElse(Long.MAX_VALUE));
    assertThat(withDefaults(provider).conclusion(space, history)).isNotNull();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void the_descriptor_is_complete(TuningStrategyProvider provider) {
    assertThat(provider.descriptor().description()).endsWith(".");
    assertThat(new StrategyCatalog(List.of(provider)).descriptors())
        .containsExactly(provider.descriptor());
  }

  @Test
  void exhaustive_goes_over_the_grid_with_the_first_dimension_slowest() {
    List<Map<String, Object>> tried =
        all(new ExhaustiveStrategy(2), values -> 1.0, PRUNER, BATCH, RATE);

    assertThat(tried).hasSize(2 * 2 * 2).doesNotHaveDuplicates();
    assertThat(tried.get(0)).isEqualTo(Map.of("pruner", "l0", "batch", 1L, "rate", 1e-5));
    assertThat(tried.get(1)).isEqualTo(Map.of("pruner", "l0", "batch", 1L, "rate", 1e-3));
    assertThat(tried.get(7)).isEqualTo(Map.of("pruner", "movement", "batch", 3L, "rate", 1e-3));
  }

  @Test
  void a_strategy_that_ends_knows_how_many_trials_it_makes() {
    Dimension[] finite = {PRUNER, BATCH};
    SearchSpace space = new SearchSpace(List.of(finite));
    for (TuningStrategy strategy :
        List.of(new ExhaustiveStrategy(2), new BasicStrategy(3), new RandomStrategy())) {
      assertThat(strategy.mostTrials(space)).hasValue(all(strategy, values -> 1.0, finite).size());
    }
    assertThat(new RandomStrategy().mostTrials(new SearchSpace(List.of(RATE)))).isEmpty();
    assertThat(new BasicStrategy(3).mostTrials(new SearchSpace(List.of()))).hasValue(1);
  }

  @Test
  void without_a_space_there_is_one_trial_as_configured() {
    for (TuningStrategy strategy :
        List.of(new ExhaustiveStrategy(5), new BasicStrategy(3), new RandomStrategy())) {
      assertThat(all(strategy, values -> 1.0)).containsExactly(Map.of());
    }
  }

  @Test
  void basic_varies_one_dimension_after_the_other_from_the_best_so_far() {
    // The best is movement, then 3.
    List<Map<String, Object>> tried =
        all(
            new BasicStrategy(3),
            values ->
                (values.getOrDefault("pruner", "l0").equals("movement") ? 0 : 1)
                    + (values.getOrDefault("batch", 1L).equals(3L) ? 0 : 0.5),
            PRUNER,
            BATCH);

    assertThat(tried)
        .containsExactly(
            Map.of(),
            Map.of("pruner", "l0"),
            Map.of("pruner", "movement"),
            Map.of("pruner", "movement", "batch", 1L),
            Map.of("pruner", "movement", "batch", 2L),
            Map.of("pruner", "movement", "batch", 3L));
  }

  @Test
  void basic_goes_on_from_the_configuration_when_all_failed() {
    List<Map<String, Object>> tried = all(new BasicStrategy(3), values -> null, PRUNER, BATCH);

    assertThat(tried).hasSize(1 + 2 + 3).endsWith(Map.of("batch", 3L));
  }

  @Test
  void random_tries_every_point_of_a_finite_space_once() {
    List<Map<String, Object>> tried = all(new RandomStrategy(), values -> 1.0, PRUNER, BATCH);

    assertThat(new HashSet<>(tried)).hasSize(6);
    assertThat(tried).hasSize(6);
  }

  @Test
  void random_is_uniform_on_the_scale_of_a_range() {
    List<Observation> history = new ArrayList<>();
    int below = 0;
    for (int trial = 1; trial <= 1_000; trial++) {
      Proposal next =
          new RandomStrategy().next(new SearchSpace(List.of(RATE)), history, 3).orElseThrow();
      history.add(new Observation(trial, next, 1.0, false));
      below += (Double) next.values().get("rate") < 1e-4 ? 1 : 0;
    }
    // Half of 1,000 on a logarithmic scale; one standard deviation is 16.
    assertThat(below).isBetween(440, 560);
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "0.34, 2", "0.67, 3", "1, 3"})
  void whole_numbers_share_the_unit_interval_out_in_equal_parts(double position, long value) {
    assertThat(Values.at(BATCH, position)).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({"1e-5, 0", "1e-4, 0.5", "1e-3, 1"})
  void a_logarithmic_range_counts_factors(double value, double position) {
    assertThat(Values.position(RATE, value)).isCloseTo(position, Offset.offset(1e-12));
    assertThat((Double) Values.at(RATE, position))
        .isCloseTo(value, Percentage.withPercentage(1e-9));
  }

  private static TuningStrategy withDefaults(TuningStrategyProvider provider) {
    return provider.create(
        ParameterValues.of("strategy", provider.descriptor().parameters(), Map.of()));
  }

  /** Every proposal until there is none, each judged by {@code loss}, where null is a failure. */
  private static List<Map<String, Object>> all(
      TuningStrategy strategy,
      Function<Map<String, Object>, @Nullable Double> loss,
      Dimension... dimensions) {
    SearchSpace space = new SearchSpace(List.of(dimensions));
    List<Observation> history = new ArrayList<>();
    while (history.size() < 100) {
      Optional<Proposal> next = strategy.next(space, history, 5);
      if (next.isEmpty()) {
        return history.stream().map(each -> each.proposal().values()).toList();
      }
      Double value = loss.apply(next.get().values());
      history.add(new Observation(history.size() + 1, next.get(), value, false));
    }
    throw new AssertionError("it does not end");
  }
}
