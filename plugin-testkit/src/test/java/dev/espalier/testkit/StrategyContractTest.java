package dev.espalier.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.ParameterDescriptor.Quantity;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.StrategyDescriptor;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.api.tuning.TuningStrategyProvider;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract finds the promise that each faulty strategy breaks, and a sound one passes. */
final class StrategyContractTest {
  private static final Quantity SHARE = new Quantity("share", 0.5, 0, 1, "Of what.");

  /** One promise of the contract. */
  interface Promise {
    void check(StrategyContract contract);
  }

  /** Ten random points, each from the weights of the best trial so far. */
  private static class Sound implements TuningStrategy {
    static final int TRIALS = 10;

    @Override
    public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
      if (history.size() >= (space.dimensions().isEmpty() ? 1 : TRIALS)) {
        return Optional.empty();
      }
      SplittableRandom random = new SplittableRandom(seed * 31 + history.size());
      return Optional.of(new Proposal(point(space, random), 1, best(history)));
    }

    static Map<String, Object> point(SearchSpace space, SplittableRandom random) {
      Map<String, Object> values = new LinkedHashMap<>();
      for (Dimension dimension : space.dimensions()) {
        values.put(dimension.name(), value(dimension, random));
      }
      return values;
    }

    private static Object value(Dimension dimension, SplittableRandom random) {
      if (dimension instanceof Dimension.Real real) {
        return random.nextDouble(real.low(), real.high());
      }
      if (dimension instanceof Dimension.Whole whole) {
        return random.nextLong(whole.low(), whole.high() + 1);
      }
      List<Object> options = ((Dimension.Choice) dimension).options();
      return options.get(random.nextInt(options.size()));
    }

    static Integer best(List<Observation> history) {
      return history.stream()
          .filter(each -> each.loss() != null)
          .min(Comparator.comparingDouble(Observation::loss))
          .map(Observation::trial)
          .orElse(null);
    }

