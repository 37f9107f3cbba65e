package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.data.Head;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.tuner.config.ResolvedConfiguration;
import dev.espalier.tuner.port.ModelFormat;
import dev.espalier.tuner.result.Criterion;
import dev.espalier.tuner.result.RunFacts;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.RunFacts.StageTime;
import dev.espalier.tuner.result.RunFacts.Training;
import dev.espalier.tuner.result.Status;
import dev.espalier.tuner.result.TrialFacts;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
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
  private final ObjectNode environment;
  private final Head head;
  private final ModelFormat format;
  private final String baselineSource;
  private final List<Trial> trials = new ArrayList<>();

  final Map<String, String> artifacts = new LinkedHashMap<>();
  @Nullable Training denseTraining;
  @Nullable MeasuredFile dense;
  @Nullable Long sparseArchiveBytes;

  Findings(
      ResolvedConfiguration configuration,
      ZonedDateTime started,
      Path directory,
      Criterion criterion,
      ObjectNode environment,
      Head head,
      ModelFormat format,
      String baselineSource) {
    this.configuration = configuration;
    this.started = started;
    this.directory = directory;
    this.criterion = criterion;
    this.environment = environment;
    this.head = head;
    this.format = format;
    this.baselineSource = baselineSource;
  }

  /** A trial begins. */
  void begin(Trial trial) {
    trials.add(trial);
  }

  /** What is known of every trial that has begun, in order. */
  List<TrialFacts> trials() {
    return trials.stream().map(Trial::facts).toList();
  }

  /** Everything so far, with the way the run ended. */
  RunFacts facts(Status status, List<Failure> problems, List<StageTime> stages) {
    List<TrialFacts> all = trials();
    return new RunFacts(
        configuration,
        started,
        directory,
        status,
        criterion,
        environment,
        head,
        format,
        denseTraining,
        baselineSource,
        dense,
        all,
        TrialFacts.best(all).orElseGet(() -> last(all)),
        sparseArchiveBytes,
        problems,
        stages,
        artifacts);
  }

  private static TrialFacts last(List<TrialFacts> trials) {
    return trials.isEmpty()
        ? TrialFacts.notBegun(1, Proposal.of(Map.of()))
        : trials.get(trials.size() - 1);
  }
}
