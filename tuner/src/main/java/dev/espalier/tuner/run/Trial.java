package dev.espalier.tuner.run;

import dev.espalier.api.tuning.Proposal;
import dev.espalier.config.Configuration;
import dev.espalier.config.Configuration.Quantization;
import dev.espalier.config.Configuration.QuantizationStrategy;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.config.Words;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.quantization.PreparedQuantization;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.training.Distillation;
import dev.espalier.core.training.FinePruner;
import dev.espalier.tuner.directory.MasksJson;
import dev.espalier.tuner.directory.RunDirectory;
import dev.espalier.tuner.directory.RunFiles;
import dev.espalier.tuner.directory.StageResults.Exported;
import dev.espalier.tuner.directory.StageResults.Measured;
import dev.espalier.tuner.directory.StageResults.Quantized;
import dev.espalier.tuner.directory.StageResults.Trained;
import dev.espalier.tuner.directory.Stages;
import dev.espalier.tuner.plan.Plan;
import dev.espalier.tuner.plan.QuantizationPlanner;
import dev.espalier.tuner.prepare.Preparation.Prepared;
import dev.espalier.tuner.prepare.RunServices;
import dev.espalier.tuner.prepare.Teacher;
import dev.espalier.tuner.prepare.Variant;
import dev.espalier.tuner.result.MaskReport;
import dev.espalier.tuner.result.Objectives;
import dev.espalier.tuner.result.QuantizationFacts;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.FileSize;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.RunFacts.Training;
import dev.espalier.tuner.result.TrialFacts;
import dev.espalier.tuner.result.Verdict;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One trial: fine_prune → export → quantize → measure. What it has found out can be asked for at
 * any time, for a trial that fails is reported too. The run's thread alone uses it.
 */
final class Trial {
  private final int number;
  private final Proposal proposal;
  private final RunDirectory run;
  private final Prepared prepared;
  private final RunServices services;
  private final Stages stages;
  private final ModelPipeline pipeline;
  private final String folder;

  private @Nullable Double targetSparsity;
  private @Nullable Plan plan;
  private @Nullable Training training;
  private @Nullable MaskReport masks;
  private @Nullable MeasuredFile pruned;
  private @Nullable MeasuredFile quantized;
  private Map<String, Integer> fusedOperators = Map.of();
  private @Nullable QuantizationFacts quantization;
  private Map<String, Latency> latencies = Map.of();
  private @Nullable Verdict verdict;
  private @Nullable Double objective;
  private @Nullable Failure failure;

  Trial(
      int number,
      Proposal proposal,
      RunDirectory run,
      Prepared prepared,
      RunServices services,
      Stages stages,
      ModelPipeline pipeline) {
    this.number = number;
    this.proposal = proposal;
    this.run = run;
    this.prepared = prepared;
    this.services = services;
    this.stages = stages;
    this.pipeline = pipeline;
    this.folder = Stages.folder(number);
  }

  /**
   * Runs the stages that are not in the journal, and judges the trial.
   *
   * @param dense the dense model's file, with its metrics
   */
  void run(MeasuredFile dense) {
    Variant variant = prepared.variants().of(proposal);
    ResolvedConfiguration configuration = variant.configuration();
    targetSparsity =
        configuration.configuration().pruning().approach().weightCompression().targetSparsity();
    plan = variant.plan();

    @Nullable TransformerWeights weights = finePrune(variant.plan());
    export(weights);
    Quantization section = configuration.configuration().quantization();
    if (section != null) {
      quantize(
          QuantizationPlanner.plan(configuration.configuration(), section, Environment.hasVnni()),
          section.strategy(),
          dense);
    }
    measure(dense);
    judge(dense);
  }

  /** What is known of the trial so far. */
  TrialFacts facts() {
    return new TrialFacts(
        number,
        proposal,
        targetSparsity,
        plan,
        training,
        masks,
        pruned,
        quantized,
        fusedOperators,
        quantization,
        latencies,
        verdict,
        objective,
        failure);
  }

  /** The trial cannot be finished. */
  void failed(Failure cause) {
    failure = cause;
  }

  /** Returns the weights, or null when the stage is not run again. */
  private @Nullable TransformerWeights finePrune(Plan plan) {
    TransformerWeights[] made = new TransformerWeights[1];
    Trained trained =
        stages.run(
            number,
            "fine_prune",
            Trained.class,
            log -> {
              FinePruner.Outcome outcome =
                  pipeline.train(
                      number,
                      start(plan),
                      plan.training(),
                      plan.pruning(),
                      distillation(plan),
                      log);
              made[0] = outcome.weights();
              MaskReport report = MaskReport.of(outcome.weights(), plan.pruning().parameters());
              log.output(run.write(folder + "/masks.json", MasksJson.of(report)));
              log.share("sparsity of the pruned layers", report.prunedLayers());
              return new Trained(new Training(outcome.curve(), outcome.seconds()), report);
            });
    pipeline.forgetState(number);
    training = trained.training();
    masks = trained.masks();
    return made[0];
  }

  private @Nullable Distillation distillation(Plan plan) {
    Configuration.Distillation asked = plan.distillation();
    return asked == null
        ? null
        : prepared.teacher().orElseGet(() -> Teacher.baseline(pipeline.weights(0))).teaching(asked);
  }

