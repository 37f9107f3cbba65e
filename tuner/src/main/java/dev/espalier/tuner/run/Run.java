package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.tuner.config.Configuration;
import dev.espalier.tuner.config.Configuration.Performance;
import dev.espalier.tuner.config.ResolvedConfiguration;
import dev.espalier.tuner.plan.Cores;
import dev.espalier.tuner.plan.Plan;
import dev.espalier.tuner.port.FinePruner;
import dev.espalier.tuner.port.OnnxTools.LatencySettings;
import dev.espalier.tuner.port.PretrainedModel;
import dev.espalier.tuner.port.PruningPlan;
import dev.espalier.tuner.port.Tensor;
import dev.espalier.tuner.port.TrainingPlan;
import dev.espalier.tuner.port.TransformerWeights;
import dev.espalier.tuner.report.HtmlReport;
import dev.espalier.tuner.report.TextSummary;
import dev.espalier.tuner.result.MaskReport;
import dev.espalier.tuner.result.ResultJson;
import dev.espalier.tuner.result.RunFacts;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.RunFacts.Training;
import dev.espalier.tuner.result.Status;
import dev.espalier.tuner.result.Verdict;
import dev.espalier.tuner.run.Preparation.Prepared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
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
 * trial 1: fine_prune → export → quantize → measure → verdict
 * </pre>
 */
public final class Run {
  private static final Logger LOG = LoggerFactory.getLogger(Run.class);
  private static final int BASELINE = 0;
  private static final int TRIAL = 1;
  private static final String MASKS = "trial-1/masks.json";

  private final ResolvedConfiguration resolved;
  private final Configuration configuration;
  private final RunServices services;
  private final RunListener listener;
  private final Clock clock;
  private final Disk disk;
  private final Stages stages;
  private @Nullable RunDirectory directory;
  private @Nullable Findings findings;

  Run(
      ResolvedConfiguration resolved,
      RunServices services,
      RunListener listener,
      Clock clock,
      Disk disk) {
    this.resolved = resolved;
    this.configuration = resolved.configuration();
    this.services = services;
    this.listener = listener;
    this.clock = clock;
    this.disk = disk;
    this.stages = new Stages(listener, clock);
  }

  /**
   * Runs everything that {@code configuration} asks for.
   *
   * <p>A problem that a user can mend does not leave as an exception but as a result with status
   * failed, after it was written to {@code result.json}. A bug is written there too, and thrown.
   *
   * @param configuration what to do
   * @param services what to do it with
   * @param listener is told of every stage and step
   */
  public static RunResult execute(
      ResolvedConfiguration configuration, RunServices services, RunListener listener) {
    return new Run(
            configuration, services, listener, Clock.system(ZoneId.systemDefault()), new Disk())
        .execute();
  }

  RunResult execute() {
    try {
      return allStages();
    } catch (ProblemException e) {
      return failed(e);
    } catch (UncheckedIOException e) {
      return failed(DiskProblems.of(e.getCause(), workspace(), 0, -1));
    } catch (OutOfMemoryError | UnsatisfiedLinkError e) {
      return failed(environmentProblem(e));
    } catch (RuntimeException | Error e) {
      saveFailure(List.of(Failure.bug(e)));
      throw e;
    }
  }

  private RunResult allStages() {
    ZonedDateTime started = ZonedDateTime.now(clock);
    Prepared prepared = stages.run(BASELINE, "prepare", log -> prepare(started, log));
    RunDirectory run = created(directory);
    Findings found = created(findings);
    Tools tools = new Tools(run, prepared);

    TransformerWeights dense = tools.fineTune(found);
    tools.exportDense(found, dense);
    tools.measureDense(found);

    TransformerWeights pruned = tools.finePrune(found, dense);
    tools.exportPruned(found, pruned);
    if (configuration.quantization() != null) {
      tools.quantize(found);
    }
    tools.measurePruned(found);
    RunFacts facts = stages.run(TRIAL, "verdict", log -> conclude(run, found, prepared, log));
    return new RunResult(
        facts.status(),
        run.path(),
        facts.status().exitCode(),
        List.of(),
        facts,
        TextSummary.of(facts));
  }

  // ---------------------------------------------------------------- prepare

  private Prepared prepare(ZonedDateTime started, Stages.Log log) {
    Prepared prepared = new Preparation(resolved, services, disk).prepare();
    RunDirectory run =
        RunDirectory.create(workspace(), configuration.model().name(), started, disk);
    directory = run;
    ObjectNode environment = Environment.machine(services.libraryVersions());
    EncodedSet train = prepared.data().train();
    EncodedSet evaluation = prepared.data().evaluation();
    Environment.addInputs(environment, resolved, prepared.model(), train, evaluation);
    findings =
        new Findings(
            resolved,
            started,
            run.path(),
            prepared.criterion(),
            prepared.plan(),
            environment,
            train.labels());
    stages.keepJournalIn(run);
    log.output(run.write("config.resolved.yaml", resolved.toYaml()));
    log.output(run.write("environment.json", environment.toPrettyString() + "\n"));
    log.result("training examples", train.size());
    log.result("evaluation examples", evaluation.size());
    listener.on(new RunEvent.Note(prepared.plan().table()));
    return prepared;
  }

