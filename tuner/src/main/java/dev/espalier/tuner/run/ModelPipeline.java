package dev.espalier.tuner.run;

import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.config.Amount;
import dev.espalier.config.Configuration.Performance;
import dev.espalier.config.Configuration.Train;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.export.ExportedModels;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.export.OnnxTools.LatencySettings;
import dev.espalier.core.model.ModelFormat;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.Distillation;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.FinePruner.Checkpointing;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.StopSignal;
import dev.espalier.core.training.TrainingPlan;
import dev.espalier.tuner.directory.DamagedRun;
import dev.espalier.tuner.directory.DiskProblems;
import dev.espalier.tuner.directory.RunDirectory;
import dev.espalier.tuner.directory.RunFiles;
import dev.espalier.tuner.directory.Sizes;
import dev.espalier.tuner.directory.Stages;
import dev.espalier.tuner.plan.Cores;
import dev.espalier.tuner.plan.Planner;
import dev.espalier.tuner.prepare.BaselineSource;
import dev.espalier.tuner.prepare.Preparation.Prepared;
import dev.espalier.tuner.prepare.RunServices;
import dev.espalier.tuner.result.RunFacts.FileSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the stages of the baseline and of every trial do alike: train, export and measure a model.
 */
final class ModelPipeline {
  private final RunDirectory run;
  private final Prepared prepared;
  private final RunServices services;
  private final RunListener listener;
  private final StopSignal stop;
  private final ModelFormat format;

  ModelPipeline(
      RunDirectory run,
      Prepared prepared,
      RunServices services,
      RunListener listener,
      StopSignal stop) {
    this.run = run;
    this.prepared = prepared;
    this.services = services;
    this.listener = listener;
    this.stop = stop;
    this.format = prepared.format();
  }

  /** What the exported file is called in its folder. */
  String exported() {
    return format.fileName();
  }

  private ExportedModels files() {
    return services.exported(format);
  }