  private PretrainedModel start(Plan plan) {
    Integer earlier = proposal.warmStart();
    if (earlier != null) {
      return pipeline.startingWith(pipeline.weights(earlier));
    }
    return plan.startsFromBaseline()
        ? pipeline.startingWith(pipeline.weights(0))
        : prepared.model();
  }

  private void export(@Nullable TransformerWeights weights) {
    Exported exported =
        stages.run(
            number,
            "export",
            Exported.class,
            log -> {
              FileSize size =
                  pipeline.export(
                      number, weights == null ? pipeline.weights(number) : weights, log);
              Map<String, Integer> fused = pipeline.fusedOperators(file(pipeline.exported()));
              fused.forEach((operator, count) -> log.result("fused " + operator, count));
              return new Exported(size, fused);
            });
    fusedOperators = exported.fusedOperators();
    pruned = new MeasuredFile(exported.size(), null);
  }

  private void quantize(QuantizationPlan how, QuantizationStrategy choice, MeasuredFile dense) {
    Quantized made =
        stages.run(number, "quantize", Quantized.class, log -> quantized(how, choice, dense, log));
    quantization =
        new QuantizationFacts(
            Words.of(choice.name()), made.model(), made.attempts(), made.fellBack());
    pruned = new MeasuredFile(known(pruned).size(), made.fp32());
    quantized = new MeasuredFile(made.size(), made.int8());
  }

  private Quantized quantized(
      QuantizationPlan how, QuantizationStrategy choice, MeasuredFile dense, Stages.Log log) {
    String name = folder + "/" + RunFiles.INT8;
    PreparedQuantization ready =
        services.onnx().prepare(file(pipeline.exported()), how, prepared.data().calibration());
    Map<String, Double> ofFloat = new LinkedHashMap<>();
    FallBack.Decision decision =
        run.make(
            name,
            target ->
                FallBack.run(
                    choice.name(),
                    ready,
                    target,
                    how,
                    choice.maxTrials(),
                    file -> judged(file, dense),
                    () -> {
                      FallBack.Judged judged = judged(file(pipeline.exported()), dense);
                      ofFloat.putAll(judged.metrics());
                      return judged.verdict().met();
                    },
                    pipeline::tell));
    decision.model().notes().forEach(log::result);
    log.result("files evaluated", decision.attempts().size());
    return new Quantized(
        pipeline.size(name, log),
        decision.model(),
        decision.attempts(),
        decision.fellBack(),
        ofFloat.isEmpty() ? null : ofFloat,
        decision.metrics());
  }

  private FallBack.Judged judged(Path file, MeasuredFile dense) {
    Map<String, Double> metrics = pipeline.metrics(file);
    MeasuredFile measured = new MeasuredFile(dense.size(), metrics);
    return new FallBack.Judged(metrics, verdict(dense, measured));
  }

  private void measure(MeasuredFile dense) {
    MeasuredFile fp32 = known(pruned);
    MeasuredFile int8 = quantized;
    Measured measured =
        stages.run(
            number,
            "measure",
            Measured.class,
            log -> {
              Map<String, Path> files = new LinkedHashMap<>();
              if (dense.size() != null) {
                files.put("dense", run.resolve(Stages.folder(0) + "/" + pipeline.exported()));
              }
              files.put("fp32", file(pipeline.exported()));
              Map<String, Double> metrics = measured(fp32, pipeline.exported(), "fp32 ", log);
              Map<String, Double> ofInt8 = null;
              if (int8 != null) {
                files.put("int8", file(RunFiles.INT8));
                ofInt8 = measured(int8, RunFiles.INT8, "int8 ", log);
              }
              return new Measured(metrics, ofInt8, pipeline.measureLatency(files, log));
            });
    pruned = new MeasuredFile(fp32.size(), measured.fp32());
    quantized = int8 == null ? null : new MeasuredFile(int8.size(), measured.int8());
    latencies = measured.latencies();
  }

  /** The metrics of a file, measured now unless the stage before had to. */
  private Map<String, Double> measured(
      MeasuredFile file, String name, String prefix, Stages.Log log) {
    Map<String, Double> before = file.metrics();
    if (before == null) {
      return pipeline.evaluate(folder + "/" + name, prefix, log);
    }
    before.forEach((metric, value) -> log.result(prefix + metric, value));
    return before;
  }

  private Verdict verdict(MeasuredFile dense, MeasuredFile shipped) {
    return Verdict.judge(prepared.criterion(), dense::metric, shipped::metric);
  }

  private void judge(MeasuredFile dense) {
    MeasuredFile shipped = known(quantized == null ? pruned : quantized);
    Verdict judged = verdict(dense, shipped);
    verdict = judged;
    objective =
        Objectives.of(prepared.configuration().tuning())
            .share(
                each ->
                    Objectives.share(
                        each,
                        dense,
                        shipped,
                        known(masks),
                        new HashMap<>(latencies),
                        quantized == null ? "fp32" : "int8",
                        judged));
  }

  private Path file(String name) {
    return run.resolve(folder + "/" + name);
  }

  private static <T> T known(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("a stage ran before what it needs");
    }
    return value;
  }
}
