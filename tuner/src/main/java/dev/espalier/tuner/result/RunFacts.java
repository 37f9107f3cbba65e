package dev.espalier.tuner.result;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.config.Configuration.Distillation;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.model.ModelFormat;
import dev.espalier.core.text.Formats;
import dev.espalier.core.training.FinePruner;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a run found out, so far: what is null was not measured.
 *
 * @param configuration what was asked for
 * @param started when the run began
 * @param directory the run directory
 * @param status how it ended
 * @param criterion what is judged
 * @param environment where it ran
 * @param head what the model answers with
 * @param format what the model is exported to
 * @param denseTraining the dense model's training
 * @param baselineSource where the dense model comes from: trained, checkpoint or given
 * @param dense the dense model's exported file, or only its metrics
 * @param trivial the dense model beside the trivial predictor; null until it was measured
 * @param trials every trial in order
 * @param reported the trial that is reported: the best, or the last when none could be judged
 * @param sparseArchiveBytes size of the best model's archive, or null when there is none
 * @param problems why the run failed; empty unless it did
 * @param stages the finished stages in order
 * @param artifacts what the run made, by name, relative to the run directory
 */
public record RunFacts(
    ResolvedConfiguration configuration,
    ZonedDateTime started,
    Path directory,
    Status status,
    Criterion criterion,
    ObjectNode environment,
    Head head,
    ModelFormat format,
    @Nullable Training denseTraining,
    String baselineSource,
    @Nullable MeasuredFile dense,
    @Nullable TrivialComparison trivial,
    List<TrialFacts> trials,
    TrialFacts reported,
    @Nullable Long sparseArchiveBytes,
    List<Failure> problems,
    List<StageTime> stages,
    Map<String, String> artifacts) {
  /** A share of the weights by which a count of whole units may miss a sparsity without a word. */
  private static final double MISSED_BY = 0.02;

  /** The key of {@code environment} with the zeros that the models of the run came with. */
  public static final String STARTING_SPARSITY = "starting_sparsity";

  /** Copies the collections, keeping their order. */
  public RunFacts {
    trials = List.copyOf(trials);
    problems = List.copyOf(problems);
    stages = List.copyOf(stages);
    artifacts = copy(artifacts);
  }

  /**
   * A finished training.
   *
   * @param curve samples in order
   * @param seconds wall time
   */
  public record Training(List<FinePruner.Point> curve, double seconds) {
    /** Copies the list. */
    public Training {
      curve = List.copyOf(curve);
    }
  }

  /**
   * What a file weighs.
   *
   * @param bytes on the disk
   * @param compressedBytes by gzip, which is where unstructured zeros show
   */
  public record FileSize(long bytes, long compressedBytes) {}

  /**
   * A model and how good it is.
   *
   * @param size what its exported file weighs; null when there is no file, only its metrics
   * @param metrics each metric by name; null until it was measured
   */
  public record MeasuredFile(@Nullable FileSize size, @Nullable Map<String, Double> metrics) {
    /** What the file weighs, when there is one. */
    public FileSize file() {
      if (size == null) {
        throw new IllegalStateException("there is no file, only metrics");
      }
      return size;
    }

    /** Bytes on the disk. */
    public long sizeBytes() {
      return file().bytes();
    }

    /**
     * A metric that was measured.
     *
     * @throws IllegalStateException when it was not: there is no value to put in its place
     */
    public double metric(String name) {
      Double value = metrics == null ? null : metrics.get(name);
      if (value == null) {
        throw new IllegalStateException("the metric " + name + " was not measured");
      }
      return value;
    }
  }

  /**
   * A finished stage.
   *
   * @param trial 0 for the dense baseline
   * @param stage the stage's name
   * @param seconds wall time
   */
  public record StageTime(int trial, String stage, double seconds) {}

  /**
   * Why a run failed.
   *
   * @param kind the kind of problem, or BUG
   * @param location where it was found, or null
   * @param message what was wrong
   * @param advice what to do about it, or null
   */
  public record Failure(
      String kind, @Nullable String location, String message, @Nullable String advice) {
    private static final String BUG = "BUG";

    /** A problem that the user can mend. */
    public static Failure of(Problem problem) {
      String location = problem.location() == null ? null : problem.location().toString();
      return new Failure(problem.kind().name(), location, problem.message(), problem.advice());
    }

    /** What failed, for people. */
    @Override
    public String toString() {
      return (location == null ? "" : location + ": ") + message;
    }

    /** A bug of Espalier or of a plugin. */
    public static Failure bug(Throwable bug) {
      return new Failure(BUG, null, bug.toString(), null);
    }

    /** The failure as something to throw; what the library below threw is lost. */
    public RuntimeException toException() {
      return kind.equals(BUG)
          ? new IllegalStateException(message)
          : ProblemException.of(ProblemKind.valueOf(kind), message, advice);
    }
  }

  /** Number of the trial that is reported. */
  public int trial() {
    return reported.number();
  }

  /** The pruned model's training. */
  public @Nullable Training prunedTraining() {
    return reported.training();
  }

  /** What is zero in the pruned model. */
  public @Nullable MaskReport masks() {
    return reported.masks();
  }

  /** The pruned model's exported file. */
  public @Nullable MeasuredFile pruned() {
    return reported.pruned();
  }

  /** The quantized file. */
  public @Nullable MeasuredFile quantized() {
    return reported.quantized();
  }

  /** What ONNX Runtime fuses in the exported file: operator to count. */
  public Map<String, Integer> fusedOperators() {
    return reported.fusedOperators();
  }

  /** What was quantized and what was not; null without quantization. */
  public @Nullable QuantizationFacts quantization() {
    return reported.quantization();
  }

  /** Time of one request by file: dense, fp32, int8; empty when not measured. */
  public Map<String, Latency> latencies() {
    return reported.latencies();
  }

  /** Whether quantization made it faster; null when that was not measured. */
  public @Nullable Speed speed() {
    QuantizationFacts quantization = reported.quantization();
    return Speed.of(latencies(), quantization == null ? null : quantization.model(), environment);
  }

  /** Whether the shipped file is good enough. */
  public @Nullable Verdict verdict() {
    return reported.verdict();
  }

  /** The target sparsity asked for, in [0, 1); null when the pruner does not follow one. */
  public @Nullable Double targetSparsity() {
    return reported.targetSparsity();
  }

  /**
   * What a reader of the sparsity must not overlook: whole blocks, rows or heads may not add up to
   * what was asked for. Null when nothing is to be said, and for a steered pruner, whose missed
   * target is a {@link Shortcoming}.
   */
  public @Nullable String sparsityCaution() {
    Double asked = targetSparsity();
    MaskReport reached = masks();
    if (asked == null
        || reached == null
        || reported.isSteered()
        || reached.prunedLayers() >= asked - MISSED_BY) {
      return null;
    }
    return String.format(
        Locale.ROOT,
        "The sparsity asked for was not reached: %s in place of %s. Counts are of whole units (blocks,"
            + " rows, heads) and rounded.",
        Formats.percent(reached.prunedLayers()),
        Formats.percent(asked));
  }

  /**
   * Why the run counts as missed beside the criterion, the gravest first. A smoke run is excused:
   * nothing is learned in a few steps.
   */
  public List<Shortcoming> shortcomings() {
    if (isSmoke() || status == Status.FAILED) {
      return List.of();
    }
    List<Shortcoming> found = new ArrayList<>();
    if (trivial != null && !trivial.better() && !trivial.allowed()) {
      found.add(trivial.shortcoming());
    }
    Double asked = targetSparsity();
    MaskReport reached = masks();
    if (asked != null && reached != null && reported.sparsityShortfall() > 0) {
      found.add(
          new Shortcoming(
              Shortcoming.Kind.TARGET_SPARSITY,
              String.format(
                  Locale.ROOT,
                  "Target sparsity not reached: %s of the pruned layers in place of %s.",
                  Formats.percent(reached.prunedLayers()),
                  Formats.percent(asked)),
              "Train longer (pruning.train.epochs or max_steps), raise"
                  + " pruning.train.score_learning_rate, or lower target_sparsity."));
    }
    return found;
  }

  /** What ended the run early, and then the shortcomings, for the end of the console's output. */
  public List<Problem> withShortcomings(List<Problem> early) {
    List<Problem> all = new ArrayList<>(early);
    shortcomings().forEach(each -> all.add(each.toProblem()));
    return all;
  }

  /**
   * What every account of the run says first: its shortcomings, and a baseline that is no better
   * than the trivial predictor even where that is allowed. Empty when all is well.
   */
  public List<String> headlines() {
    List<String> first = new ArrayList<>();
    if (trivial != null && !trivial.better() && !isSmoke()) {
      first.add(trivial.sentence());
    }
    shortcomings().stream()
        .filter(each -> each.kind() != Shortcoming.Kind.TRIVIAL_BASELINE)
        .map(Shortcoming::sentence)
        .forEach(first::add);
    Verdict judged = verdict();
    if (trivial != null && trivial.better() && !isSmoke() && judged != null) {
      trivial.sentenceOfShipped(judged.value()).ifPresent(first::add);
    }
    return first;
  }

  /** Met or missed, by the criterion and by the {@link #shortcomings}; null until it was judged. */
  public @Nullable Status outcome() {
    Verdict judged = verdict();
    if (judged == null) {
      return null;
    }
    return judged.met() && shortcomings().isEmpty() ? Status.MET : Status.MISSED;
  }

  /** The verdict on the criterion, and that the run is missed all the same where it is. */
  public @Nullable String verdictSentence() {
    Verdict judged = verdict();
    if (judged == null) {
      return null;
    }
    return judged.met() && !shortcomings().isEmpty()
        ? judged.sentence() + " The run counts as missed all the same."
        : judged.sentence();
  }

  /** How the run ended, in one sentence: the gravest reason first. */
  public String statusText() {
    String sentence = verdictSentence();
    if (status == Status.FAILED || sentence == null) {
      return problems.isEmpty() ? "The run failed." : problems.get(0).message();
    }
    List<Shortcoming> missed = shortcomings();
    return missed.isEmpty() ? sentence : missed.get(0).sentence();
  }

  /** What decides which weights are removed; null when that could not be planned. */
  public @Nullable String prunerName() {
    return reported.plan() == null ? null : reported.plan().pruning().prunerName();
  }

  /** Whose answers the model has learnt, too; null for the true ones alone. */
  public @Nullable Distillation distillation() {
    return reported.plan() == null ? null : reported.plan().distillation();
  }

  /** The file that ships: int8 when there is one. */
  public @Nullable MeasuredFile shipped() {
    return reported.shipped();
  }

  /**
   * The share of zeros in the prunable weights of the model that training started from, or of the
   * baseline's checkpoint, whichever is larger; null when they were dense.
   */
  public @Nullable Double startingSparsity() {
    JsonNode share = environment.path(STARTING_SPARSITY).path("share");
    return share.isNumber() ? share.doubleValue() : null;
  }

  /** What a reader must know when that was no dense model; null otherwise. */
  public @Nullable String startingSparsityCaution() {
    return environment.path(STARTING_SPARSITY).path("caution").textValue();
  }

  /** Whether this is a smoke run, which says nothing about accuracy. */
  public boolean isSmoke() {
    return environment.path("mode").asText().equals("smoke");
  }

  /** What every account of a smoke run says first; null for a full run. */
  public @Nullable String smokeCaution() {
    return isSmoke()
        ? "Smoke run: a few steps on part of the model and the data. It shows that everything works"
            + " together and says nothing about accuracy, size or speed."
        : null;
  }

  /** The command that started the run and its arguments, as typed; empty when a program did. */
  public List<String> command() {
    List<String> words = new ArrayList<>();
    environment.path("command").forEach(word -> words.add(word.asText()));
    return words;
  }

  /** Wall time of all finished stages. */
  public double seconds() {
    return new ArrayList<>(stages).stream().mapToDouble(StageTime::seconds).sum();
  }

  private static <V> Map<String, V> copy(Map<String, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
