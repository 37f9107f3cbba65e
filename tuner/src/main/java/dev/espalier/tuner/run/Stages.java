package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.tuner.result.RunFacts.StageTime;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs stages one after the other, telling the listener and the journal. */
final class Stages {
  /** What a stage does. */
  @FunctionalInterface
  interface Stage<T> {
    T run(Log log);
  }

  /** Where a stage says what it made and found out. */
  static final class Log {
    private final List<Path> outputs = new ArrayList<>();
    private final ObjectNode results = JsonNodeFactory.instance.objectNode();
    private final Map<String, String> inWords = new LinkedHashMap<>();

    /** A file that the stage made. */
    void output(Path file) {
      outputs.add(file);
    }

    /** A number that the stage found out. */
    void result(String name, double value) {
      results.put(name, value);
      inWords.put(name, String.format(Locale.ROOT, "%.4g", value));
    }

    /** A share, shown in percent. */
    void share(String name, double value) {
      results.put(name, value);
      inWords.put(name, String.format(Locale.ROOT, "%.2f%%", 100 * value));
    }

    /** A count that the stage found out. */
    void result(String name, long value) {
      results.put(name, value);
      inWords.put(name, Long.toString(value));
    }

    /** A size, shown in words. */
    void size(String name, long bytes) {
      results.put(name, bytes);
      inWords.put(name, Sizes.inWords(bytes));
    }

    /** A text that the stage found out. */
    void result(String name, String value) {
      results.put(name, value);
      inWords.put(name, value);
    }
  }

  private final RunListener listener;
  private final Clock clock;
  private final List<StageTime> times = new ArrayList<>();
  private @Nullable RunDirectory directory;

  Stages(RunListener listener, Clock clock) {
    this.listener = listener;
    this.clock = clock;
  }

  /** Keeps a journal in {@code directory}, from the stage that is running now. */
  void keepJournalIn(RunDirectory directory) {
    this.directory = directory;
  }

  /** The finished stages in order. */
  List<StageTime> times() {
    return List.copyOf(times);
  }

  /** Runs one stage; it counts once its line is in the journal. */
  <T> T run(int trial, String name, Stage<T> stage) {
    listener.on(new RunEvent.StageStarted(trial, name));
    ZonedDateTime started = ZonedDateTime.now(clock);
    long start = System.nanoTime();
    Log log = new Log();
    T result = stage.run(log);
    Duration time = Duration.ofNanos(System.nanoTime() - start);
    double seconds = time.toMillis() / 1e3;
    RunDirectory kept = directory;
    if (kept != null) {
      List<String> outputs = log.outputs.stream().map(kept::relative).toList();
      new Journal(kept).finished(trial, name, started, seconds, outputs, log.results);
    }
    times.add(new StageTime(trial, name, seconds));
    listener.on(new RunEvent.StageFinished(trial, name, time, log.inWords));
    return result;
  }
}
