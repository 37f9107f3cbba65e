package dev.espalier.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.espalier.api.run.Finding;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunEvent.Note;
import dev.espalier.api.run.RunEvent.Outcome;
import dev.espalier.api.run.RunEvent.RunEnded;
import dev.espalier.api.run.RunEvent.RunStarted;
import dev.espalier.api.run.RunEvent.StageFinished;
import dev.espalier.api.run.RunEvent.StageStarted;
import dev.espalier.api.run.RunEvent.StepDone;
import dev.espalier.api.run.RunListener;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.ServiceLoader;
import java.util.TimeZone;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every run listener promises: to bear whatever a run tells, and to leave the run alone. A
 * plugin shows that it keeps these promises with one line:
 *
 * <pre>{@code
 * final class MyListenerTest extends ListenerContract {
 *   MyListenerTest() { super(MyListener.class); }
 * }
 * }</pre>
 *
 * <p>A new listener is made for each promise. That a call returns quickly is not measured: no limit
 * of time holds on every machine.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ListenerContract {
  /** The run directory of the events; the listener may write there. */
  @TempDir Path directory;

  private final String name;
  private final Supplier<Stream<RunListener>> all;

  /**
   * Names the listener under test, which {@link ServiceLoader} finds.
   *
   * @param type its class
   */
  protected ListenerContract(Class<? extends RunListener> type) {
    this(
        type.getName(),
        () ->
            ServiceLoader.load(RunListener.class).stream()
                .filter(provider -> provider.type() == type)
                .map(ServiceLoader.Provider::get));
  }

  /**
   * A listener that is announced otherwise than by a service file.
   *
   * @param listener makes one
   */
  protected ListenerContract(Supplier<? extends RunListener> listener) {
    this("the listener", () -> Stream.of(listener.get()));
  }

  /** For the contract's own tests, which need no service file. */
  ListenerContract(String name, Supplier<Stream<RunListener>> all) {
    this.name = name;
    this.all = all;
  }

  /** {@link ServiceLoader} finds the listener, once. */
  @Test
  protected final void isDiscoverableThroughServiceLoader() {
    assertThat(all.get())
        .as(
            "listeners of class %s; is there a line in META-INF/services/%s?",
            name, RunListener.class.getName())
        .hasSize(1);
  }

  // What it is told

  /** A run from its start to its end, with a search of two trials. */
  @Test
  protected final void bearsAWholeRun() {
    tellAll(wholeRun());
  }

  /** A run that is killed tells no end. */
  @Test
  protected final void bearsARunThatEndsAtAnyMoment() {
    List<RunEvent> run = wholeRun();
    for (int told = 0; told < run.size(); told++) {
      tellAll(run.subList(0, told));
    }
  }

  /** A run that fails in its preparation ends and never started. */
  @Test
  protected final void bearsARunThatFailsInItsPreparation() {
    for (Outcome outcome : List.of(Outcome.FAILED, Outcome.STOPPED)) {
      tellAll(List.of(new StageStarted(0, "prepare"), new RunEnded(outcome, Duration.ofMillis(3))));
    }
  }

  /** A resumed run begins with a trial or a step other than the first, or is over at once. */
  @Test
  protected final void bearsAResumedRun() {
    RunStarted start = start(true, 9);
    tellAll(
        List.of(
            start,
            new Note("Resuming the training after step 20 of 40."),
            step(3, 21, 40, OptionalDouble.empty()),
            new StageFinished(3, "fine_prune", Duration.ofSeconds(1), List.of()),
            new RunEnded(Outcome.STOPPED, Duration.ofSeconds(2))));
    tellAll(List.of(start, new RunEnded(Outcome.MET, Duration.ZERO)));
  }

  /** A stage without steps, a training of no step, and one that is over at once. */
  @Test
  protected final void bearsStagesWithoutSteps() {
    tellAll(
        List.of(
            start(false, 1),
            new StageStarted(0, "export"),
            new StageFinished(0, "export", Duration.ZERO, List.of()),
            new StageStarted(1, "fine_prune"),
            new StepDone(1, 0, 0, 0, 0, 0, 0, OptionalDouble.empty(), 0, Duration.ZERO),
            new StageFinished(
                1, "fine_prune", Duration.ZERO, List.of(Finding.of("steps", 0, "0")))));
  }

  /** Findings of text alone, or with none at all, and values at the ends of their ranges. */
  @Test
  protected final void bearsValuesOfEveryKind() {
    tellAll(
        List.of(
            new RunStarted("", directory, false, Long.MAX_VALUE, Map.of()),
            new StageStarted(Integer.MAX_VALUE, "a stage of a later version"),
            new StageFinished(
                1,
                "measure",
                Duration.ofDays(400),
                List.of(
                    Finding.text("verdict", ""),
                    Finding.text("fp32 mcc", "NaN"),
                    Finding.of("size", Double.MAX_VALUE, "much"),
                    Finding.of("änderung \u03bb", -0.0, "−0"))),
            new StepDone(
                1,
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                Double.MIN_VALUE,
                1,
                0,
                Double.MAX_VALUE,
                OptionalDouble.of(-1e-300),
                Double.POSITIVE_INFINITY,
                Duration.ofSeconds(Long.MAX_VALUE)),
            new Note(""),
            new Note("a | table\r\n--+--\n\u0000 \ud83d\ude00")));
  }

  /** Events of later versions are ignored. */
  @Test
  protected final void ignoresEventsOfLaterVersions() {
    List<RunEvent> run = new ArrayList<>(wholeRun());
    for (int at = run.size(); at >= 0; at--) {
      run.add(at, new LaterEvent(at));
    }
    tellAll(run);
  }

  /** An event that no listener knows. */
  private record LaterEvent(int number) implements RunEvent {}

  // What it must leave alone

  /** The thread of the run is not interrupted after a call. */
  @Test
  protected final void leavesTheThreadAsItWas() {
    RunListener listener = listener();
    for (RunEvent event : wholeRun()) {
      tell(listener, event);
      assertThat(Thread.interrupted()).as("the thread is interrupted after %s", event).isFalse();
    }
  }

  /** Default locale and time zone, and the standard streams, are as they were. */
  @Test
  protected final void leavesTheProcessAsItWas() {
    Locale locale = Locale.getDefault();
    TimeZone zone = TimeZone.getDefault();
    PrintStream out = System.out;
    PrintStream err = System.err;
    try {
      tellAll(wholeRun());

      assertThat(Locale.getDefault()).as("the default locale").isEqualTo(locale);
      assertThat(TimeZone.getDefault()).as("the default time zone").isEqualTo(zone);
      assertThat(System.out).as("System.out").isSameAs(out);
      assertThat(System.err).as("System.err").isSameAs(err);
    } finally {
      Locale.setDefault(locale);
      TimeZone.setDefault(zone);
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** Two listeners of one process, of two runs say, do not disturb each other. */
  @Test
  protected final void sharesNothingWithAnother() {
    RunListener first = listener();
    RunListener second = listener();
    for (RunEvent event : wholeRun()) {
      tell(first, event);
      tell(second, event);
    }
  }

  private List<RunEvent> wholeRun() {
    List<RunEvent> run = new ArrayList<>();
    run.add(new StageStarted(0, "prepare"));
    run.add(
        new StageFinished(
            0,
            "prepare",
            Duration.ofMillis(800),
            List.of(Finding.of("training examples", 400, "400"))));
    run.add(start(false, 2));
    run.add(new Note("trial | sparsity\n    1 | 50.0%"));
    for (int trial = 0; trial <= 2; trial++) {
      String training = trial == 0 ? "fine_tune" : "fine_prune";
      run.add(new StageStarted(trial, training));
      for (long step = 1; step <= 3; step++) {
        run.add(step(trial, step, 3, trial == 2 ? OptionalDouble.of(40) : OptionalDouble.empty()));
      }
      run.add(
          new StageFinished(
              trial,
              training,
              Duration.ofSeconds(2),
              List.of(Finding.of("steps", 3, "3"), Finding.of("sparsity", 0.5, "50.0%"))));
      run.add(new StageStarted(trial, "measure"));
      run.add(
          new StageFinished(
              trial,
              "measure",
              Duration.ofSeconds(1),
              List.of(Finding.of("accuracy", 0.91, "0.9100"), Finding.text("mcc", "NaN"))));
    }
    run.add(new StageStarted(2, "verdict"));
    run.add(
        new StageFinished(
            2, "verdict", Duration.ofMillis(90), List.of(Finding.text("verdict", "met"))));
    run.add(new RunEnded(Outcome.MET, Duration.ofSeconds(11)));
    return run;
  }

  private RunStarted start(boolean resumed, long trials) {
    return new RunStarted(
        "bert-tiny",
        directory,
        resumed,
        trials,
        Map.of("model.name", "\"bert-tiny\"", "distillation", "null", "pruning.train.epochs", "3"));
  }

  private static StepDone step(int trial, long step, long total, OptionalDouble lambda) {
    return new StepDone(
        trial, step, total, 0.69 / step, 0.1, 3e-5, 1.5, lambda, 410, Duration.ofSeconds(total));
  }

  private void tellAll(List<RunEvent> events) {
    RunListener listener = listener();
    events.forEach(event -> tell(listener, event));
    boolean unused = Thread.interrupted(); // has a promise of its own
  }

  private static void tell(RunListener listener, RunEvent event) {
    assertThatCode(() -> listener.on(event)).as("told of %s", event).doesNotThrowAnyException();
  }

  private RunListener listener() {
    return all.get()
        .findFirst()
        .orElseThrow(() -> new AssertionError("ServiceLoader finds no listener " + name));
  }
}
