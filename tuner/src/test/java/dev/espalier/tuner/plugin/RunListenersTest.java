package dev.espalier.tuner.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.example.FaultyListeners;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A plugin's listener watches and does nothing else to a run. */
class RunListenersTest {
  private static final String HERE = Path.of("target/test-classes").toAbsolutePath().toString();
  private static final RunEvent NOTE = new RunEvent.Note("a note");
  private static final RunEvent STEP =
      new RunEvent.StepDone(
          2, 7, 9, 0.5, 0.1, 1e-3, 1, OptionalDouble.empty(), 10, Duration.ofSeconds(1));

  private final List<RunEvent> first = new ArrayList<>();
  private final List<RunEvent> heard = new ArrayList<>();

  static Stream<Throwable> throwables() {
    return Stream.of(
        new IllegalStateException("on\npurpose"),
        new AssertionError("on purpose"),
        new StackOverflowError(),
        new NoClassDefFoundError("com/example/Missing"),
        new AbstractMethodError("com.example.Old.on"),
        ProblemException.of(ProblemKind.CONFIGURATION, "no server", "Start it."));
  }

  @ParameterizedTest
  @MethodSource("throwables")
  @DisplayName("a listener that throws is named once, with jar, class and event, and dropped")
  void dropped(Throwable thrown) {
    List<RunEvent> told = new ArrayList<>();
    RunListener faulty =
        new FaultyListeners.Tracker(
            event -> {
              told.add(event);
              if (event == STEP) {
                sneak(thrown);
              }
            });
    RunListener listeners =
        RunListeners.of(List.of(faulty, new FaultyListeners.Other(heard::add))).behind(first::add);

    List.of(NOTE, STEP, STEP, NOTE).forEach(listeners::on);

    assertThat(told).containsExactly(NOTE, STEP);
    assertThat(first).hasSize(5).isEqualTo(heard);
    assertThat(first.get(2))
        .isInstanceOfSatisfying(
            RunEvent.Note.class,
            note ->
                assertThat(note.text())
                    .startsWith(
                        HERE + ": run listener \"" + FaultyListeners.Tracker.class.getName())
                    .contains("StepDone of trial 2 at step 7", "the run goes on")
                    .doesNotContain("\n")
                    .doesNotContain("bug"));
  }

  @Test
  @DisplayName("all may fail at once, and each is told to the ones that are left")
  void allDropped() {
    RunListener listeners =
        RunListeners.of(
                List.of(
                    new FaultyListeners.Tracker(event -> sneak(new AssertionError("one"))),
                    new FaultyListeners.Other(event -> sneak(new AssertionError("two")))))
            .behind(first::add);

    listeners.on(NOTE);
    listeners.on(STEP);

    assertThat(first).hasSize(4).startsWith(NOTE).endsWith(STEP);
  }

  @Test
  @DisplayName("a plugin's last event is the end, whatever another one throws then")
  void end() {
    RunEvent end = new RunEvent.RunEnded(RunEvent.Outcome.MET, Duration.ZERO);
    RunListener listeners =
        RunListeners.of(
                List.of(
                    new FaultyListeners.Tracker(event -> sneak(new AssertionError("on purpose"))),
                    new FaultyListeners.Other(heard::add)))
            .behind(first::add);

    listeners.on(end);

    assertThat(heard).containsExactly(end);
    assertThat(first).hasSize(2).startsWith(end);
  }

  @Test
  @DisplayName("exhausted memory is no listener's mistake")
  void memory() {
    RunListener listeners =
        RunListeners.of(
                List.of(
                    new FaultyListeners.Tracker(
                        event -> sneak(new OutOfMemoryError("on purpose")))))
            .behind(first::add);

    assertThatThrownBy(() -> listeners.on(NOTE)).isInstanceOf(OutOfMemoryError.class);
    listeners.on(STEP);
    assertThat(first).containsExactly(NOTE, STEP);
  }

  @Test
  @DisplayName("what the first listener throws is not caught")
  void trusted() {
    RunListener listeners =
        RunListeners.of(List.of(new FaultyListeners.Other(heard::add)))
            .behind(event -> sneak(new IllegalStateException("ours")));

    assertThatThrownBy(() -> listeners.on(NOTE)).hasMessage("ours");
  }

  @Test
  @DisplayName("the locale and the thread are left as they were")
  void surroundings() {
    Locale before = Locale.getDefault();
    RunListener listeners =
        RunListeners.of(
                List.of(
                    new FaultyListeners.Tracker(
                        event -> {
                          Locale.setDefault(Locale.forLanguageTag("ar-EG"));
                          Thread.currentThread().interrupt();
                        })))
            .behind(first::add);

    listeners.on(NOTE);

    assertThat(Thread.interrupted()).isFalse();
    assertThat(Locale.getDefault()).isEqualTo(before);
    assertThat(first).containsExactly(NOTE);
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable thrown) throws T {
    throw (T) thrown;
  }
}
