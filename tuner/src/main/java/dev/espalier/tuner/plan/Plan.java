package dev.espalier.tuner.plan;

import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.PrunableParameter;
import dev.espalier.tuner.port.PruningPlan;
import dev.espalier.tuner.port.TrainingPlan;
import java.util.List;

/**
 * One trial and its baseline, resolved to steps and parameters.
 *
 * @param baseline how the dense model is trained
 * @param training how the pruned model is trained
 * @param pruning what is pruned, by what, when
 * @param targets the matrices to prune with their shapes, in the order of their names
 * @param trainExamples examples in the training set
 * @param startsFromBaseline whether fine-pruning starts from the trained dense model
 */
public record Plan(
    TrainingPlan baseline,
    TrainingPlan training,
    PruningPlan pruning,
    List<PrunableParameter> targets,
    int trainExamples,
    boolean startsFromBaseline) {
  /** Copies the list. */
  public Plan {
    targets = List.copyOf(targets);
  }

  /** The number of weights that may be removed. */
  public long prunableWeights() {
    return targets.stream().mapToLong(PrunableParameter::size).sum();
  }

  /** Share of the prunable weights that is removed at the end. */
  public double targetSparsity() {
    return 1 - pruning.schedule().finalDensity();
  }

  /** The plan as a small table for people. */
  public String table() {
    CubicSchedule schedule = pruning.schedule();
    return new TextTable("Plan", "baseline", "fine-pruning")
        .row("training examples", trainExamples, trainExamples)
        .row("batch size", baseline.batchSize(), training.batchSize())
        .row("steps", baseline.totalSteps(), training.totalSteps())
        .row("warm-up steps", baseline.warmupSteps(), training.warmupSteps())
        .row("learning rate", baseline.learningRate(), training.learningRate())
        .row("score learning rate", "-", training.scoreLearningRate())
        .row("threads", baseline.threads(), training.threads())
        .row("starts from", "pretrained", startsFromBaseline ? "baseline" : "pretrained")
        .row("pruner", "-", pruning.prunerName())
        .row("matrices", "-", targets.size())
        .row("prunable weights", "-", prunableWeights())
        .row("sparsity until step " + schedule.start(), "-", percent(schedule.initialDensity()))
        .row("sparsity from step " + schedule.end(), "-", percent(schedule.finalDensity()))
        .toString();
  }

  private static String percent(double density) {
    return String.format(java.util.Locale.ROOT, "%.2f%%", 100 * (1 - density));
  }
}
