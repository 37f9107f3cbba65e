package dev.espalier.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What every tuning strategy promises. A plugin shows that it keeps these promises with one line:
 *
 * <pre>{@code
 * final class MyStrategyTest extends StrategyContract {
 *   MyStrategyTest() { super("my_strategy"); }
 * }
 * }</pre>
 *
 * <p>The strategy is created by its provider with the default of each parameter, and searches
 * spaces of each kind of dimension, and none, with a simulated objective, of whose trials every
 * third fails. A strategy is not for every space: it proposes nothing for one that it cannot
 * search.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class StrategyContract {
  private static final long SEED = 7;

  /** A search that is not over by then goes on until the exit policy ends it. */
  private static final int MOST_TRIALS = 30;

  private static final Dimension.Real SPARSITY =
      new Dimension.Real("pruning.approach.weight_compression.target_sparsity", 0.5, 0.95, false);
  private static final Dimension.Real RATE =
      new Dimension.Real("pruning.train.learning_rate", 1e-6, 1e-3, true);
  private static final Dimension.Whole EPOCHS = new Dimension.Whole("pruning.train.epochs", 1, 4);
  private static final Dimension.Choice PRUNER =
      new Dimension.Choice("pruner", List.of("magnitude", "movement", "l0"));
  private static final Dimension.Choice FLAG = new Dimension.Choice("flag", List.of(true, false));

  private static final Map<String, SearchSpace> SPACES = spaces();

  private final String name;
  private final Supplier<Stream<TuningStrategyProvider>> allProviders;

  /**
   * Names the strategy under test.
   *
   * @param name as in its descriptor
   */
  protected StrategyContract(String name) {
    this(
        name,
        () ->
            ServiceLoader.load(TuningStrategyProvider.class).stream()
                .map(ServiceLoader.Provider::get));
  }

  /** For the contract's own tests, which need no service file. */
  StrategyContract(String name, Supplier<Stream<TuningStrategyProvider>> allProviders) {
    this.name = name;
    this.allProviders = allProviders;
  }

  private static Map<String, SearchSpace> spaces() {
    Map<String, SearchSpace> spaces = new LinkedHashMap<>();
    spaces.put("no space", new SearchSpace(List.of()));
    spaces.put("one range", new SearchSpace(List.of(SPARSITY)));
    spaces.put("a finite space", new SearchSpace(List.of(PRUNER, EPOCHS)));
    spaces.put(
        "a space of every kind", new SearchSpace(List.of(RATE, SPARSITY, EPOCHS, PRUNER, FLAG)));
    return spaces;
  }

  // What a user can know before a run

  /** {@link ServiceLoader} finds exactly one provider of that name. */
  @Test
  protected final void isDiscoverableThroughServiceLoader() {
    assertThat(providers())
        .as(
            "providers named \"%s\"; is there a line in META-INF/services/%s?",
            name, TuningStrategyProvider.class.getName())
        .hasSize(1);
  }

  /** Describing a strategy twice says the same, and so does a second provider. */
  @Test
  protected final void describesItselfTheSameEachTime() {
    TuningStrategyProvider provider = provider();
    assertThat(provider.descriptor()).isEqualTo(provider.descriptor());
    assertThat(descriptor()).isEqualTo(provider.descriptor());
  }

  /** A misspelled parameter is an error, not a default that holds in silence. */
  @Test
  protected final void rejectsAnUnknownParameter() {
    assertThatThrownBy(
            () ->
                ParameterValues.of(
                    name, descriptor().parameters(), Map.of("no_such_parameter", 1.0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no_such_parameter");
  }

  /** Each end of each range and each option makes a strategy that proposes something. */
  @Test
  protected final void isCreatedAtBothEndsOfEachRangeAndForEachOption() {
    for (ParameterDescriptor parameter : descriptor().parameters()) {
      List<?> values =
          parameter instanceof ParameterDescriptor.Quantity quantity
              ? List.of(quantity.minimum(), quantity.maximum())
              : ((ParameterDescriptor.Choice) parameter).options();
      for (Object value : values) {
        assertThat(SPACES.values())
            .as("spaces, one of which is searched with %s = %s", parameter.name(), value)
            .anyMatch(searched(strategy(Map.of(parameter.name(), value))));
      }
    }
  }

  // What is proposed

  /** There is a space, or none, in which the strategy has something to try. */
  @Test
  protected final void triesSomething() {
    assertThat(SPACES.values())
        .as("spaces, one of which is searched")
        .anyMatch(searched(strategy()));
  }

  private static Predicate<SearchSpace> searched(TuningStrategy strategy) {
    return space -> strategy.next(space, new ArrayList<>(), SEED).isPresent();
  }

  /** Without a search space a trial is as configured, if there is one. */
  @Test
  protected final void changesNothingWhereThereIsNoSpace() {
    strategy()
        .next(new SearchSpace(List.of()), new ArrayList<>(), SEED)
        .ifPresent(first -> assertThat(first.values()).as("values without a space").isEmpty());
  }

  /** Values are of the space, of the type that goes with the dimension, and inside its bounds. */
  @Test
  protected final void staysWithinTheSpace() {
    SPACES.forEach(
        (what, space) ->
            assertWithin(
                space, search(strategy(), space, StrategyContract::everyThirdFails), what));
  }

  private static void assertWithin(SearchSpace space, List<Observation> trials, String what) {
    for (Observation each : trials) {
      each.proposal()
          .values()
          .forEach(
              (key, value) ->
                  assertThat(fits(space, key, value))
                      .as("%s = %s in trial %d, %s", key, value, each.trial(), what)
                      .isTrue());
    }
  }

  /** A trial starts from an earlier one that did not fail, or as the configuration says. */
  @Test
  protected final void startsFromTrialsThatThereWere() {
    SPACES.forEach(
        (what, space) -> {
          List<Observation> all = search(strategy(), space, StrategyContract::everyThirdFails);
          for (Observation each : all) {
            Integer start = each.proposal().warmStart();
            assertThat(
                    start == null
                        || all.stream()
                            .anyMatch(
                                earlier ->
                                    earlier.trial() == start
                                        && start < each.trial()
                                        && earlier.loss() != null))
                .as("trial %d starts from trial %s, %s", each.trial(), start, what)
                .isTrue();
          }
        });
  }

  /**
   * A trial that a later proposal starts from is among the {@linkplain
   * TuningStrategy#startingPoints starting points} from its end until then; the weights of the
   * others are removed meanwhile.
   */
  @Test
  protected final void keepsTheTrialsThatItStartsFrom() {
    SPACES.forEach(
        (what, space) -> {
          TuningStrategy strategy = strategy();
          List<Observation> all = search(strategy, space, StrategyContract::everyThirdFails);
          for (Observation each : all) {
            Integer start = each.proposal().warmStart();
            for (int size = start == null ? each.trial() : start; size < each.trial(); size++) {
              assertThat(strategy.startingPoints(space, new ArrayList<>(all.subList(0, size))))
                  .as("starting points after trial %d, before %d, %s", size, each.trial(), what)
                  .contains(start);
            }
          }
          Set<Integer> trials = strategy.startingPoints(space, new ArrayList<>(all));
          assertThat(trials)
              .as("starting points, %s", what)
              .allMatch(t -> t >= 1 && t <= all.size());
        });
  }

  /** A strategy that says how many trials there are at most makes no more. */
  @Test
  protected final void endsWhenItSaidItWould() {
    SPACES.forEach(
        (what, space) -> {
          OptionalLong most = strategy().mostTrials(space);
          assertThat(most.orElse(1)).as("most trials, %s", what).isPositive();
          assertThat((long) search(strategy(), space, StrategyContract::everyThirdFails).size())
              .as("number of trials, %s", what)
              .isLessThanOrEqualTo(most.orElse(Long.MAX_VALUE));
        });
  }

  // What follows from what

  /** Space, history and seed decide: another object proposes the same. */
  @Test
  protected final void proposesTheSameForTheSameSeed() {
    SPACES.forEach(
        (what, space) ->
            assertThat(search(strategy(), space, StrategyContract::everyThirdFails))
                .as("the trials of a second object, %s", what)
                .isEqualTo(search(strategy(), space, StrategyContract::everyThirdFails)));
  }

  /**
   * A run that was killed and is resumed asks a new object with the trials so far, and gets the
   * proposal that the old one made; so does who asks again, or about an earlier moment.
   */
  @Test
  protected final void goesOnAfterAResume() {
    SPACES.forEach(
        (what, space) -> {
          TuningStrategy used = strategy();
          List<Observation> all = search(used, space, StrategyContract::everyThirdFails);
          for (int size = all.size() - 1; size >= 0; size--) {
            List<Observation> before = all.subList(0, size);
            Optional<Proposal> made = Optional.of(all.get(size).proposal());
            assertThat(strategy().next(space, new ArrayList<>(before), SEED))
                .as("a new object's proposal for trial %d, %s", size + 1, what)
                .isEqualTo(made);
            assertThat(used.next(space, new ArrayList<>(before), SEED))
                .as("the proposal for trial %d, asked for again, %s", size + 1, what)
                .isEqualTo(made);
          }
        });
  }

  /**
   * Trials that all fail neither stop the strategy with an exception nor make it leave the space.
   */
  @Test
  protected final void bearsTrialsThatAllFail() {
    SPACES.forEach(
        (what, space) -> {
          List<Observation> all = search(strategy(), space, (trial, proposal) -> null);
          for (Observation each : all) {
            assertThat(each.proposal().warmStart())
                .as("what trial %d starts from, where all failed, %s", each.trial(), what)
                .isNull();
          }
          assertWithin(space, all, what);
          assertThat(strategy().conclusion(space, all)).as("conclusion, %s", what).isNotNull();
        });
  }

  /** Trials that are all equally good do neither. */
  @Test
  protected final void bearsTrialsThatAreAllEqual() {
    SPACES.forEach(
        (what, space) ->
            assertWithin(space, search(strategy(), space, (trial, proposal) -> 0.5), what));
  }

  /** The conclusion is a text, of no trial and of many. */
  @Test
  protected final void concludes() {
    SPACES.forEach(
        (what, space) -> {
          TuningStrategy strategy = strategy();
          List<Observation> all = search(strategy, space, StrategyContract::everyThirdFails);
          for (int size = 0; size <= all.size(); size++) {
            assertThat(strategy.conclusion(space, new ArrayList<>(all.subList(0, size))))
                .as("conclusion after %d trials, %s", size, what)
                .isNotNull();
          }
        });
  }

  // How arguments are treated

  /** The history is read and not written. */
  @Test
  protected final void doesNotChangeTheHistory() {
    SPACES.forEach(
        (what, space) -> {
          TuningStrategy strategy = strategy();
          List<Observation> all = search(strategy, space, StrategyContract::everyThirdFails);
          List<Observation> given = new ArrayList<>(all);
          Optional<Proposal> unused = strategy.next(space, given, SEED);
          Set<Integer> points = strategy.startingPoints(space, given);
          String said = strategy.conclusion(space, given);
          assertThat(given)
              .as("the history, after %s, %s and %s, %s", unused, points, said, what)
              .isEqualTo(all);
        });
  }

  /** How a trial went. */
  private interface Objective {
    /** The loss, or null for a trial that failed. */
    Double of(int trial, Proposal proposal);
  }

  /** Smaller where a real number is small; every third trial fails. */
  private static Double everyThirdFails(int trial, Proposal proposal) {
    if (trial % 3 == 0) {
      return null;
    }
    double loss = 0.5 + 0.01 * (trial % 5);
    for (Object value : proposal.values().values()) {
      loss += value instanceof Double real ? 0.3 * Math.min(1, real) : 0.05;
    }
    return loss;
  }

  private static List<Observation> search(
      TuningStrategy strategy, SearchSpace space, Objective objective) {
    List<Observation> history = new ArrayList<>();
    while (history.size() < MOST_TRIALS) {
      Optional<Proposal> next = strategy.next(space, new ArrayList<>(history), SEED);
      if (next.isEmpty()) {
        break;
      }
      int trial = history.size() + 1;
      Double loss = objective.of(trial, next.get());
      history.add(new Observation(trial, next.get(), loss, loss != null && loss < 1));
    }
    return history;
  }

  private static boolean fits(SearchSpace space, String key, Object value) {
    return space.dimensions().stream()
        .filter(dimension -> dimension.name().equals(key))
        .anyMatch(
            dimension -> {
              if (dimension instanceof Dimension.Real real) {
                return value instanceof Double d && d >= real.low() && d <= real.high();
              }
              if (dimension instanceof Dimension.Whole whole) {
                return value instanceof Long n && n >= whole.low() && n <= whole.high();
              }
              return ((Dimension.Choice) dimension).options().contains(value);
            });
  }

  private List<TuningStrategyProvider> providers() {
    return allProviders
        .get()
        .filter(provider -> provider.descriptor().name().equals(name))
        .toList();
  }

  private TuningStrategyProvider provider() {
    return providers().stream()
        .findFirst()
        .orElseThrow(() -> new AssertionError("ServiceLoader finds no strategy named " + name));
  }

  private StrategyDescriptor descriptor() {
    return provider().descriptor();
  }

  private TuningStrategy strategy() {
    return strategy(Map.of());
  }

  private TuningStrategy strategy(Map<String, ?> given) {
    TuningStrategyProvider provider = provider();
    return provider.create(ParameterValues.of(name, provider.descriptor().parameters(), given));
  }
}
