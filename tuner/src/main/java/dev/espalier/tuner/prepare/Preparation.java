package dev.espalier.tuner.prepare;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.espalier.api.data.Head;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.config.Configuration;
import dev.espalier.config.Configuration.Quantization;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.config.ResolvedValue;
import dev.espalier.config.Source;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Heads;
import dev.espalier.core.model.ModelFormat;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.tuner.directory.Disk;
import dev.espalier.tuner.directory.RunDirectory;
import dev.espalier.tuner.plan.DataRequest;
import dev.espalier.tuner.plan.OperatorNames;
import dev.espalier.tuner.plan.Plan;
import dev.espalier.tuner.plan.Planner;
import dev.espalier.tuner.prepare.ClassOrder.Kind;
import dev.espalier.tuner.result.Criterion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be found wrong before hours of training begin: the cheap checks first, then
 * model and data, then the plan.
 */
public final class Preparation {
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
   * @param notes what a user should know of how they go together, a sentence each
   */
  public record Prepared(
      ResolvedConfiguration resolved,
      PretrainedModel model,
      Optional<Teacher> teacher,
      TaskData data,
      Plan plan,
      Variants variants,
      TuningStrategy strategy,
      List<Metric> metrics,
      Criterion criterion,
      BaselineSource baseline,
      List<String> notes) {
    /** Copies the list. */
    public Prepared {
      notes = List.copyOf(notes);
    }

    /** What was asked for. */
    public Configuration configuration() {
      return resolved.configuration();
    }

    /** The largest share of zeros that a model comes with that others are measured against. */
    double startingSparsity() {
      return Math.max(StartingSparsity.of(model.weights()), baseline.sparsity());
    }

    /** What to say when that is no dense model; empty otherwise. */
    Optional<String> startingSparsityCaution() {
      double ofModel = StartingSparsity.of(model.weights());
      return baseline instanceof BaselineSource.Checkpoint dense && dense.sparsity() >= ofModel
          ? StartingSparsity.caution(dense.sparsity(), true)
          : StartingSparsity.caution(ofModel, false);
    }

    /** What the model is exported to. */
    public ModelFormat format() {
      return model.weights().architecture().format();
    }

    /**
     * What a user should know of the models: how they were read, what the first does not bring, and
     * how they go with the data.
     */
    public List<String> modelNotes() {
      List<String> told = new ArrayList<>(model.notes());
      told.addAll(notes);
      teacher.ifPresent(known -> told.addAll(known.notes()));
      told.addAll(baseline.notes());
      startingSparsityCaution().ifPresent(told::add);
      List<String> missing = Heads.missing(model.weights(), data.head());
      if (!missing.isEmpty()) {
        told.add(
            "The model has no "
                + String.join(" and no ", missing)
                + " for this task: drawn at random, by the seed.");
      }
      told.addAll(DataChecks.notes(data));
      return told.stream().distinct().toList(); // a model may be its own baseline
    }
  }

  /**
   * Dense, pruned and handed on, each as checkpoint and ONNX; and three quarters for int8, which is
   * handed on, too, and the archive.
   */
  private static final double COPIES_OF_THE_MODEL = 6.75;

  private static final String CHECKPOINT = "model.checkpoint";

  /** The key of the length, in tokens, at which latency is measured. */
  public static final String TIMED_LENGTH = "evaluation.performance.sequence_length";

  private final ResolvedConfiguration resolved;
  private final Configuration configuration;
  private final RunServices services;
  private final Disk disk;
  private final Path place;
  private final List<String> notes = new ArrayList<>();

  /**
   * @param place the folder that the run writes to: the workspace, or the directory of a run that
   *     is resumed, wherever it is now
   */
  public Preparation(ResolvedConfiguration resolved, RunServices services, Disk disk, Path place) {
    this.place = place;
    this.resolved = resolved;
    this.configuration = resolved.configuration();
    this.services = services;
    this.disk = disk;
  }

  /**
   * Checks and plans everything that needs no training.
   *
   * @throws ProblemException with everything that is wrong
   */
  public Prepared prepare() {
    Preflight preflight = Preflight.of(services);
    boolean begins = place.equals(configuration.tuning().workspace().path());
    List<Problem> problems = (begins ? preflight : preflight.withoutWorkspace()).of(resolved);
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    Planner planner = new Planner(resolved, services.pruners());
    Pruner pruner = planner.pruner();
    TuningStrategy strategy = Preflight.strategy(resolved, services.strategies());
    RunDirectory.check(place, 0, disk);
    PretrainedModel loaded = services.models().load(configuration.model().checkpoint());
    RunDirectory.check(
        place, (long) (COPIES_OF_THE_MODEL * loaded.weights().size() * Float.BYTES), disk);
    Attempts ofModelAndData = new Attempts();
    ofModelAndData.check(() -> checkLengths(loaded));
    ofModelAndData.check(() -> checkFormat(loaded));
    @Nullable TaskData read = ofModelAndData.get(() -> sets(loaded.tokenizerJson()));
    ofModelAndData.finish();
    TaskData sets = Objects.requireNonNull(read);

    Attempts together = new Attempts();
    together.add(DeclaredTask.problems(loaded, sets.head()));
    together.check(() -> checkInputs(loaded, sets));
    PretrainedModel ordered = together.get(() -> inOrder(loaded, sets.head()));
    PretrainedModel model = ordered == null ? loaded : ordered;
    TransformerWeights weights = model.weights();
    Quantization quantization = configuration.quantization();
    if (quantization != null && OperatorNames.areNamed(quantization)) {
      together.check(
          () ->
              OperatorNames.check(
                  resolved, quantization, services.onnx().operatorNames(weights, sets.head())));
    }
    together.check(
        () -> services.exported(weights.architecture().format()).check(weights, sets.head()));
    int examples = sets.train().size();
    Optional<Teacher> teacher =
        together.get(() -> Teacher.load(resolved, services.models(), model, sets.train()));
    Plan plan = together.get(() -> planner.plan(pruner, weights, examples, 1));
    ResolvedConfiguration fitting = withTimedLength(weights.architecture().longestInput());
    Variants variants = new Variants(fitting, services, weights, examples);
    if (plan != null) {
      together.add(variants.problems());
    }
    DataChecks checks = new DataChecks(resolved);
    together.add(checks.training(sets));
    EvaluationPlan evaluation =
        together.get(() -> EvaluationPlan.of(resolved, services.metrics(), sets));
    BaselineSource baseline = null;
    if (evaluation != null) {
      together.add(checks.evaluation(sets, evaluation));
      baseline =
          together.get(
              () ->
                  BaselineSource.of(
                      resolved,
                      evaluation.criterion(),
                      weights,
                      sets.head(),
                      services.checkpoints()));
    }
    together.finish();
    return new Prepared(
        fitting,
        model,
        Objects.requireNonNull(teacher),
        sets,
        Objects.requireNonNull(plan),
        variants,
        strategy,
        Objects.requireNonNull(evaluation).measured(),
        evaluation.criterion(),
        Objects.requireNonNull(baseline),
        notes);
  }

