package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.data.Head;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.model.ModelFormat;
import dev.espalier.tuner.prepare.Preparation.Prepared;
import dev.espalier.tuner.result.Criterion;
import dev.espalier.tuner.result.Objectives;
import dev.espalier.tuner.result.Ranking;
import dev.espalier.tuner.result.RunFacts;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.RunFacts.StageTime;
import dev.espalier.tuner.result.RunFacts.Training;
import dev.espalier.tuner.result.Status;
import dev.espalier.tuner.result.TrialFacts;
import dev.espalier.tuner.result.TrivialComparison;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a run has found out so far. Filled stage by stage, and read at the end, be it a good or a
 * bad one; the run's thread alone uses it.
 */
final class ResultCollector {
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
  @Nullable TrivialComparison trivial;
  @Nullable Long sparseArchiveBytes;

  ResultCollector(
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

  /**
   * Compares the dense model with the trivial predictor.
   *
   * @return what is to be said of a dense model that is no better; empty for one that is, and in a
   *     smoke run, where nothing is learned
   */
  Optional<String> compareWithTrivial(Prepared prepared, MeasuredFile dense) {
    TrivialComparison compared =
        TrivialComparison.of(
            prepared.criterion(),
            prepared.data().evaluations(),
            prepared.metrics(),
            dense::metric,
            prepared.configuration().tuning().baseline().allowTrivial());
    trivial = compared;
    RunFacts facts = facts(Status.MET, List.of(), List.of());
    return facts.shortcomings().stream()
        .map(each -> each.sentence() + " " + each.advice())
        .findFirst()
        .or(() -> facts.headlines().stream().findFirst());
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
        trivial,
        all,
        new Ranking(Objectives.of(configuration.configuration().tuning()))
            .best(all)
            .orElseGet(() -> last(all)),
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