  // ---------------------------------------------------------------- verdict

  private RunFacts conclude(RunDirectory run, Findings found, Prepared prepared, Stages.Log log) {
    String metric = prepared.metric().name();
    double baseline = value(created(found.dense), metric);
    MeasuredFile shipped = found.quantized == null ? created(found.pruned) : found.quantized;
    if (!Double.isFinite(baseline)) {
      throw ProblemException.of(
          ProblemKind.TRAINING,
          "the baseline's " + metric + " is " + baseline + ", which nothing can be judged against",
          "Maybe the dense training went wrong, or the metric is not defined on this data.");
    }
    Verdict verdict = Verdict.judge(prepared.criterion(), baseline, value(shipped, metric));
    found.verdict = verdict;
    if (verdict.caution() != null) {
      listener.on(new RunEvent.Note(verdict.caution()));
    }
    found.artifacts.putAll(BestModel.artifacts(found.quantized != null));
    found.artifacts.put("report", "report.html");
    RunFacts facts = found.facts(verdict.status(), TRIAL, List.of(), stages.times());
    log.output(run.write("report.html", HtmlReport.of(facts)));
    new BestModel(run, facts, prepared).assemble();
    log.output(run.resolve(BestModel.FOLDER));
    log.output(run.write("result.json", ResultJson.of(facts).toPrettyString() + "\n"));
    log.result("verdict", verdict.sentence());
    return facts;
  }

  private static double value(MeasuredFile file, String metric) {
    Map<String, Double> metrics = created(file.metrics());
    Double value = metrics.get(metric);
    if (value == null) {
      throw new IllegalStateException("the evaluation left out the metric " + metric);
    }
    return value;
  }

  // ---------------------------------------------------------------- failure

  private RunResult failed(ProblemException e) {
    LOG.debug("the run failed", e);
    RunFacts facts = saveFailure(e.problems().stream().map(Failure::of).toList());
    return new RunResult(
        Status.FAILED,
        directory == null ? null : directory.path(),
        e.exitCode(),
        e.problems(),
        facts,
        facts == null ? "" : TextSummary.of(facts));
  }

  /** Writes what there is; nothing that looks finished stays behind. */
  private @Nullable RunFacts saveFailure(List<Failure> failures) {
    RunDirectory run = directory;
    Findings found = findings;
    if (run == null || found == null) {
      return null;
    }
    found.artifacts.clear();
    RunFacts facts = found.facts(Status.FAILED, TRIAL, failures, stages.times());
    try {
      run.discard(BestModel.FOLDER);
      run.write("result.json", ResultJson.of(facts).toPrettyString() + "\n");
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
    return configuration.tuning().workspace().path();
  }

  private static <T> T created(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("a stage ran before what it needs");
    }
    return value;
  }

  // ---------------------------------------------------------------- stages

  /** The stages between preparation and verdict, each of which makes files. */
  private final class Tools {
    private final RunDirectory run;
    private final Prepared prepared;
    private final Plan plan;

    Tools(RunDirectory run, Prepared prepared) {
      this.run = run;
      this.prepared = prepared;
      this.plan = prepared.plan();
    }

    TransformerWeights fineTune(Findings found) {
      return stages.run(
          BASELINE,
          "fine_tune",
          log -> {
            FinePruner.Outcome outcome =
                train(BASELINE, prepared.model(), plan.baseline(), null, "baseline", log);
            found.denseTraining = new Training(outcome.curve(), outcome.seconds());
            return outcome.weights();
          });
    }

    void exportDense(Findings found, TransformerWeights weights) {
      stages.run(
          BASELINE, "export", log -> found.dense = export(weights, "baseline/model.onnx", log));
    }

    void measureDense(Findings found) {
      stages.run(
          BASELINE,
          "measure",
          log ->
              found.dense =
                  evaluate("baseline/model.onnx", created(found.dense).sizeBytes(), "", log));
    }

    TransformerWeights finePrune(Findings found, TransformerWeights dense) {
      return stages.run(
          TRIAL,
          "fine_prune",
          log -> {
            PretrainedModel start = plan.startsFromBaseline() ? from(dense) : prepared.model();
            FinePruner.Outcome outcome =
                train(TRIAL, start, plan.training(), plan.pruning(), "trial-1", log);
            MaskReport masks = MaskReport.of(outcome.weights(), plan.pruning().parameters());
            log.output(run.write(MASKS, MasksJson.of(masks)));
            log.share("sparsity of the pruned layers", masks.prunedLayers());
            found.prunedTraining = new Training(outcome.curve(), outcome.seconds());
            found.masks = masks;
            return outcome.weights();
          });
    }