  /** Reads the data; what is wrong with a key is told at its place. */
  private TaskData sets(byte[] tokenizerJson) {
    try {
      return services.tasks().load(DataRequest.of(configuration), tokenizerJson);
    } catch (ProblemException e) {
      throw new ProblemException(e.problems().stream().map(resolved::located).toList(), e);
    }
  }

  /** Whether the model has a row for every token, and a position. */
  private void checkInputs(PretrainedModel model, TaskData sets) {
    InputLimits limits = InputLimits.of(model);
    List<Problem> problems =
        limits.problems(CHECKPOINT, resolved.locate(CHECKPOINT), InputLimits.all(sets));
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    notes.addAll(limits.notes());
  }

  /**
   * The model with the rows of its classifier in the order of the data's classes; without its last
   * layer when that is for other classes.
   */
  private PretrainedModel inOrder(PretrainedModel model, Head head) {
    TransformerWeights weights = model.weights();
    boolean fixed = !(weights.architecture() instanceof BertArchitecture);
    if (!(head instanceof Head.Classification classes)
        || (!fixed && Heads.missing(weights, head).contains(weights.bert().family().head(head)))) {
      return model;
    }
    ClassOrder order = ClassOrder.of(model.labels(), classes.labels());
    if (fixed && (order.kind() == Kind.PERMUTED || order.kind() == Kind.OTHER)) {
      throw new ProblemException(
          List.of(unfit(CHECKPOINT, order.difference(model.reference()), ClassOrder.FIXED_ADVICE)));
    }
    notes.addAll(order.notes(model.reference()));
    if (order.kind() != Kind.OTHER) {
      return model.with(order.applied(weights));
    }
    notes.add(
        order.difference(model.reference())
            + ": the last layer of its classifier is not used. If only the names differ, correct"
            + " id2label in its config.json, or data.labels.");
    TreeMap<String, Tensor> tensors = new TreeMap<>(weights.tensors());
    tensors.keySet().removeIf(name -> name.startsWith(weights.bert().family().head(head) + "."));
    return model.with(new TransformerWeights(weights.architecture(), tensors));
  }

  /** A length that requests are timed at by default is lowered to what the model can take. */
  private ResolvedConfiguration withTimedLength(int longest) {
    int length = configuration.evaluation().performance().sequenceLength();
    if (length <= longest) {
      return resolved;
    }
    notes.add(lowered(length, longest));
    return timedAt(resolved, longest);
  }

  /** The configuration with a default of {@link #TIMED_LENGTH} that a model has positions for. */
  public static ResolvedConfiguration timedAt(ResolvedConfiguration resolved, int longest) {
    return resolved.with(
        new ResolvedValue(TIMED_LENGTH, IntNode.valueOf(longest), Source.DEFAULT, null));
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
              "a TorchScript model does not expose its hidden states, found "
                  + distillation.hiddenStates(),
              "Remove it: answers alone can be learnt from any model."));
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  private Problem unfit(String key, String message, String advice) {
    return resolved.problem(ProblemCode.CONTRADICTION, key, message, advice);
  }

  private void checkLengths(PretrainedModel model) {
    int longest = model.weights().architecture().longestInput();
    List<Problem> problems = new ArrayList<>();
    checkLength(
        "data.max_sequence_length", configuration.data().maxSequenceLength(), longest, problems);
    if (!resolved.isDefault(TIMED_LENGTH)) {
      checkLength(
          TIMED_LENGTH,
          configuration.evaluation().performance().sequenceLength(),
          longest,
          problems);
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  private void checkLength(String key, int length, int longest, List<Problem> problems) {
    if (length > longest) {
      problems.add(tooLong(resolved, key, length, longest));
    }
  }

  /** What is said when the default of {@link #TIMED_LENGTH} is more than a model has. */
  public static String lowered(int length, int longest) {
    return "Latency is measured at "
        + longest
        + " tokens, the model's positions; the default of "
        + TIMED_LENGTH
        + " is "
        + length
        + ".";
  }

  /** The problem of a length that a model has no positions for. */
  public static Problem tooLong(
      ResolvedConfiguration resolved, String key, int length, int longest) {
    return resolved.problem(
        ProblemCode.OUT_OF_RANGE,
        key,
        "must be at most " + longest + ", the model's positions, found " + length,
        "Maybe " + longest + " is meant.");
  }
}
