package dev.espalier.tuner.plan;

import dev.espalier.api.data.Batching;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.config.Amount.Length;
import dev.espalier.config.Configuration.Baseline;
import dev.espalier.config.Configuration.StartFrom;
import dev.espalier.config.Configuration.Train;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.TrainingPlan;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns a configuration into a {@link Plan}. */
public final class Planner {

  private final ResolvedConfiguration resolved;
  private final PrunerCatalog pruners;

  /** A planner for {@code resolved}, with the pruners that there are. */
  public Planner(ResolvedConfiguration resolved, PrunerCatalog pruners) {
    this.resolved = resolved;
    this.pruners = pruners;
  }

  /**
   * Creates the pruner: what can be checked before model and data are read.
   *
   * @throws ProblemException of kind CONFIGURATION when there is no such pruner, a parameter is
   *     wrong, or the pruner does not go with the rest
   */
  public Pruner pruner() {
    return new PruningPlanner(resolved).pruner(pruners);
  }

  /** What is wrong with one of several pruners, which only a draft has. */
  public List<Problem> mistakes(int index) {
    return PruningPlanner.mistakes(resolved, pruners, index);
  }

  /**
   * Checks warm-up and sparsity schedule where the file itself says how many steps there are; where
   * that depends on the number of examples, only {@link #plan} can.
   *
   * @throws ProblemException of kind CONFIGURATION when they have no room
   */
  public void checkSchedule() {
    Train train = resolved.configuration().pruning().train();
    Long steps = train.maxSteps();
    PruningPlanner pruning = new PruningPlanner(resolved);
    if (steps != null && !train.warmup().isInEpochs() && !pruning.isScheduledInEpochs()) {
      Length length = new Length(steps, 0);
      pruning.checkSchedule(training(train, length, train.learningRate()), length);
    }
  }

  /**
   * Resolves everything against model and data.
   *
   * @param pruner what {@link #pruner()} made
   * @param weights the model to prune
   * @param trainExamples examples in the training set
   * @param budget share of the configured fine-pruning steps that are made, in (0, 1]; the baseline
   *     gets all of its own
   * @throws ProblemException of kind CONFIGURATION when a glob matches nothing, or the schedule has
   *     no room in the steps that there are
   */
  public Plan plan(Pruner pruner, TransformerWeights weights, int trainExamples, double budget) {
    Train train = resolved.configuration().pruning().train();
    long steps = steps(train, trainExamples, train.epochs(), train.maxSteps());
    Length length =
        new Length(Math.max(1, Math.round(budget * steps)), stepsPerEpoch(train, trainExamples));
    TrainingPlan training = training(train, length, train.learningRate());
    Baseline own = resolved.configuration().tuning().baseline();
    boolean given = own.checkpoint() != null || !own.metrics().isEmpty();
    TrainingPlan baseline =
        given
            ? null
            : training(
                train,
                new Length(baselineSteps(train, own, trainExamples, steps), length.stepsPerEpoch()),
                own.learningRate() == null ? train.learningRate() : own.learningRate());
    PruningPlan pruning = new PruningPlanner(resolved).plan(pruner, weights, training, length);
    return new Plan(
        baseline,
        training,
        pruning,
        resolved.configuration().distillation(),
        trainExamples,
        train.startFrom() == StartFrom.BASELINE);
  }

  /** The dense model's own steps or epochs; without either, as many steps as the pruned one. */
  private static long baselineSteps(Train train, Baseline own, int trainExamples, long otherwise) {
    if (own.epochs() == null && own.maxSteps() == null) {
      return otherwise;
    }
    double epochs = own.epochs() == null ? train.epochs() : own.epochs();
    return steps(train, trainExamples, epochs, own.maxSteps());
  }

  private static long steps(
      Train train, int trainExamples, double epochs, @Nullable Long maxSteps) {
    if (maxSteps != null) {
      return maxSteps;
    }
    return Math.max(1, Math.round(epochs * stepsPerEpoch(train, trainExamples)));
  }

  /** Optimizer steps of one pass over {@code trainExamples} examples. */
  public static long stepsPerEpoch(Train train, int trainExamples) {
    return Batching.batchesPerEpoch(trainExamples, train.batchSize());
  }

  private TrainingPlan training(Train train, Length run, double learningRate) {
    long steps = run.steps();
    long warmup = train.warmup().of(run);
    if (warmup >= steps) {
      throw ProblemException.of(
          resolved.problem(
              ProblemCode.CONTRADICTION,
              "pruning.train.warmup",
              "a warm-up of "
                  + warmup
                  + " steps does not fit into a training of "
                  + steps
                  + " steps",
              "Write the warm-up as a share of the run, such as \"10%\", or train longer."));
    }
    return new TrainingPlan(
        steps,
        train.batchSize(),
        learningRate,
        train.scoreLearningRate(),
        train.weightDecay(),
        warmup,
        train.maxGradientNorm(),
        train.adamEpsilon(),
        resolved.configuration().tuning().randomSeed(),
        Cores.of(train.threads()));
  }
}
