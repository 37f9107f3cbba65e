package dev.espalier.tuner.run;

import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.tuner.config.Configuration;
import dev.espalier.tuner.config.Configuration.Quantization;
import dev.espalier.tuner.config.ResolvedConfiguration;
import dev.espalier.tuner.plan.DataRequest;
import dev.espalier.tuner.plan.OperatorNames;
import dev.espalier.tuner.plan.Plan;
import dev.espalier.tuner.plan.Planner;
import dev.espalier.tuner.port.Heads;
import dev.espalier.tuner.port.ModelFormat;
import dev.espalier.tuner.port.PretrainedModel;
import dev.espalier.tuner.port.TaskSource.TaskData;
import dev.espalier.tuner.result.Criterion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Everything that can be found wrong before hours of training begin: the cheap checks first, then
 * model and data, then the plan.
 */
final class Preparation {
  /**
   * What the stages work with.
   *
   * @param resolved what was asked for
   * @param model what training starts from
   * @param teacher whose answers are learnt, too; empty without one, or when it is the baseline
   * @param data what it is trained and judged on
   * @param plan what is done when nothing is varied, and for the baseline
   * @param variants what is done when something is
   * @param strategy what decides which trial comes next
   * @param metrics what is measured
   * @param criterion how it is judged
   * @param baseline where the dense model comes from
   */
  record Prepared(
      ResolvedConfiguration resolved,
      PretrainedModel model,
      Optional<Teacher> teacher,
      TaskData data,
      Plan plan,
      Variants variants,
      TuningStrategy strategy,
      List<Metric> metrics,
      Criterion criterion,
      BaselineSource baseline) {
    /** What was asked for. */
    Configuration configuration() {
      return resolved.configuration();
    }

    /** What the model is exported to. */
    ModelFormat format() {
      return model.weights().architecture().format();
    }

    /**
     * What a user should know of the model, how it was read and what it does not bring, and of the
     * data.
     */
    List<String> modelNotes() {
      List<String> notes = new ArrayList<>(model.notes());
      List<String> missing = Heads.missing(model.weights(), data.head());
      if (!missing.isEmpty()) {
        notes.add(
            "The model has no "
                + String.join(" and no ", missing)
                + " for this task: drawn at random, by the seed.");
      }
      notes.addAll(DataChecks.notes(data));
      return notes;
    }
  }

  /** Dense and pruned, as checkpoint and ONNX, and a quarter of it for int8. */
  private static final double COPIES_OF_THE_MODEL = 4.25;

  private final ResolvedConfiguration resolved;
  private final Configuration configuration;
  private final RunServices services;
  private final Disk disk;

  Preparation(ResolvedConfiguration resolved, RunServices services, Disk disk) {
    this.resolved = resolved;
    this.configuration = resolved.configuration();
    this.services = services;
    this.disk = disk;
  }

  Prepared prepare() {
    List<Problem> problems = Preflight.of(services).of(resolved);
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    Planner planner = new Planner(resolved, services.pruners());
    Pruner pruner = planner.pruner();
    TuningStrategy strategy = Preflight.strategy(resolved, services.strategies());
    Path workspace = configuration.tuning().workspace().path();
    RunDirectory.check(workspace, 0, disk);
    PretrainedModel model = services.models().load(configuration.model().checkpoint());
    RunDirectory.check(
        workspace, (long) (COPIES_OF_THE_MODEL * model.weights().size() * Float.BYTES), disk);
    checkLengths(model);
    checkFormat(model);
    TaskData sets = services.tasks().load(DataRequest.of(configuration), model.tokenizerJson());
    Quantization quantization = configuration.quantization();
    if (quantization != null && OperatorNames.areNamed(quantization)) {
      OperatorNames.check(
          resolved, quantization, services.onnx().operatorNames(model.weights(), sets.head()));
    }
    services.exported(model.weights().architecture().format()).check(model.weights(), sets.head());
    int examples = sets.train().size();
    Optional<Teacher> teacher = Teacher.load(resolved, services.models(), model, sets.head());
    Plan plan = planner.plan(pruner, model.weights(), examples, 1);
    Variants variants = new Variants(resolved, services, model.weights(), examples);
    List<Problem> untriable = variants.problems();
    if (!untriable.isEmpty()) {
      throw new ProblemException(untriable);
    }
    Judging judging = Judging.of(resolved, services.metrics(), sets);
    DataChecks checks = new DataChecks(resolved);
    List<Problem> unusable = new ArrayList<>(checks.training(sets));
    unusable.addAll(checks.evaluation(sets, judging));
    if (!unusable.isEmpty()) {
      throw new ProblemException(unusable);
    }
    BaselineSource baseline =
        BaselineSource.of(
            resolved, judging.criterion(), model.weights(), sets.head(), services.checkpoints());
    return new Prepared(
        resolved,
        model,
        teacher,
        sets,
        plan,
        variants,
        strategy,
        judging.measured(),
        judging.criterion(),
        baseline);
  }

  /** What only models of BERT's family can have done to them. */
  private void checkFormat(PretrainedModel model) {
    if (model.weights().architecture().format() == ModelFormat.ONNX) {
      return;
    }
    List<Problem> problems = new ArrayList<>();
    if (configuration.quantization() != null) {
      problems.add(
          unfit(
              "quantization",
              "a TorchScript model is not quantized: it is handed on as TorchScript, which ONNX"
                  + " Runtime does not read",
              "Remove the section, or give the model as a Hugging Face folder."));
    }
    Configuration.Distillation distillation = configuration.distillation();
    if (distillation != null && distillation.hiddenStates() > 0) {
      problems.add(
          unfit(
              "distillation.hidden_states",
              "a TorchScript model does not show its hidden states, found "
                  + distillation.hiddenStates(),
              "Remove it: answers alone can be learnt from any model."));
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  private Problem unfit(String key, String message, String advice) {
    return new Problem(
        ProblemKind.CONFIGURATION,
        ProblemCode.CONTRADICTION,
        resolved.locate(key),
        key + ": " + message,
        advice);
  }

  private void checkLengths(PretrainedModel model) {
    int longest = model.weights().architecture().longestInput();
    List<Problem> problems = new ArrayList<>();
    checkLength(
        "data.max_sequence_length", configuration.data().maxSequenceLength(), longest, problems);
    checkLength(
        "evaluation.performance.sequence_length",
        configuration.evaluation().performance().sequenceLength(),
        longest,
        problems);
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  private void checkLength(String key, int length, int longest, List<Problem> problems) {
    if (length > longest) {
      problems.add(
          new Problem(
              ProblemKind.CONFIGURATION,
              ProblemCode.OUT_OF_RANGE,
              resolved.locate(key),
              key + ": must be at most " + longest + ", the model's positions, found " + length,
              "Maybe " + longest + " is meant."));
    }
  }
}