  /** Trains a model and keeps its weights and scores. */
  FinePruner.Outcome train(
      int trial,
      PretrainedModel start,
      TrainingPlan training,
      @Nullable PruningPlan pruning,
      @Nullable Distillation distillation,
      Stages.Log log) {
    String folder = Stages.folder(trial);
    Path lastGood = run.folder(folder).resolve("last-good.safetensors");
    Train train = prepared.configuration().pruning().train();
    long perEpoch = Planner.stepsPerEpoch(train, prepared.data().train().size());
    long every = train.checkpointEvery().of(new Amount.Length(training.totalSteps(), perEpoch));
    FinePruner.Outcome outcome =
        trained(
            new FinePruner.Request(
                trial,
                start,
                prepared.data().train(),
                training,
                pruning,
                lastGood,
                every == 0 ? null : new Checkpointing(run.resolve(state(trial)), every),
                distillation));
    String file = folder + "/" + RunFiles.WEIGHTS;
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

  /** Trains; a state in the run directory that cannot be read is no fault of the trial. */
  private FinePruner.Outcome trained(FinePruner.Request request) {
    try {
      return services.finePruner().run(request, listener, stop);
    } catch (ProblemException e) {
      Problem first = e.problems().get(0);
      Location at = first.location();
      if (first.kind() != ProblemKind.INPUT
          || at == null
          || !Path.of(at.file()).startsWith(run.path())) {
        throw e;
      }
      throw new DamagedRun(at.file(), first.message(), String.valueOf(first.advice()), e);
    }
  }

  /** Copies a dense model that was trained before into the run, which needs it to the end. */
  TransformerWeights keepBaseline(BaselineSource.Checkpoint checkpoint, Stages.Log log) {
    TransformerWeights weights =
        BaselineSource.read(
            prepared.resolved(),
            checkpoint.file(),
            prepared.model().weights(),
            prepared.data().head(),
            services.checkpoints());
    String file = Stages.folder(0) + "/" + RunFiles.WEIGHTS;
    run.make(
        file,
        target -> {
          services.checkpoints().write(target, weights);
          return target;
        });
    log.output(run.resolve(file));
    log.result("read from", checkpoint.file().toString());
    return weights;
  }

  /** Forgets the state of a training that is finished, once its stage counts. */
  void forgetState(int trial) {
    run.discard(state(trial));
  }

  private static String state(int trial) {
    return Stages.folder(trial) + "/checkpoint";
  }

  /** Scores by the name of what they rank, with the ending that movement pruning gave them. */
  private Path keepScores(String file, Map<String, Tensor> scores) {
    SortedMap<String, Tensor> named = new TreeMap<>();
    scores.forEach(
        (name, tensor) -> named.put(name.replaceFirst("\\.weight$", "") + ".mask_scores", tensor));
    return run.make(
        file,
        target -> {
          services.checkpoints().writeTensors(target, named);
          return run.resolve(file);
        });
  }

  /** The weights that a finished training kept. */
  TransformerWeights weights(int trial) {
    Path file = run.resolve(Stages.folder(trial) + "/" + RunFiles.WEIGHTS);
    try {
      return services.checkpoints().read(file, prepared.model().weights().architecture());
    } catch (ProblemException e) {
      if (e.problems().get(0).kind() != ProblemKind.INPUT) {
        throw e;
      }
      throw new DamagedRun(file, "not what the stage wrote: " + e.getMessage(), e);
    }
  }

  /** The model that training starts from, with other weights. */
  PretrainedModel startingWith(TransformerWeights weights) {
    return prepared.model().with(weights);
  }

  /** Exports a model; returns what the file weighs. */
  FileSize export(int trial, TransformerWeights weights, Stages.Log log) {
    Head head = prepared.data().head();
    String file = Stages.folder(trial) + "/" + exported();
    run.make(
        file,
        target -> {
          files().export(weights, head, target);
          return target;
        });
    return size(file, log);
  }

  /** Tells the log of a file that was made; returns what it weighs. */
  FileSize size(String relative, Stages.Log log) {
    Path file = run.resolve(relative);
    try {
      FileSize size = new FileSize(Files.size(file), Sizes.compressed(file));
      log.output(file);
      log.size("size", size.bytes());
      log.size("compressed", size.compressedBytes());
      return size;
    } catch (IOException e) {
      throw DiskProblems.of(e, file, 0, -1);
    }
  }

  /** Every metric of an exported file on every set that it is judged on. */
  Map<String, Double> evaluate(String file, String prefix, Stages.Log log) {
    Map<String, Double> metrics = metrics(run.resolve(file));
    metrics.forEach((name, value) -> log.result(prefix + name, value));
    return metrics;
  }

  /** Every metric of a file on every set that it is judged on. */
  Map<String, Double> metrics(Path file) {
    int threads = Cores.of(prepared.configuration().evaluation().performance().threads());
    Map<String, Double> metrics = new LinkedHashMap<>();
    for (EvaluationSet each : prepared.data().evaluations()) {
      List<float[][]> outputs = files().outputs(file, each.set(), threads);
      metrics.putAll(each.score(outputs, prepared.metrics()));
    }
    return metrics;
  }

  /** What a runtime fuses in an exported file: operator to count. */
  Map<String, Integer> fusedOperators(Path file) {
    return files().fusedOperators(file);
  }

  /** How requests are timed. */
  static LatencySettings latencySettings(Performance settings) {
    return new LatencySettings(
        settings.batchSize(),
        settings.sequenceLength(),
        settings.warmup(),
        settings.iteration(),
        Cores.of(settings.threads()));
  }

  /**
   * Tells the listener something that no stage's result says, between two parts of a long stage.
   *
   * @throws dev.espalier.core.training.Stopped when the run was asked to stop
   */
  void tell(String sentence) {
    listener.on(new RunEvent.Note(sentence));
    stop.check();
  }

  /** Times files, by a name that the result uses too, against each other. */
  Map<String, Latency> measureLatency(Map<String, Path> files, Stages.Log log) {
    Performance settings = prepared.configuration().evaluation().performance();
    Map<String, Latency> latencies = files().measureLatency(files, latencySettings(settings));
    latencies.forEach((name, latency) -> log.result(name + " p50 in ms", latency.p50()));
    return latencies;
  }
}
