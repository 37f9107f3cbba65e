package dev.espalier.tuner.directory;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.run.Finding;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.core.text.Formats;
import dev.espalier.core.training.StopSignal;
import dev.espalier.tuner.result.RunFacts.StageTime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs stages one after the other, telling the listener and the journal. In a resumed run, a stage
 * that the journal has is not run again: what it found out is read back.
 */
public final class Stages {
  /** The last stage: it judges the run and writes the result. */
  public static final String VERDICT = "verdict";

  /** Writes again what is missing of the result of a finished run. */
  public static final String REBUILD = "rebuild";

  /** What a stage does. */
  @FunctionalInterface
  public interface Stage<T> {
    /** Does it, and returns what later stages need of it. */
    T run(Log log);
  }

  /** Where a stage says what it made and found out. */
  public static final class Log {
    private final List<Path> outputs = new ArrayList<>();
    private final ObjectNode results = JsonNodeFactory.instance.objectNode();
    private final Map<String, Finding> findings = new LinkedHashMap<>();

    /** A file that the stage made. */
    public void output(Path file) {
      outputs.add(file);
    }

    /** A number that the stage found out. */
    public void result(String name, double value) {
      results.put(name, value);
      found(Finding.of(name, value, String.format(Locale.ROOT, "%.4g", value)));
    }

    /** A share, shown in percent. */
    public void share(String name, double value) {
      results.put(name, value);
      found(Finding.of(name, value, Formats.percent(value)));
    }

    /** A count that the stage found out. */
    public void result(String name, long value) {
      results.put(name, value);
      found(Finding.of(name, (double) value, Long.toString(value)));
    }

    /** A size, shown in words. */
    public void size(String name, long bytes) {
      results.put(name, bytes);
      found(Finding.of(name, (double) bytes, Sizes.inWords(bytes)));
    }

    /** A text that the stage found out. */
    public void result(String name, String value) {
      results.put(name, value);
      found(Finding.text(name, value));
    }

    private void found(Finding finding) {
      findings.put(finding.name(), finding);
    }
  }

  private record Key(int trial, String stage) {}

  private final RunListener listener;
  private final Clock clock;
  private final StopSignal stop;
  private final List<StageTime> times = new ArrayList<>();
  private final Set<Key> finished = new HashSet<>();
  private final Map<Integer, Map<String, String>> made = new HashMap<>();
  private final Map<String, String> result = new LinkedHashMap<>();
  private @Nullable RunDirectory directory;
  private @Nullable Journal journal;
  private Interruption interruption = new Interruption();

  /**
   * Stages that no journal keeps yet.
   *
   * @param stop asked for at the beginning and the end of each stage, but not after the result is
   *     written: a finished run has nothing left to stop
   */
  public Stages(RunListener listener, Clock clock, StopSignal stop) {
    this.listener = listener;
    this.clock = clock;
    this.stop = stop;
  }

  /**
   * Keeps a journal in {@code directory}, from the stage that is running now.
   *
   * @param interruption told of the directory once it can be resumed, which takes a first line
   */
  public void keepJournalIn(RunDirectory directory, Interruption interruption) {
    this.directory = directory;
    this.journal = new Journal(directory);
    this.interruption = interruption;
  }

  /**
   * Resumes the journal in {@code directory}; a line that was cut short is taken away.
   *
   * @throws DamagedRun when the journal is broken
   */
  public void resumeIn(RunDirectory directory) {
    Journal kept = new Journal(directory);
    this.directory = directory;
    this.journal = kept;
    kept.repair().forEach(this::finished);
  }

  private void finished(Journal.Line line) {
    finished.add(new Key(line.trial(), line.stage()));
    times.add(new StageTime(line.trial(), line.stage(), line.seconds()));
    if (isOfResult(line.stage())) {
      result.putAll(line.sha256());
    } else {
      made.computeIfAbsent(line.trial(), trial -> new LinkedHashMap<>()).putAll(line.sha256());
    }
  }

  private void requireFiles(int trial) {
    for (String file : made.getOrDefault(trial, Map.of()).keySet()) {
      if (created().size(file) == null) {
        throw new DamagedRun(
            created().resolve(file), "the file is missing; a finished stage wrote it", null);
      }
    }
  }

  /** The finished stages in order. */
  public List<StageTime> times() {
    return List.copyOf(times);
  }

  /** Wall time of the finished stages, those of earlier processes included. */
  public double seconds() {
    return times.stream().mapToDouble(StageTime::seconds).sum();
  }

  /** Whether the journal has the stage. */
  public boolean isFinished(int trial, String name) {
    return finished.contains(new Key(trial, name));
  }

  /** The files of a finished run's result, each with its hash; empty before. */
  public Map<String, String> result() {
    return Map.copyOf(result);
  }

  /** Whether a stage writes the result, and no trial's or baseline's files. */
  public static boolean isOfResult(String stage) {
    return stage.equals(VERDICT) || stage.equals(REBUILD);
  }

  /** Whether the journal has the verdict. */
  public boolean isConcluded() {
    return finished.stream().anyMatch(key -> key.stage().equals(VERDICT));
  }

  /** The folder of a trial in the run directory. */
  public static String folder(int trial) {
    return trial == 0 ? "baseline" : "trial-" + trial;
  }

  /**
   * Runs one stage; it counts once its line is in the journal.
   *
   * @throws DamagedRun when a file that an earlier stage of the trial or the baseline made is gone
   * @throws dev.espalier.core.training.Stopped before or after the stage, when that was asked for
   */
  public <T> T run(int trial, String name, Stage<T> stage) {
    requireFiles(0);
    requireFiles(trial);
    listener.on(new RunEvent.StageStarted(trial, name));
    stop.check();
    ZonedDateTime started = ZonedDateTime.now(clock);
    long start = System.nanoTime();
    Log log = new Log();
    T result = stage.run(log);
    Duration time = Duration.ofNanos(System.nanoTime() - start);
    double seconds = time.toMillis() / 1e3;
    Journal kept = journal;
    if (kept != null) {
      List<String> outputs = log.outputs.stream().map(created()::relative).toList();
      finished(kept.finished(trial, name, started, seconds, outputs, log.results));
      interruption.keptIn(created().path());
    } else {
      finished(new Journal.Line(trial, name, seconds, false, Map.of(), null));
    }
    listener.on(new RunEvent.StageFinished(trial, name, time, List.copyOf(log.findings.values())));
    if (!isOfResult(name)) {
      stop.check();
    }
    return result;
  }

  /**
   * Runs one stage and keeps its result beside its files, or reads that back when the journal has
   * the stage.
   *
   * @param type a record of plain values
   */
  public <T> T run(int trial, String name, Class<T> type, Stage<T> stage) {
    String file = folder(trial) + "/" + name + ".json";
    if (isFinished(trial, name)) {
      return read(file, type);
    }
    return run(
        trial,
        name,
        log -> {
          T result = stage.run(log);
          log.output(created().write(file, StageRecords.text(result)));
          return result;
        });
  }

  private <T> T read(String file, Class<T> type) {
    try {
      return StageRecords.read(created().read(file), type);
    } catch (IOException | RuntimeException e) {
      if (e instanceof DamagedRun damaged) {
        throw damaged;
      }
      throw new DamagedRun(
          created().resolve(file), "not what the stage wrote: " + e.getMessage(), e);
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
