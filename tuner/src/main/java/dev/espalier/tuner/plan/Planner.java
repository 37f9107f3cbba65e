package dev.espalier.tuner.plan;

import dev.espalier.api.data.Batching;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.PrunableParameter;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.tuner.config.Configuration.Baseline;
import dev.espalier.tuner.config.Configuration.PrunerChoice;
import dev.espalier.tuner.config.Configuration.Train;
import dev.espalier.tuner.config.Configuration.WeightCompression;
import dev.espalier.tuner.config.ResolvedConfiguration;
import dev.espalier.tuner.plugin.PrunerCatalog;
import dev.espalier.tuner.port.PruningPlan;
import dev.espalier.tuner.port.TrainingPlan;
import dev.espalier.tuner.port.TransformerWeights;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns a configuration into a {@link Plan}. */
public final class Planner {
  private static final String COMPRESSION = "pruning.approach.weight_compression";
  private static final String CHOICE = COMPRESSION + ".pruners[0]";

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
   * @throws ProblemException of kind CONFIGURATION when there is no such pruner, or a parameter is
   *     wrong
   */
  public Pruner pruner() {
    PrunerChoice choice = compression().pruners().get(0);
    PrunerDescriptor unused =
        pruners.descriptor(choice.pruneType(), resolved.locate(CHOICE + ".prune_type"));
    return pruners.create(
        choice.pruneType(), choice.parameters(), resolved.locate(CHOICE + ".parameters"));
  }

  /**
   * Resolves everything against model and data.
   *
   * @param pruner what {@link #pruner()} made
   * @param weights the model to prune
   * @param trainExamples examples in the training set
   * @throws ProblemException of kind CONFIGURATION when a glob matches nothing, or the schedule has
   *     no room in the steps that there are
   */
  public Plan plan(Pruner pruner, TransformerWeights weights, int trainExamples) {
    Train train = resolved.configuration().pruning().train();
    PrunerChoice choice = compression().pruners().get(0);
    long steps = steps(train, trainExamples, train.epochs(), train.maxSteps());
    TrainingPlan training = training(train, steps, train.learningRate());
    Baseline own = resolved.configuration().tuning().baseline();
    TrainingPlan baseline =
        training(
            train,
            baselineSteps(train, own, trainExamples, steps),
            own.learningRate() == null ? train.learningRate() : own.learningRate());
    List<PrunableParameter> targets =
        new Targets(weights)
            .resolve(
                choice.names(),
                resolved.locate(CHOICE + ".names"),
                choice.excludedNames(),
                resolved.locate(CHOICE + ".excluded_names"));
    PruningPlan pruning =
        new PruningPlan(
            choice.pruneType(),
            pruner,
            targets.stream().map(PrunableParameter::name).toList(),
            schedule(training));
    return new Plan(
        baseline, training, pruning, targets, trainExamples, train.startFrom().equals("baseline"));
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
    long perEpoch = Batching.batchesPerEpoch(trainExamples, train.batchSize());
    return Math.max(1, Math.round(epochs * perEpoch));
  }

  private TrainingPlan training(Train train, long steps, double learningRate) {
    long warmup = train.warmup().of(steps);
    if (warmup >= steps) {
      throw wrong(
          "pruning.train.warmup",
          "pruning.train.warmup: a warm-up of "
              + warmup
              + " steps does not fit into a training of "
              + steps
              + " steps",
          "Maybe write the warm-up as a share of the run, such as \"10%\", or train longer.");
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

  /**
   * The density over the steps. It reaches its end at the last step at the latest, so that the last
   * forward pass of the training already has the density that is asked for.
   */
  private CubicSchedule schedule(TrainingPlan training) {
    WeightCompression compression = compression();
    long warmup = training.warmupSteps();
    long total = training.totalSteps();
    long start = Math.round(compression.initialWarmup() * warmup);
    long cool = Math.round(compression.finalWarmup() * warmup);
    long end = total - Math.max(1, cool);
    if (start >= end) {
      throw wrong(
          COMPRESSION,
          "the sparsity schedule has no room: it would start after "
              + start
              + " steps (initial_warmup "
              + compression.initialWarmup()
              + " x warm-up "
              + warmup
              + ") and end at step "
              + end
              + " (total "
              + total
              + " - final_warmup "
              + compression.finalWarmup()
              + " x warm-up "
              + warmup
              + ")",
          "Maybe train for more epochs or max_steps, or lower pruning.train.warmup, initial_warmup"
              + " or final_warmup.");
    }
    return new CubicSchedule(
        1 - compression.initialSparsity(), 1 - compression.targetSparsity(), start, end);
  }

  private WeightCompression compression() {
    return resolved.configuration().pruning().approach().weightCompression();
  }

  private ProblemException wrong(String path, String message, String advice) {
    Location at = resolved.locate(path);
    return ProblemException.at(ProblemKind.CONFIGURATION, at, message, advice);
  }
}
