package dev.espalier.tuner.result;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Problem;
import dev.espalier.tuner.config.ResolvedConfiguration;
import dev.espalier.tuner.plan.Plan;
import dev.espalier.tuner.port.FinePruner;
import dev.espalier.tuner.port.OnnxTools.Latency;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
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
 * @param plan what was to be done
 * @param environment where it ran
 * @param labels class names
 * @param trial number of the trial that is reported
 * @param denseTraining the dense model's training
 * @param dense the dense model's exported file
 * @param prunedTraining the pruned model's training
 * @param masks what is zero in it
 * @param pruned the pruned model's exported file
 * @param quantized the quantized file
 * @param fusedOperators what ONNX Runtime fuses in the exported file: operator to count
 * @param quantizationNotes what was quantized and what was not
 * @param latencies time of one request by file: dense, fp32, int8; empty when not measured
 * @param verdict whether the shipped file is good enough
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
    Plan plan,
    ObjectNode environment,
    List<String> labels,
    int trial,
    @Nullable Training denseTraining,
    @Nullable MeasuredFile dense,
    @Nullable Training prunedTraining,
    @Nullable MaskReport masks,
    @Nullable MeasuredFile pruned,
    @Nullable MeasuredFile quantized,
    Map<String, Integer> fusedOperators,
    Map<String, String> quantizationNotes,
    Map<String, Latency> latencies,
    @Nullable Verdict verdict,
    List<Failure> problems,
    List<StageTime> stages,
    Map<String, String> artifacts) {
  /** Copies the collections, keeping their order. */
  public RunFacts {
    labels = List.copyOf(labels);
    fusedOperators = copy(fusedOperators);
    quantizationNotes = copy(quantizationNotes);
    latencies = copy(latencies);
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
   * An exported file and how good it is.
   *
   * @param sizeBytes its size
   * @param metrics each metric by name; null until it was measured
   */
  public record MeasuredFile(long sizeBytes, @Nullable Map<String, Double> metrics) {}

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
    /** A problem that the user can mend. */
    public static Failure of(Problem problem) {
      String location = problem.location() == null ? null : problem.location().toString();
      return new Failure(problem.kind().name(), location, problem.message(), problem.advice());
    }

    /** A bug of Espalier or of a plugin. */
    public static Failure bug(Throwable bug) {
      return new Failure("BUG", null, bug.toString(), null);
    }
  }

  /** The target sparsity as configured, in [0, 1); null when the pruner does not follow one. */
  public @Nullable Double targetSparsity() {
    return configuration.configuration().pruning().approach().weightCompression().targetSparsity();
  }

  /** The file that ships: int8 when there is one. */
  public @Nullable MeasuredFile shipped() {
    return quantized == null ? pruned : quantized;
  }

  /** Wall time of all finished stages. */
  public double seconds() {
    return new ArrayList<>(stages).stream().mapToDouble(StageTime::seconds).sum();
  }

  private static <V> Map<String, V> copy(Map<String, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
