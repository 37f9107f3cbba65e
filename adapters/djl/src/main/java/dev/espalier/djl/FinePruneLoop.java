package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import dev.espalier.api.data.Batch;
import dev.espalier.api.data.Batching;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.core.model.CheckpointStore;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.Distillation;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.StopSignal;
import dev.espalier.core.training.TrainingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One training, from the first step to the last.
 *
 * <p>Batches and dropout depend on the seed and on the step's number alone.
 */
final class FinePruneLoop implements AutoCloseable {
  private static final int CURVE_POINTS = 200;
  private static final int STEPS_BETWEEN_SNAPSHOTS = 100;

  private final FinePruner.Request request;
  private final TrainingPlan plan;
  private final Network model;
  private final TrainingLoss loss;
  private final StepEngine step;
  private final TransformerWeights start;
  private final RunListener listener;
  private final StopSignal stop;
  private final CheckpointStore checkpoints;
  private final LinearWarmup warmup;
  private final List<FinePruner.Point> curve = new ArrayList<>();
  private final TrainingProgress progress;
  private final @Nullable TrainingState state;
  private TransformerWeights lastGood;
  private long lastGoodStep;
  private long done;
  private double secondsBefore;

  /**
   * Copies the start weights to the engine.
   *
   * @param start the model with its head
   * @param answers of the teacher, or null when there is none
   * @param stop asked for after every step but the last
   * @param checkpoints where the last good weights go when training diverges
   */
  FinePruneLoop(
      FinePruner.Request request,
      TransformerWeights start,
      @Nullable TeacherAnswers answers,
      RunListener listener,
      StopSignal stop,
      CheckpointStore checkpoints) {
    this.request = request;
    this.plan = request.training();
    this.start = start;
    this.lastGood = start;
    this.listener = listener;
    this.stop = stop;
    this.checkpoints = checkpoints;
    this.warmup = new LinearWarmup(plan.warmupSteps(), plan.totalSteps());
    this.progress = new TrainingProgress(request.trial(), plan.totalSteps());
    FinePruner.Checkpointing checkpointing = request.checkpointing();
    this.state = checkpointing == null ? null : new TrainingState(checkpointing, checkpoints);
    Torch.useThreads(plan.threads());
    this.model = Network.of(start);
    this.loss = new TrainingLoss(request.distillation(), answers);
    this.step =
        new HostEngine(
            trainedParameters(), request.pruning(), plan.seed(), plan.totalSteps(), plan.threads());
  }

  FinePruner.Outcome run() {
    EncodedSet train = request.train();
    restore();
    long position = 0;
    for (int epoch = 0; done < plan.totalSteps(); epoch++) {
      for (int[] indices : Batching.shuffled(train, plan.batchSize(), plan.seed(), epoch)) {
        boolean seen = position++ < done;
        if (!seen && done < plan.totalSteps()) {
          trainAndTell(indices);
        }
      }
    }
    step.finish();
    return new FinePruner.Outcome(
        effectiveWeights(), step.scores(), step.densities(), curve, seconds());
  }

  private void trainAndTell(int[] indices) {
    Figures figures = trainStep(done, indices);
    done++;
    double density = step.density();
    RunEvent.StepDone event = progress.step(figures, indices.length, 1 - density);
    if (done % Math.max(1, plan.totalSteps() / CURVE_POINTS) == 0) {
      curve.add(new FinePruner.Point(done, event.loss(), density));
    }
    listener.on(event);
    if (done == plan.totalSteps()) {
      return; // What is trained to the end is a result, whoever wants the run to stop.
    }
    boolean stopping = stop.isRequested();
    if (state != null && (stopping || state.isDue(done))) {
      write(state);
    }
    if (stopping) {
      stop.check();
    }
  }

  /** Resumes from the state that is there, if there is one. */
  private void restore() {
    if (state == null) {
      return;
    }
    state
        .restore(inWords(), step::load)
        .ifPresent(
            kept -> {
              done = kept.step();
              secondsBefore = kept.seconds();
              curve.addAll(kept.curve());
              progress.restore(done, kept.progress());
              lastGood = effectiveWeights();
              lastGoodStep = done;
              listener.on(
                  new RunEvent.Note(
                      "Resuming the training after step "
                          + done
                          + " of "
                          + plan.totalSteps()
                          + "."));
            });
  }

  private void write(TrainingState to) {
    StepEngine.State saved = step.save();
    to.write(
        new TrainingState.Scalars(
            inWords(), done, seconds(), progress.state(), saved.steering(), List.copyOf(curve)),
        saved.arrays());
  }

  /** What is trained how: what must be the same for a state to fit. */
  private String inWords() {
    PruningPlan pruning = request.pruning();
    return plan
        + (pruning == null
            ? ""
            : ", " + pruning.prunerName() + " " + pruning.schedule() + " " + pruning.densityGoal())
        + (request.distillation() == null ? "" : ", " + inWords(request.distillation()))
        + ", "
        + request.train().sha256();
  }

  private static String inWords(Distillation distillation) {
    return "teacher "
        + distillation.identity()
        + " temperature "
        + distillation.temperature()
        + " alpha_distil "
        + distillation.alphaDistil()
        + " alpha_ce "
        + distillation.alphaCe()
        + " hidden_states "
        + distillation.hiddenStates();
  }

