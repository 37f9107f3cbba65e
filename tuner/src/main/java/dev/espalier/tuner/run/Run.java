package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.Stopped;
import dev.espalier.core.training.TrainingPlan;
import dev.espalier.tuner.directory.DamagedRun;
import dev.espalier.tuner.directory.Disk;
import dev.espalier.tuner.directory.DiskProblems;
import dev.espalier.tuner.directory.Interruption;
import dev.espalier.tuner.directory.Journal;
import dev.espalier.tuner.directory.RunDirectory;
import dev.espalier.tuner.directory.RunFiles;
import dev.espalier.tuner.directory.StageResults.Exported;
import dev.espalier.tuner.directory.StageResults.Measured;
import dev.espalier.tuner.directory.StageResults.Trained;
import dev.espalier.tuner.directory.Stages;
import dev.espalier.tuner.directory.WrittenFiles;
import dev.espalier.tuner.handover.BestModel;
import dev.espalier.tuner.plan.SearchSpaces;
import dev.espalier.tuner.prepare.BaselineSource;
import dev.espalier.tuner.prepare.Preflight;
import dev.espalier.tuner.prepare.Preparation;
import dev.espalier.tuner.prepare.Preparation.Prepared;
import dev.espalier.tuner.prepare.RunServices;
import dev.espalier.tuner.prepare.StartingSparsity;
import dev.espalier.tuner.report.HtmlReport;
import dev.espalier.tuner.report.TextSummary;
import dev.espalier.tuner.result.ResultJson;
import dev.espalier.tuner.result.RunFacts;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.RunFacts.Training;
import dev.espalier.tuner.result.Status;
import dev.espalier.tuner.result.Verdict;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run, from a resolved configuration to a verdict.
 *
 * <p>The stages follow each other, and what one made is on the disk before the next one starts:
 *
 * <pre>
 * prepare
 * trial 0: fine_tune → export → measure
 * trial n: propose → fine_prune → export → quantize → measure
 * verdict
 * </pre>
 *
 * <p>{@link #resume} resumes a run that ended early at its first unfinished stage.
 */
public final class Run {
  private static final Logger LOG = LoggerFactory.getLogger(Run.class);
  private static final int BASELINE = 0;
  private static final String PREPARE = "prepare";

  private final @Nullable Path earlier;
  private final ResolvedConfiguration resolved;
  private final RunServices services;
  private final RunListener listener;
  private final Clock clock;
  private final Disk disk;
  private final Stages stages;
  private final Interruption interruption;
  private final Invocation invocation;
  private @Nullable RunDirectory directory;
  private @Nullable ResultCollector findings;

  /** A run that nobody interrupts and a program started. */
  public Run(
      @Nullable RunDirectory earlier,
      ResolvedConfiguration resolved,
      RunServices services,
      RunListener listener,
      Clock clock,
      Disk disk) {
    this(
        earlier,
        resolved,
        services,
        listener,
        new Interruption(),
        Invocation.BY_PROGRAM,
        clock,
        disk);
  }

  /**
   * @param earlier the directory of the run that is resumed, or null for a new one
   * @param interruption may ask the run to end early
   * @param invocation how the run was started
   */
  public Run(
      @Nullable RunDirectory earlier,
      ResolvedConfiguration resolved,
      RunServices services,
      RunListener listener,
      Interruption interruption,
      Invocation invocation,
      Clock clock,
      Disk disk) {
    this.earlier = earlier == null ? null : earlier.path();
    this.directory = earlier;
    this.resolved = resolved;
    this.services = services;
    this.listener = listener;
    this.interruption = interruption;
    this.invocation = invocation;
    this.clock = clock;
    this.disk = disk;
    this.stages = new Stages(listener, clock, interruption.signal());
  }

  /**
   * Runs everything that {@code configuration} asks for.
   *
   * <p>A problem that a user can mend does not leave as an exception but as a result with status
   * failed, after it was written to {@code result.json}. A bug is written there too, and thrown.
   *
   * @param configuration what to do
   * @param services what to do it with; for a smoke run those of {@link SmokeRun#services}
   * @param invocation how the run was started
   * @param listener is told of every stage and step
   * @param interruption may ask the run to end early
   */
  public static RunResult execute(
      ResolvedConfiguration configuration,
      RunServices services,
      Invocation invocation,
      RunListener listener,
      Interruption interruption) {
    return new Run(
            null,
            configuration,
            services,
            listener,
            interruption,
            invocation,
            systemClock(),
            new Disk())
        .execute();
  }

  /**
   * Resumes a run that ended early at its first unfinished stage. The result of a finished run is
   * only told again, and nothing in its directory changes; what is missing of it is made again.
   *
   * @param directory the run's directory
   * @param services what the run works with, as before; a smoke run sees its part of them
   * @param invocation how the resume was started
   * @param listener is told of every stage and step
   * @param interruption may ask the run to end early
   * @throws ProblemException of kind INPUT when there is no run to resume or a file of it is
   *     damaged, of kind ENVIRONMENT when another process works in it, or of kind CONFIGURATION
   *     when configuration, data, weights or versions are not what they were
   */
  public static RunResult resume(
      Path directory,
      RunServices services,
      Invocation invocation,
      RunListener listener,
      Interruption interruption) {
    return resume(
        directory, services, invocation, listener, interruption, systemClock(), new Disk());
  }

  static RunResult resume(
      Path path, RunServices services, RunListener listener, Clock clock, Disk disk) {
    return resume(path, services, Invocation.BY_PROGRAM, listener, new Interruption(), clock, disk);
  }

  private static RunResult resume(
      Path path,
      RunServices services,
      Invocation invocation,
      RunListener listener,
      Interruption interruption,
      Clock clock,
      Disk disk) {
    try {
      Optional<FinishedRun> finished = FinishedRun.in(RunDirectory.look(path, disk));
      return finished.isPresent()
          ? finished.get().tell(listener)
          : resumeUnfinished(path, services, invocation, listener, interruption, clock, disk);
    } catch (DamagedRun e) {
      return damaged(path, e);
    }
  }

  private static RunResult resumeUnfinished(
      Path path,
      RunServices services,
      Invocation invocation,
      RunListener listener,
      Interruption interruption,
      Clock clock,
      Disk disk) {
    RunDirectory directory = RunDirectory.open(path, disk);
    try {
      List<Journal.Line> lines = new Journal(directory).read();
      WrittenFiles.of(lines).checkButForCard(directory);
      UnjournaledFiles.check(directory, lines);
      FinishedRun.checkPlaces(directory);
      Invocation began = Invocation.readFrom(RecordedEnvironment.read(directory).environment());
      RunServices seen =
          began.mode() == Invocation.Mode.SMOKE ? SmokeRun.services(services) : services;
      ResolvedConfiguration resolved =
          began.withPlugins(invocation, () -> configuration(directory, seen));
      return new Run(directory, resolved, seen, listener, interruption, began, clock, disk)
          .execute();
    } catch (ProblemException | DamagedRun e) {
      directory.close();
      throw e;
    }
  }

  private static ResolvedConfiguration configuration(RunDirectory directory, RunServices services) {
    return new ConfigurationLoader()
        .load(
            List.of(directory.resolve(RunDirectory.CONFIGURATION)),
            List.of(),
            Map.of(),
            Preflight.of(services).withoutWorkspace());
  }

  private static RunResult damaged(Path path, DamagedRun e) {
    LOG.debug("the run cannot be resumed", e);
    Problem problem = e.problem();
    return new RunResult(
        Status.FAILED, path, problem.kind().exitCode(), List.of(problem), null, "");
  }

  private static Clock systemClock() {
    return Clock.system(ZoneId.systemDefault());
  }

  /** Runs the stages that are not finished; the listener is told of the end, whatever it is. */
  public RunResult execute() {
    long start = System.nanoTime();
    RunEvent.Outcome outcome = RunEvent.Outcome.FAILED;
    try {
      RunResult result = result();
      outcome = outcome(result);
      return result;
    } finally {
      listener.on(new RunEvent.RunEnded(outcome, Duration.ofNanos(System.nanoTime() - start)));
    }
  }

  private static RunEvent.Outcome outcome(RunResult result) {
    if (result.exitCode() == RunResult.INTERRUPTED) {
      return RunEvent.Outcome.STOPPED;
    }
    return switch (result.status()) {
      case MET -> RunEvent.Outcome.MET;
      case MISSED -> RunEvent.Outcome.NOT_MET;
      case FAILED -> RunEvent.Outcome.FAILED;
    };
  }

  private RunResult result() {
    try {
      return allStages();
    } catch (ProblemException e) {
      return failed(e);
    } catch (DamagedRun e) {
      return damaged(created(directory).path(), e);
    } catch (UncheckedIOException e) {
      return failed(DiskProblems.of(e.getCause(), workspace(), 0, -1));
    } catch (OutOfMemoryError | UnsatisfiedLinkError e) {
      return failed(environmentProblem(e));
    } catch (Stopped e) {
      return interrupted();
    } catch (RuntimeException | Error e) {
      saveFailure(List.of(Failure.bug(e)), Status.FAILED.exitCode());
      throw e;
    } finally {
      if (directory != null) {
        directory.close();
      }
    }
  }

  private RunResult allStages() {
    Prepared prepared = earlier == null ? begin() : takeUp();
    RunDirectory run = created(directory);
    ResultCollector found = created(findings);
    ModelPipeline pipeline =
        new ModelPipeline(run, prepared, services, listener, interruption.signal());

    MeasuredFile dense = baseline(pipeline, prepared, found);
    Search search = new Search(run, prepared, services, stages, pipeline, listener, found);
    Problem early = search.run(dense);
    List<Problem> problems = early == null ? List.of() : List.of(early);
    RunFacts facts = verdict(run, found, prepared, pipeline, problems);
    return new RunResult(
        facts.status(),
        run.path(),
        exitCode(facts.status(), problems),
        facts.withShortcomings(problems),
        facts,
        summary(facts));
  }

  private static String summary(RunFacts facts) {
    return TextSummary.of(facts) + "\n" + FinishedRun.place(facts.directory());
  }

  // ---------------------------------------------------------------- prepare

  private Prepared begin() {
    ZonedDateTime started = ZonedDateTime.now(clock);
    Prepared ready = stages.run(BASELINE, PREPARE, log -> begin(started, log));
    // Only now, for a run that is stopped here can already go on.
    tellStart(ready);
    listener.on(new RunEvent.Note(ready.plan().table()));
    ready.modelNotes().forEach(note -> listener.on(new RunEvent.Note(note)));
    return ready;
  }

  private Prepared begin(ZonedDateTime started, Stages.Log log) {
    Prepared prepared = new Preparation(resolved, services, disk, workspace()).prepare();
    RunDirectory run =
        RunDirectory.create(workspace(), resolved.configuration().model().name(), started, disk);
    directory = run;
    ObjectNode environment = environment(prepared);
    environment.put("started", started.toOffsetDateTime().toString());
    invocation.writeTo(environment);
    StartingSparsity.writeTo(environment, prepared);
    findings = findings(started, run, prepared, environment);
    stages.keepJournalIn(run, interruption);
    run.write(RunDirectory.CONFIGURATION, resolved.toYaml());
    run.write(RunDirectory.ENVIRONMENT, environment.toPrettyString() + "\n");
    return tell(log, run, prepared);
  }

  /** Prepares as before, and checks that nothing has changed since. */
  private Prepared takeUp() {
    RunDirectory run = created(directory);
    interruption.keptIn(run.path());
    stages.resumeIn(run);
    RecordedEnvironment origin = RecordedEnvironment.read(run);
    Prepared prepared = new Preparation(origin.of(resolved), services, disk, run.path()).prepare();
    origin.check(environment(prepared));
    findings = findings(origin.started(clock), run, prepared, origin.environment());
    if (!stages.isFinished(BASELINE, PREPARE)) {
      stages.run(BASELINE, PREPARE, log -> tell(log, run, prepared));
    }
    tellStart(prepared);
    listener.on(
        new RunEvent.Note(
            "Resuming " + run.path() + ": " + stages.times().size() + " stages are finished."));
    return prepared;
  }

  private void tellStart(Prepared prepared) {
    Map<String, String> settings = new LinkedHashMap<>();
    prepared
        .resolved()
        .values()
        .forEach(value -> settings.put(value.path(), value.value().toString()));
    SearchSpace space = SearchSpaces.of(prepared.resolved(), services.pruners());
    listener.on(
        new RunEvent.RunStarted(
            prepared.configuration().model().name(),
            created(directory).path(),
            earlier != null,
            Search.mostTrials(prepared, space),
            settings));
  }

  private static Prepared tell(Stages.Log log, RunDirectory run, Prepared prepared) {
    log.output(run.resolve(RunDirectory.CONFIGURATION));
    log.output(run.resolve(RunDirectory.ENVIRONMENT));
    log.result("training examples", prepared.data().train().size());
    EncodedSet calibration = prepared.data().ownCalibration();
    if (calibration != null) {
      log.result("calibration examples", calibration.size());
    }
    prepared
        .data()
        .evaluations()
        .forEach(each -> log.result(each.set().name() + " examples", each.set().size()));
    return prepared;
  }

  private ObjectNode environment(Prepared prepared) {
    ObjectNode environment = Environment.machine(services.libraryVersions());
    Environment.addInputs(
        environment,
        prepared.resolved(),
        prepared.model(),
        prepared.teacher(),
        prepared.data(),
        prepared.baseline());
    return environment;
  }

  private static ResultCollector findings(
      ZonedDateTime started, RunDirectory run, Prepared prepared, ObjectNode environment) {
    return new ResultCollector(
        prepared.resolved(),
        started,
        run.path(),
        prepared.criterion(),
        environment,
        prepared.data().head(),
        prepared.format(),
        prepared.baseline().label());
  }

  // ---------------------------------------------------------------- baseline

  /** The dense model, which every trial is judged against, with its metrics. */
  private MeasuredFile baseline(ModelPipeline pipeline, Prepared prepared, ResultCollector found) {
    MeasuredFile dense =
        prepared.baseline() instanceof BaselineSource.Known given
            ? new MeasuredFile(null, given.metrics())
            : measuredBaseline(pipeline, prepared, found);
    found.dense = dense;
    for (String metric : prepared.criterion().metrics()) {
      double baseline = dense.metric(metric);
      if (!Double.isFinite(baseline)) {
        throw ProblemException.of(
            ProblemKind.TRAINING,
            "the baseline's "
                + metric
                + " is "
                + baseline
                + ", which nothing can be judged against",
            "Maybe the dense training went wrong, or the metric is not defined on this data.");
      }
    }
    found
        .compareWithTrivial(prepared, dense)
        .ifPresent(each -> listener.on(new RunEvent.Note(each)));
    listener.on(new RunEvent.Note(prepared.criterion().sentence(dense::metric)));
    return dense;
  }

  /** Fine-tunes the dense model, unless that was done before, and measures it. */
  private MeasuredFile measuredBaseline(
      ModelPipeline pipeline, Prepared prepared, ResultCollector found) {
    TransformerWeights[] made = new TransformerWeights[1];
    if (prepared.baseline() instanceof BaselineSource.Checkpoint checkpoint) {
      if (!stages.isFinished(BASELINE, "read")) {
        made[0] = stages.run(BASELINE, "read", log -> pipeline.keepBaseline(checkpoint, log));
      }
    } else {
      TrainingPlan training = created(prepared.plan().baseline());
      found.denseTraining =
          stages
              .run(
                  BASELINE,
                  "fine_tune",
                  Trained.class,
                  log -> {
                    FinePruner.Outcome outcome =
                        pipeline.train(BASELINE, prepared.model(), training, null, null, log);
                    made[0] = outcome.weights();
                    return new Trained(new Training(outcome.curve(), outcome.seconds()), null);
                  })
              .training();
      pipeline.forgetState(BASELINE);
    }
    Exported exported =
        stages.run(
            BASELINE,
            "export",
            Exported.class,
            log ->
                new Exported(
                    pipeline.export(
                        BASELINE, made[0] == null ? pipeline.weights(BASELINE) : made[0], log),
                    Map.of()));
    found.dense = new MeasuredFile(exported.size(), null);
    Measured measured =
        stages.run(
            BASELINE,
            "measure",
            Measured.class,
            log ->
                new Measured(
                    pipeline.evaluate(Stages.folder(BASELINE) + "/" + pipeline.exported(), "", log),
                    null,
                    Map.of()));
    return new MeasuredFile(exported.size(), measured.fp32());
  }

  // ---------------------------------------------------------------- verdict

  private RunFacts verdict(
      RunDirectory run,
      ResultCollector found,
      Prepared prepared,
      ModelPipeline pipeline,
      List<Problem> problems) {
    int best = found.facts(Status.MET, List.of(), List.of()).trial();
    // A finished run comes here only when something of its result is missing.
    String stage = stages.isFinished(best, Stages.VERDICT) ? Stages.REBUILD : Stages.VERDICT;
    return stages.run(best, stage, log -> conclude(run, found, prepared, pipeline, problems, log));
  }

  private RunFacts conclude(
      RunDirectory run,
      ResultCollector found,
      Prepared prepared,
      ModelPipeline pipeline,
      List<Problem> problems,
      Stages.Log log) {
    RunFacts facts = concluded(run, found, problems);
    Verdict verdict = created(facts.verdict());
    if (verdict.caution() != null) {
      listener.on(new RunEvent.Note(verdict.caution()));
    }
    log.output(run.write(FinishedRun.REPORT, HtmlReport.of(facts)));
    if (isMissing(run, RunFiles.BEST)) {
      TransformerWeights weights = pipeline.weights(facts.trial());
      new BestModel(run, facts, prepared, weights, services.archives()).assemble(stages.result());
    }
    log.output(run.resolve(RunFiles.BEST));
    RunFacts complete = concluded(run, found, problems);
    log.output(run.write(FinishedRun.SUMMARY, TextSummary.of(complete) + "\n"));
    log.output(
        run.write(FinishedRun.RESULT, resultJson(complete, exitCode(complete.status(), problems))));
    log.result("verdict", complete.statusText());
    return complete;
  }

  /** Whether a folder of the result has to be made: it never was, or something in it is gone. */
  private boolean isMissing(RunDirectory run, String folder) {
    return !stages.isConcluded()
        || !Files.isDirectory(run.resolve(folder))
        || stages.result().keySet().stream()
            .anyMatch(file -> file.startsWith(folder + "/") && run.size(file) == null);
  }

  private static int exitCode(Status status, List<Problem> problems) {
    return problems.isEmpty() ? status.exitCode() : problems.get(0).kind().exitCode();
  }

  private static String resultJson(RunFacts facts, int exitCode) {
    return ResultJson.of(facts).put("exit_code", exitCode).toPrettyString() + "\n";
  }

  private RunFacts concluded(RunDirectory run, ResultCollector found, List<Problem> problems) {
    List<Failure> failures = problems.stream().map(Failure::of).toList();
    RunFacts judged = found.facts(Status.MET, failures, List.of());
    found.artifacts.clear();
    found.artifacts.putAll(BestModel.artifacts(judged.format(), judged.quantized() != null));
    found.artifacts.put("report", FinishedRun.REPORT);
    found.artifacts.put("summary", FinishedRun.SUMMARY);
    found.sparseArchiveBytes = run.size(BestModel.ARCHIVE);
    return found.facts(created(judged.outcome()), failures, withoutVerdict());
  }

  /** The stages that a result tells of: all but the one that writes it. */
  private List<RunFacts.StageTime> withoutVerdict() {
    return stages.times().stream().filter(time -> !Stages.isOfResult(time.stage())).toList();
  }

  // ---------------------------------------------------------------- failure

  private RunResult failed(ProblemException e) {
    LOG.debug("the run failed", e);
    RunFacts facts = saveFailure(e.problems().stream().map(Failure::of).toList(), e.exitCode());
    return new RunResult(
        Status.FAILED,
        directory == null ? null : directory.path(),
        e.exitCode(),
        e.problems(),
        facts,
        facts == null ? "" : summary(facts));
  }

  private RunResult interrupted() {
    return new RunResult(
        Status.FAILED,
        directory == null ? null : directory.path(),
        RunResult.INTERRUPTED,
        List.of(),
        null,
        interruption.sentence());
  }

  /** Writes what there is. Nothing is deleted: models that were made are worth more than order. */
  private @Nullable RunFacts saveFailure(List<Failure> failures, int exitCode) {
    RunDirectory run = directory;
    ResultCollector found = findings;
    if (run == null || found == null || stages.isConcluded()) {
      return null; // the result of a finished run stays, even if a missing file can't be made again
    }
    found.artifacts.clear();
    RunFacts facts = found.facts(Status.FAILED, failures, withoutVerdict());
    try {
      run.write(FinishedRun.RESULT, resultJson(facts, exitCode));
    } catch (ProblemException e) {
      // The first problem is the one to report, and a full disk takes no result either.
      LOG.warn("the failure could not be written to {}: {}", run.path(), e.getMessage());
    }
    return facts;
  }

  private static ProblemException environmentProblem(Error e) {
    boolean memory = e instanceof OutOfMemoryError;
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.ENVIRONMENT,
                null,
                memory
                    ? "there is not enough memory: " + e.getMessage()
                    : "a native library cannot be loaded: " + e.getMessage(),
                memory
                    ? "Maybe lower pruning.train.batch_size or data.max_sequence_length, or give"
                        + " Java a larger heap with -Xmx."
                    : "Maybe this platform is not supported, or a library is missing.")),
        e);
  }

  private Path workspace() {
    return resolved.configuration().tuning().workspace().path();
  }

  private static <T> T created(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("a stage ran before what it needs");
    }
    return value;
  }
}
