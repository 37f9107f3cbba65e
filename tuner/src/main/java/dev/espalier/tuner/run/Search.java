package dev.espalier.tuner.run;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.config.Configuration.ExitPolicy;
import dev.espalier.config.Configuration.Keep;
import dev.espalier.config.Configuration.Stop;
import dev.espalier.core.training.Stopped;
import dev.espalier.tuner.directory.DamagedRun;
import dev.espalier.tuner.directory.Proposed;
import dev.espalier.tuner.directory.RunDirectory;
import dev.espalier.tuner.directory.Stages;
import dev.espalier.tuner.plan.SearchSpaces;
import dev.espalier.tuner.prepare.Preparation.Prepared;
import dev.espalier.tuner.prepare.RunServices;
import dev.espalier.tuner.report.TrialTable;
import dev.espalier.tuner.result.Objectives;
import dev.espalier.tuner.result.Ranking;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.TrialFacts;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One trial after the other, until the strategy or the exit policy ends it. */
final class Search {
  private static final Logger LOG = LoggerFactory.getLogger(Search.class);
  private static final String PROPOSE = "propose";
  private static final String MEASURE = "measure";
  private static final String FAILED = "failed";
  private static final int MOST_EQUAL_FAILURES = 3;

  private final RunDirectory run;
  private final Prepared prepared;
  private final RunServices services;
  private final Stages stages;
  private final ModelPipeline pipeline;
  private final RunListener listener;
  private final ResultCollector found;
  private final TuningStrategy strategy;
  private final Ranking ranking;
  private @Nullable RuntimeException lastFailure;

  Search(
      RunDirectory run,
      Prepared prepared,
      RunServices services,
      Stages stages,
      ModelPipeline pipeline,
      RunListener listener,
      ResultCollector found) {
    this.run = run;
    this.prepared = prepared;
    this.services = services;
    this.stages = stages;
    this.pipeline = pipeline;
    this.listener = listener;
    this.found = found;
    this.strategy = prepared.strategy();
    this.ranking = new Ranking(Objectives.of(prepared.configuration().tuning()));
  }

  /**
   * Runs trials.
   *
   * @param dense the dense model's file, with its metrics
   * @return why the search ended early although it had more to try, or null when it did not
   * @throws RuntimeException what the last trial threw, when not one could be judged
   */
  @Nullable Problem run(MeasuredFile dense) {
    SearchSpace space = SearchSpaces.of(prepared.resolved(), services.pruners());
    long seed = prepared.configuration().tuning().randomSeed();
    Problem early = null;
    while (early == null && !isOver()) {
      int number = found.trials().size() + 1;
      Optional<Proposal> next = next(number, space, seed);
      if (next.isEmpty()) {
        break;
      }
      boolean isSearch = !space.dimensions().isEmpty();
      if (isSearch && !isFinished(number)) {
        listener.on(new RunEvent.Note(progress(number, space)));
      }
      trial(number, next.get(), dense);
      removeWhatCannotWin(space);
      if (isSearch) {
        listener.on(new RunEvent.Note(table(dense).lastInWords()));
      }
      early = sameFailureAgain();
    }
    if (ranking.best(found.trials()).isEmpty()) {
      throw early == null
          ? Objects.requireNonNull(lastFailure)
          : new ProblemException(List.of(early), lastFailure);
    }
    String conclusion =
        strategy.conclusion(space, found.trials().stream().map(TrialFacts::observation).toList());
    if (!conclusion.isEmpty()) {
      listener.on(new RunEvent.Note(conclusion));
    }
    return early;
  }

  /** The next proposal; what was proposed before a run was cut off is read back. */
  private Optional<Proposal> next(int number, SearchSpace space, long seed) {
    if (stages.isFinished(number, PROPOSE)) {
      return Optional.of(kept(number, PROPOSE, Proposed.class, null).proposal());
    }
    Optional<Proposal> next =
        strategy.next(space, found.trials().stream().map(TrialFacts::observation).toList(), seed);
    boolean asConfigured = space.dimensions().isEmpty();
    return asConfigured
        ? next
        : next.map(
            proposal -> kept(number, PROPOSE, Proposed.class, Proposed.of(proposal)).proposal());
  }

