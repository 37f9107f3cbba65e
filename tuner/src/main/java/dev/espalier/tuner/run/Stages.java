package dev.espalier.tuner.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.tuner.result.RunFacts.StageTime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs stages one after the other, telling the listener and the journal. In a run that goes on, a
 * stage that the journal has is not run again: what it found out is read back.
 */
final class Stages {
  private static final JsonMapper JSON = JsonMapper.builder().build();

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

  private record Key(int trial, String stage) {}

  private final RunListener listener;
  private final Clock clock;
  private final List<StageTime> times = new ArrayList<>();
  private final Set<Key> finished = new HashSet<>();
  private @Nullable RunDirectory directory;

  Stages(RunListener listener, Clock clock) {
    this.listener = listener;
    this.clock = clock;
  }

  /** Keeps a journal in {@code directory}, from the stage that is running now. */
  void keepJournalIn(RunDirectory directory) {
    this.directory = directory;
  }

  /** Goes on with the journal in {@code directory}; a line that was cut short is taken away. */
  void goOnIn(RunDirectory directory) {
    this.directory = directory;
    for (Journal.Line line : new Journal(directory).repair()) {
      finished.add(new Key(line.trial(), line.stage()));
      times.add(new StageTime(line.trial(), line.stage(), line.seconds()));
    }
  }

  /** The finished stages in order. */
  List<StageTime> times() {
    return List.copyOf(times);
  }

  /** Wall time of the finished stages, those of earlier processes included. */
  double seconds() {
    return times.stream().mapToDouble(StageTime::seconds).sum();
  }

  /** Whether the journal has the stage. */
  boolean isFinished(int trial, String name) {
    return finished.contains(new Key(trial, name));
  }

  /** The folder of a trial in the run directory. */
  static String folder(int trial) {
    return trial == 0 ? "baseline" : "trial-" + trial;
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
    finished.add(new Key(trial, name));
    times.add(new StageTime(trial, name, seconds));
    listener.on(new RunEvent.StageFinished(trial, name, time, log.inWords));
    return result;
  }

  /**
   * Runs one stage and keeps its result beside its files, or reads that back when the journal has
   * the stage.
   *
   * @param type a record of plain values
   */
  <T> T run(int trial, String name, Class<T> type, Stage<T> stage) {
    String file = folder(trial) + "/" + name + ".json";
    if (isFinished(trial, name)) {
      return read(file, type);
    }
    return run(
        trial,
        name,
        log -> {
          T result = stage.run(log);
          log.output(written(file, result));
          return result;
        });
  }

  private Path written(String file, Object result) {
    try {
      return created().write(file, JSON.writeValueAsString(result) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of plain values can always be written", e);
    }
  }

  private <T> T read(String file, Class<T> type) {
    try {
      return JSON.readValue(created().read(file), type);
    } catch (IOException e) {
      throw new ProblemException(
          ProblemException.of(
                  ProblemKind.INPUT,
                  created().resolve(file) + ": this is not what the stage wrote: " + e.getMessage(),
                  "Maybe it was edited; the run cannot go on from it, but can be started anew.")
              .problems(),
          e);
    }
  }

  private RunDirectory created() {
    RunDirectory kept = directory;
    if (kept == null) {
      throw new IllegalStateException("a stage with files ran before there was a run directory");
    }
    return kept;
  }
}
