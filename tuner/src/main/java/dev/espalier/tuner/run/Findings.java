package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.tuner.config.ResolvedConfiguration;
import dev.espalier.tuner.plan.Plan;
import dev.espalier.tuner.port.OnnxTools.Latency;
import dev.espalier.tuner.result.Criterion;
import dev.espalier.tuner.result.MaskReport;
import dev.espalier.tuner.result.RunFacts;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.RunFacts.StageTime;
import dev.espalier.tuner.result.RunFacts.Training;
import dev.espalier.tuner.result.Status;
import dev.espalier.tuner.result.Verdict;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run has found out so far. Filled stage by stage, and read at the end, be it a good or a
 * bad one; the run's thread alone uses it.
 */
final class Findings {
  private final ResolvedConfiguration configuration;
  private final ZonedDateTime started;
  private final Path directory;
  private final Criterion criterion;
  private final Plan plan;
  private final ObjectNode environment;
  private final List<String> labels;

  final Map<String, Integer> fusedOperators = new LinkedHashMap<>();
  final Map<String, String> quantizationNotes = new LinkedHashMap<>();
  final Map<String, Latency> latencies = new LinkedHashMap<>();
  final Map<String, String> artifacts = new LinkedHashMap<>();
  @Nullable Training denseTraining;
  @Nullable MeasuredFile dense;
  @Nullable Training prunedTraining;
  @Nullable MaskReport masks;
  @Nullable MeasuredFile pruned;
  @Nullable MeasuredFile quantized;
  @Nullable Verdict verdict;

  Findings(
      ResolvedConfiguration configuration,
      ZonedDateTime started,
      Path directory,
      Criterion criterion,
      Plan plan,
      ObjectNode environment,
      List<String> labels) {
    this.configuration = configuration;
    this.started = started;
    this.directory = directory;
    this.criterion = criterion;
    this.plan = plan;
    this.environment = environment;
    this.labels = labels;
  }

  /** Everything so far, with the way the run ended. */
  RunFacts facts(Status status, int trial, List<Failure> problems, List<StageTime> stages) {
    return new RunFacts(
        configuration,
        started,
        directory,
        status,
        criterion,
        plan,
        environment,
        labels,
        trial,
        denseTraining,
        dense,
        prunedTraining,
        masks,
        pruned,
        quantized,
        fusedOperators,
        quantizationNotes,
        latencies,
        verdict,
        problems,
        stages,
        artifacts);
  }
}