  /**
   * Removes weights and models of trials that can neither be the best nor be started from any more.
   * What cannot win now never can, so a run that was cut off here and goes on removes the same.
   */
  private void removeWhatCannotWin(SearchSpace space) {
    if (prepared.configuration().tuning().workspace().keep() == Keep.ALL) {
      return;
    }
    List<TrialFacts> trials = found.trials();
    Set<Integer> needed =
        new HashSet<>(
            strategy.startingPoints(space, trials.stream().map(TrialFacts::observation).toList()));
    ranking.contenders(trials).forEach(contender -> needed.add(contender.number()));
    trials.stream()
        .map(TrialFacts::number)
        .filter(number -> !needed.contains(number))
        .forEach(number -> run.thin(Stages.folder(number)));
  }

  /** Journals {@code value}, or reads it back where that was done before. */
  private <T> T kept(int number, String stage, Class<T> type, @Nullable T value) {
    return stages.run(
        number,
        stage,
        type,
        log -> {
          T made = Objects.requireNonNull(value);
          log.result(stage, made.toString());
          return made;
        });
  }

  private void trial(int number, Proposal proposal, MeasuredFile dense) {
    Trial trial = new Trial(number, proposal, run, prepared, services, stages, pipeline);
    found.begin(trial);
    if (stages.isFinished(number, FAILED)) {
      Failure failure = kept(number, FAILED, Failure.class, null);
      trial.failed(failure);
      lastFailure = failure.toException();
      return;
    }
    try {
      trial.run(dense);
    } catch (UncheckedIOException | Stopped | DamagedRun e) {
      throw e; // not the trial's fault: the disk would fail the next one too
    } catch (ProblemException e) {
      if (e.problems().get(0).kind() == ProblemKind.ENVIRONMENT) {
        throw e;
      }
      failed(trial, number, Failure.of(e.problems().get(0)), e);
    } catch (RuntimeException e) {
      failed(trial, number, Failure.bug(e), e);
    }
  }

  private void failed(Trial trial, int number, Failure failure, RuntimeException cause) {
    LOG.debug("trial {} failed", number, cause);
    lastFailure = cause;
    trial.failed(kept(number, FAILED, Failure.class, failure));
  }

  /** Whether the trial was finished before the run was cut off. */
  private boolean isFinished(int number) {
    return stages.isFinished(number, MEASURE) || stages.isFinished(number, FAILED);
  }

  private String progress(int number, SearchSpace space) {
    ExitPolicy policy = prepared.configuration().tuning().exitPolicy();
    return new SearchProgress(mostTrials(prepared, space), policy.timeout())
        .line(number, found.trials(), stages.times());
  }

  /** Upper bound of the number of trials; the exit policy may end the search sooner. */
  static long mostTrials(Prepared prepared, SearchSpace space) {
    long allowed = prepared.configuration().tuning().exitPolicy().maxTrials();
    return Math.min(allowed, prepared.strategy().mostTrials(space).orElse(allowed));
  }

  private TrialTable table(MeasuredFile dense) {
    Objectives objectives = Objectives.of(prepared.configuration().tuning());
    return new TrialTable(prepared.criterion(), objectives, dense, found.trials());
  }

  private boolean isOver() {
    ExitPolicy policy = prepared.configuration().tuning().exitPolicy();
    List<TrialFacts> trials = found.trials();
    boolean late = policy.timeout() > 0 && stages.seconds() >= policy.timeout();
    boolean met = trials.stream().anyMatch(TrialFacts::met);
    return trials.size() >= policy.maxTrials()
        || (late && !trials.isEmpty())
        || (met && policy.stop() == Stop.FIRST_MET);
  }

  private @Nullable Problem sameFailureAgain() {
    List<TrialFacts> trials = found.trials();
    if (trials.size() < MOST_EQUAL_FAILURES) {
      return null;
    }
    List<TrialFacts> last = trials.subList(trials.size() - MOST_EQUAL_FAILURES, trials.size());
    if (last.stream().anyMatch(trial -> trial.failure() == null)
        || last.stream().map(trial -> cause(trial.failure())).distinct().count() > 1) {
      return null;
    }
    Failure failure = Objects.requireNonNull(last.get(0).failure());
    return new Problem(
        ProblemKind.ENVIRONMENT,
        ProblemCode.TRAINING,
        null,
        MOST_EQUAL_FAILURES
            + " trials in a row failed for the same reason, so the search ended: "
            + failure.message(),
        failure.advice());
  }

  /** What failed, apart from the numbers in it. */
  private static String cause(@Nullable Failure failure) {
    return failure == null ? "" : failure.kind() + failure.message().replaceAll("[0-9.eE+-]+", "#");
  }
}