  /** Wall time of all steps, those of earlier processes included. */
  private double seconds() {
    return secondsBefore + progress.seconds();
  }

  /**
   * What is known of a step.
   *
   * @param loss before the step
   * @param learningRate of the weights
   * @param gradientNorm over weights and scores, before clipping
   * @param lambda of the penalty in the scores' gradient; empty when there is none
   */
  record Figures(double loss, double learningRate, double gradientNorm, OptionalDouble lambda) {}

  /**
   * Trains on one batch.
   *
   * @param number the step, from 0
   * @param indices of the batch's examples in the training set
   * @throws ProblemException of kind TRAINING when loss or gradient is not finite
   */
  Figures trainStep(long number, int[] indices) {
    double lossBefore = backward(number, indices);
    double norm;
    OptionalDouble lambda;
    try {
      norm = step.takeGradients(number);
      lambda = step.lambda(number);
    } catch (ProblemException e) {
      throw at(number, e);
    }
    if (!Double.isFinite(lossBefore) || !Double.isFinite(norm)) {
      throw diverged(number, lossBefore);
    }
    if (number % STEPS_BETWEEN_SNAPSHOTS == 0) {
      // Good is what loss and gradient have just proven finite, not what the last update left.
      lastGood = effectiveWeights();
      lastGoodStep = number;
    }
    double scale = Math.min(1, plan.maxGradientNorm() / (norm + 1e-6));
    try {
      step.update(number, (float) scale, rates(number));
    } catch (ProblemException e) {
      throw at(number, e);
    }
    return new Figures(lossBefore, learningRate(number), norm, lambda);
  }

  /** The same problems, with the step that they came up in. */
  private ProblemException at(long number, ProblemException e) {
    String where = "at step " + (number + 1) + " of " + plan.totalSteps() + ": ";
    return new ProblemException(
        e.problems().stream()
            .map(
                each ->
                    new Problem(
                        each.kind(),
                        each.code(),
                        each.location(),
                        where + each.message(),
                        each.advice()))
            .toList(),
        e);
  }

  /** Runs the model forward and backward, leaving the gradients with the parameters. */
  private double backward(long number, int[] indices) {
    // Reseeding each step makes dropout a function of seed and step, so a resumed run repeats it.
    Torch.engine().setRandomSeed((int) (plan.seed() * 31 + number));
    try (NDManager arrays = model.manager().newSubManager();
        GradientCollector collector = Torch.engine().newGradientCollector()) {
      Batch batch = Batching.pad(request.train(), indices);
      NDArray value = loss.of(model, batch, indices, true, arrays);
      collector.backward(value);
      return value.getFloat();
    }
  }

  private double learningRate(long number) {
    return plan.learningRate() * warmup.factor(number);
  }

  private StepEngine.Rates rates(long number) {
    double factor = warmup.factor(number);
    double rate = learningRate(number);
    long count = number + 1;
    return new StepEngine.Rates(
        AdamW.Step.of(count, rate, plan.weightDecay(), plan.adamEpsilon()),
        AdamW.Step.of(count, rate, 0, plan.adamEpsilon()),
        AdamW.Step.of(count, plan.scoreLearningRate() * factor, 0, plan.adamEpsilon()),
        factor);
  }

  private ProblemException diverged(long number, double lossBefore) {
    checkpoints.write(request.lastGood(), lastGood);
    String parameter = step.nonFiniteParameter();
    return ProblemException.of(
        ProblemKind.TRAINING,
        "training diverged at step "
            + (number + 1)
            + " of "
            + plan.totalSteps()
            + ": loss "
            + lossBefore
            + (parameter == null ? "" : ", the gradient of " + parameter + " is not finite")
            + "; the weights before step "
            + (lastGoodStep + 1)
            + " are in "
            + request.lastGood(),
        "Lower pruning.train.learning_rate ("
            + plan.learningRate()
            + ") or score_learning_rate ("
            + plan.scoreLearningRate()
            + "), or warm up longer."
            + Optional.ofNullable(request.pruning())
                .flatMap(PruningPlan::plugin)
                .map(each -> " Or the pruner is to blame: it is " + each + ".")
                .orElse(""));
  }

  private TransformerWeights effectiveWeights() {
    TreeMap<String, Tensor> tensors = new TreeMap<>(start.tensors());
    tensors.putAll(step.effective());
    return new TransformerWeights(start.architecture(), tensors);
  }

  /** Everything but what is frozen, as the embeddings are. */
  private List<HostParameter> trainedParameters() {
    PruningPlan pruning = request.pruning();
    Set<String> pruned = pruning == null ? Set.of() : Set.copyOf(pruning.parameters());
    List<HostParameter> trained = new ArrayList<>();
    start
        .tensors()
        .forEach(
            (name, tensor) -> {
              if (!start.architecture().isFrozen(name)) {
                trained.add(
                    new HostParameter(
                        name,
                        model.parameter(name),
                        tensor.values().clone(),
                        pruned.contains(name)));
              }
            });
    return trained;
  }

  /** Native arrays that belong to no single step; constant once the first step is done. */
  int longLivedArrays() {
    return model.manager().getManagedArrays().size();
  }

  @Override
  public void close() {
    step.close();
    loss.close();
    model.close();
  }
}
