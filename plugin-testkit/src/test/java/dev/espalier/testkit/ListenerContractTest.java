package dev.espalier.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract finds the promise that each faulty listener breaks, and sound ones pass. */
final class ListenerContractTest {
  @TempDir Path directory;

  /** One promise of the contract. */
  interface Promise {
    void check(ListenerContract contract);
  }

  /** Named in the service file of these tests. */
  public static final class Counting implements RunListener {
    private final Map<Class<?>, Integer> counts = new HashMap<>();

    /** For {@link java.util.ServiceLoader}. */
    public Counting() {}

    @Override
    public void on(RunEvent event) {
      counts.merge(event.getClass(), 1, Integer::sum);
    }
  }

  @Nested
  final class SoundListener extends ListenerContract {
    SoundListener() {
      super(Counting.class);
    }
  }

  @Nested
  final class Silent extends ListenerContract {
    Silent() {
      super(() -> RunListener.SILENT);
    }
  }

  static Stream<Arguments> faults() {
    return Stream.of(
        arguments(
            "is in no service file",
            (Promise) ListenerContract::isDiscoverableThroughServiceLoader,
            (Supplier<Stream<RunListener>>) Stream::empty),
        fault(
            "wants lambda of every training",
            ListenerContract::bearsAWholeRun,
            () ->
                event -> {
                  if (event instanceof RunEvent.StepDone step) {
                    double unused = step.lambda().orElseThrow();
                  }
                }),
        fault(
            "wants a number of every finding",
            ListenerContract::bearsAWholeRun,
            () ->
                event -> {
                  if (event instanceof RunEvent.StageFinished stage) {
                    stage.findings().forEach(each -> each.value().orElseThrow());
                  }
                }),
        fault(
            "fails at the first note",
            ListenerContract::bearsARunThatEndsAtAnyMoment,
            () ->
                event -> {
                  if (event instanceof RunEvent.Note) {
                    throw new IllegalStateException("no server");
                  }
                }),
        fault(
            "closes what a start opens",
            ListenerContract::bearsARunThatFailsInItsPreparation,
            () ->
                new RunListener() {
                  private Path open;

                  @Override
                  public void on(RunEvent event) {
                    if (event instanceof RunEvent.RunStarted start) {
                      open = start.directory();
                    } else if (event instanceof RunEvent.RunEnded) {
                      Objects.requireNonNull(open);
                    }
                  }
                }),
        fault(
            "remembers when each stage started",
            ListenerContract::bearsAResumedRun,
            () ->
                new RunListener() {
                  private final Map<Integer, String> started = new HashMap<>();

                  @Override
                  public void on(RunEvent event) {
                    if (event instanceof RunEvent.StageStarted stage) {
                      started.put(stage.trial(), stage.stage());
                    } else if (event instanceof RunEvent.StageFinished stage) {
                      Objects.requireNonNull(started.get(stage.trial()));
                    }
                  }
                }),
        fault(
            "divides by the number of steps",
            ListenerContract::bearsStagesWithoutSteps,
            () ->
                event -> {
                  if (event instanceof RunEvent.StepDone step) {
                    long unused = 100 * step.step() / step.totalSteps();
                  }
                }),
        fault(
            "multiplies the time left",
            ListenerContract::bearsValuesOfEveryKind,
            () ->
                event -> {
                  if (event instanceof RunEvent.StepDone step) {
                    long unused = step.timeLeft().toNanos();
                  }
                }),
        fault(
            "throws at an event that it does not know",
            ListenerContract::ignoresEventsOfLaterVersions,
            () ->
                event -> {
                  if (!event.getClass().getName().startsWith(RunEvent.class.getName())) {
                    throw new IllegalArgumentException("unknown event " + event);
                  }
                }),
        fault(
            "fails with an error",
            ListenerContract::bearsAWholeRun,
            () ->
                event -> {
                  throw new NoClassDefFoundError("com/example/Client");
                }),
        fault(
            "interrupts the thread",
            ListenerContract::leavesTheThreadAsItWas,
            () -> event -> Thread.currentThread().interrupt()),
        fault(
            "sets the default locale",
            ListenerContract::leavesTheProcessAsItWas,
            () -> event -> Locale.setDefault(Locale.forLanguageTag("ar-EG"))),
        fault(
            "replaces System.out",
            ListenerContract::leavesTheProcessAsItWas,
            () -> event -> System.setOut(new PrintStream(OutputStream.nullOutputStream()))),
        fault(
            "is confused by another one", ListenerContract::sharesNothingWithAnother, Shared::new));
  }

  /** Knows in a static field who was told last. */
  private static final class Shared implements RunListener {
    private static Shared last;

    @Override
    public void on(RunEvent event) {
      if (event instanceof RunEvent.RunStarted) {
        last = this;
      } else if (event instanceof RunEvent.StepDone && last != this) {
        throw new IllegalStateException("a step of another run");
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void findsThatAListener(String fault, Promise promise, Supplier<Stream<RunListener>> listeners) {
    ListenerContract contract = new ListenerContract("listener", listeners) {};
    contract.directory = directory;

    assertThatThrownBy(() -> promise.check(contract)).isInstanceOf(AssertionError.class);
  }

  private static Arguments fault(String what, Promise promise, Supplier<RunListener> listener) {
    Supplier<Stream<RunListener>> listeners = () -> Stream.of(listener.get());
    return arguments(what, promise, listeners);
  }
}