    void exportPruned(Findings found, TransformerWeights weights) {
      stages.run(
          TRIAL,
          "export",
          log -> {
            found.pruned = export(weights, "trial-1/model.onnx", log);
            found.fusedOperators.putAll(
                services.onnx().fusedOperators(run.resolve("trial-1/model.onnx")));
            found.fusedOperators.forEach(
                (operator, count) -> log.result("fused " + operator, count));
            return found;
          });
    }

    void quantize(Findings found) {
      stages.run(
          TRIAL,
          "quantize",
          log -> {
            String file = "trial-1/model.int8.onnx";
            Path source = run.resolve("trial-1/model.onnx");
            found.quantizationNotes.putAll(
                run.make(file, target -> services.onnx().quantizeDynamic(source, target)));
            found.quantizationNotes.forEach(log::result);
            found.quantized = file(file, log);
            return found;
          });
    }

    void measurePruned(Findings found) {
      stages.run(
          TRIAL,
          "measure",
          log -> {
            found.pruned =
                evaluate("trial-1/model.onnx", created(found.pruned).sizeBytes(), "fp32 ", log);
            Map<String, Path> files = new LinkedHashMap<>();
            files.put("dense", run.resolve("baseline/model.onnx"));
            files.put("fp32", run.resolve("trial-1/model.onnx"));
            MeasuredFile quantized = found.quantized;
            if (quantized != null) {
              String file = "trial-1/model.int8.onnx";
              found.quantized = evaluate(file, quantized.sizeBytes(), "int8 ", log);
              files.put("int8", run.resolve(file));
            }
            found.latencies.putAll(services.onnx().measureLatency(files, latencySettings()));
            found.latencies.forEach(
                (name, latency) -> log.result(name + " p50 in ms", latency.p50()));
            return found;
          });
    }

    private FinePruner.Outcome train(
        int trial,
        PretrainedModel start,
        TrainingPlan training,
        @Nullable PruningPlan pruning,
        String folder,
        Stages.Log log) {
      Path lastGood = run.folder(folder).resolve("last-good.safetensors");
      FinePruner.Outcome outcome =
          services
              .finePruner()
              .run(
                  new FinePruner.Request(
                      trial, start, prepared.data().train(), training, pruning, lastGood),
                  listener);
      String file = folder + "/model.safetensors";
      run.make(
          file,
          target -> {
            services.checkpoints().write(target, outcome.weights());
            return target;
          });
      log.output(run.resolve(file));
      if (!outcome.scores().isEmpty()) {
        log.output(keepScores(folder + "/scores.safetensors", outcome.scores()));
      }
      log.result("steps", training.totalSteps());
      if (!outcome.curve().isEmpty()) {
        log.result("loss", outcome.curve().get(outcome.curve().size() - 1).loss());
      }
      return outcome;
    }

    /** Scores by the name of what they rank, with the ending that movement pruning gave them. */
    private Path keepScores(String file, Map<String, Tensor> scores) {
      SortedMap<String, Tensor> named = new TreeMap<>();
      scores.forEach(
          (name, tensor) ->
              named.put(name.replaceFirst("\\.weight$", "") + ".mask_scores", tensor));
      return run.make(
          file,
          target -> {
            services.checkpoints().writeTensors(target, named);
            return run.resolve(file);
          });
    }

    private PretrainedModel from(TransformerWeights dense) {
      return new PretrainedModel(
          prepared.model().reference(),
          dense,
          prepared.model().tokenizerJson(),
          prepared.model().sha256());
    }

    private MeasuredFile export(TransformerWeights weights, String file, Stages.Log log) {
      List<String> labels = prepared.data().train().labels();
      run.make(
          file,
          target -> {
            services.onnx().export(weights, labels, target);
            return target;
          });
      return file(file, log);
    }

    private MeasuredFile file(String relative, Stages.Log log) {
      Path file = run.resolve(relative);
      try {
        long bytes = Files.size(file);
        log.output(file);
        log.size("size", bytes);
        return new MeasuredFile(bytes, null);
      } catch (IOException e) {
        throw DiskProblems.of(e, file, 0, -1);
      }
    }

    private MeasuredFile evaluate(String file, long bytes, String prefix, Stages.Log log) {
      Map<String, Double> metrics =
          services
              .onnx()
              .evaluate(
                  run.resolve(file),
                  prepared.data().evaluation(),
                  List.of(prepared.metric()),
                  Cores.of(configuration.evaluation().performance().threads()));
      metrics.forEach((name, value) -> log.result(prefix + name, value));
      return new MeasuredFile(bytes, Map.copyOf(metrics));
    }

    private LatencySettings latencySettings() {
      Performance settings = configuration.evaluation().performance();
      return new LatencySettings(
          settings.batchSize(),
          settings.sequenceLength(),
          settings.warmup(),
          settings.iteration(),
          Cores.of(settings.threads()));
    }
  }
}