    @Override
    public OptionalLong mostTrials(SearchSpace space) {
      return OptionalLong.of(TRIALS);
    }
  }

  private record Announced(
      Supplier<TuningStrategy> strategy, List<ParameterDescriptor> parameters, String source)
      implements TuningStrategyProvider {
    @Override
    public StrategyDescriptor descriptor() {
      return new StrategyDescriptor("strategy", "For this test.", source, parameters);
    }

    @Override
    public TuningStrategy create(ParameterValues values) {
      parameters.forEach(each -> values.number(each.name()));
      return strategy.get();
    }
  }

  @Nested
  final class SoundStrategy extends StrategyContract {
    SoundStrategy() {
      super("strategy", () -> Stream.of(new Announced(Sound::new, List.of(SHARE), "No paper.")));
    }
  }

  static Stream<Arguments> descriptions() {
    AtomicInteger calls = new AtomicInteger();
    return Stream.of(
        fault(
            "is in no service file",
            StrategyContract::isDiscoverableThroughServiceLoader,
            Stream::empty),
        fault(
            "has the name of another",
            StrategyContract::isDiscoverableThroughServiceLoader,
            () -> Stream.of(announced(Sound::new), announced(Sound::new))),
        fault(
            "describes itself another way each time",
            StrategyContract::describesItselfTheSameEachTime,
            () ->
                Stream.of(
                    new Announced(Sound::new, List.of(), "Paper " + calls.incrementAndGet()))),
        fault(
            "takes a parameter that nobody needs",
            StrategyContract::rejectsAnUnknownParameter,
            () ->
                Stream.of(
                    new Announced(
                        Sound::new,
                        List.of(new Quantity("no_such_parameter", 0.0, 0, 1, "Is.")),
                        "No paper."))),
        fault(
            "proposes nothing",
            StrategyContract::isCreatedAtBothEndsOfEachRangeAndForEachOption,
            () ->
                Stream.of(
                    new Announced(
                        () -> (space, history, seed) -> Optional.empty(),
                        List.of(SHARE),
                        "No paper."))));
  }

  static Stream<Arguments> strategies() {
    return Stream.of(
        faulty(
            "is for no space",
            StrategyContract::triesSomething,
            () -> (space, history, seed) -> Optional.empty()),
        faulty(
            "sets a key that the space does not have",
            StrategyContract::changesNothingWhereThereIsNoSpace,
            valued(values -> values.put("pruning.train.batch_size", 8L))),
        faulty(
            "sets another key beside those of the space",
            StrategyContract::staysWithinTheSpace,
            valued(values -> values.put("pruning.train.batch_size", 8L))),
        faulty(
            "goes below a range",
            StrategyContract::staysWithinTheSpace,
            valued(
                values ->
                    values.replaceAll((key, v) -> v instanceof Double d ? (Object) (d - 0.4) : v))),
        faulty(
            "gives a whole number as a real one",
            StrategyContract::staysWithinTheSpace,
            valued(
                values ->
                    values.replaceAll(
                        (key, v) -> v instanceof Long n ? (Object) n.doubleValue() : v))),
        faulty(
            "starts from a trial that failed",
            StrategyContract::startsFromTrialsThatThereWere,
            started(history -> history.isEmpty() ? null : history.size())),
        faulty(
            "starts from the trial itself",
            StrategyContract::startsFromTrialsThatThereWere,
            started(history -> history.size() + 1)),
        faulty(
            "lets the weights be removed that it starts from",
            StrategyContract::keepsTheTrialsThatItStartsFrom,
            () ->
                new Sound() {
                  @Override
                  public Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
                    return Set.of();
                  }
                }),
        faulty(
            "keeps trials that there were not",
            StrategyContract::keepsTheTrialsThatItStartsFrom,
            () ->
                new Sound() {
                  @Override
                  public Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
                    return Stream.concat(
                            Stream.of(history.size() + 1), history.stream().map(Observation::trial))
                        .collect(Collectors.toSet());
                  }
                }),
        faulty(
            "says that there are fewer trials",
            StrategyContract::endsWhenItSaidItWould,
            () ->
                new Sound() {
                  @Override
                  public OptionalLong mostTrials(SearchSpace space) {
                    return OptionalLong.of(3);
                  }
                }),
        faulty(
            "draws from a generator of its own",
            StrategyContract::proposesTheSameForTheSameSeed,
            () ->
                new Sound() {
                  private final SplittableRandom random = new SplittableRandom();

                  @Override
                  public Optional<Proposal> next(
                      SearchSpace space, List<Observation> history, long seed) {
                    return super.next(space, history, random.nextLong());
                  }
                }),
        faulty(
            "counts its calls",
            StrategyContract::goesOnAfterAResume,
            () ->
                new Sound() {
                  private int calls;

                  @Override
                  public Optional<Proposal> next(
                      SearchSpace space, List<Observation> history, long seed) {
                    calls++;
                    return super.next(space, history, seed + calls);
                  }
                }),
        faulty(
            "reads a loss that is not there",
            StrategyContract::bearsTrialsThatAllFail,
            started(
                history ->
                    history.stream()
                        .min(Comparator.comparingDouble(each -> (double) each.loss()))
                        .map(Observation::trial)
                        .orElse(null))),
        faulty(
            "divides by the spread of the losses",
            StrategyContract::bearsTrialsThatAreAllEqual,
            started(
                history -> {
                  long spread = history.stream().map(Observation::loss).distinct().count() - 1;
                  return history.size() < 2 ? null : (int) (1 / spread);
                })),
        faulty(
            "has no conclusion",
            StrategyContract::concludes,
            () ->
                new Sound() {
                  @Override
                  public String conclusion(SearchSpace space, List<Observation> history) {
                    return history.isEmpty() ? null : "";
                  }
                }),
        faulty(
            "sorts the history",
            StrategyContract::doesNotChangeTheHistory,
            () ->
                new Sound() {
                  @Override
                  public String conclusion(SearchSpace space, List<Observation> history) {
                    history.sort(Comparator.comparingInt(each -> -each.trial()));
                    return "";
                  }
                }));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"descriptions", "strategies"})
  void findsThatAStrategy(
      String fault, Promise promise, Supplier<Stream<TuningStrategyProvider>> providers) {
    StrategyContract contract = new StrategyContract("strategy", providers) {};

    assertThatThrownBy(() -> promise.check(contract))
        .isInstanceOfAny(
            AssertionError.class, NullPointerException.class, ArithmeticException.class);
  }

  private static Arguments fault(
      String what, Promise promise, Supplier<Stream<TuningStrategyProvider>> providers) {
    return arguments(what, promise, providers);
  }

  private static Arguments faulty(String what, Promise promise, Supplier<TuningStrategy> strategy) {
    return fault(what, promise, () -> Stream.of(announced(strategy)));
  }

  private static TuningStrategyProvider announced(Supplier<TuningStrategy> strategy) {
    return new Announced(strategy, List.of(), "No paper.");
  }

  private static Supplier<TuningStrategy> proposing(
      BiFunction<SearchSpace, Optional<Proposal>, Optional<Proposal>> change) {
    return () ->
        new Sound() {
          @Override
          public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
            return change.apply(space, super.next(space, history, seed));
          }
        };
  }

  private static Supplier<TuningStrategy> valued(Consumer<Map<String, Object>> change) {
    return proposing(
        (space, made) ->
            made.map(
                proposal -> {
                  Map<String, Object> values = new LinkedHashMap<>(proposal.values());
                  change.accept(values);
                  return new Proposal(values, proposal.budget(), proposal.warmStart());
                }));
  }

  private static Supplier<TuningStrategy> started(Function<List<Observation>, Integer> start) {
    return () ->
        new Sound() {
          @Override
          public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
            return super.next(space, history, seed)
                .map(made -> new Proposal(made.values(), 1, start.apply(history)));
          }
        };
  }
}
