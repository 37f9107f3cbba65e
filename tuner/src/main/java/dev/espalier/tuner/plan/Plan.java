package dev.espalier.tuner.plan;

import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.config.Configuration.Distillation;
import dev.espalier.core.text.Formats;
import dev.espalier.core.text.TextTable;
import dev.espalier.core.training.PrunedMatrix;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.TrainingPlan;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One trial and its baseline, resolved to steps and parameters.
 *
 * @param baseline how the dense model is trained; null when it is given
 * @param training how the pruned model is trained
 * @param pruning what is pruned, by what, when
 * @param distillation whose answers the pruned model learns, too; null for the true ones alone
 * @param trainExamples examples in the training set
 * @param startsFromBaseline whether fine-pruning starts from the trained dense model
 */
public record Plan(
    @Nullable TrainingPlan baseline,
    TrainingPlan training,
    PruningPlan pruning,
    @Nullable Distillation distillation,
    int trainExamples,
    boolean startsFromBaseline) {
  /** The number of weights that may be removed. */
  public long prunableWeights() {
    return pruning.matrices().stream().mapToLong(PrunedMatrix::size).sum();
  }

  /** The plan as a small table for people. */
  public String table() {
    TextTable table =
        new TextTable("Plan", "baseline", "fine-pruning")
            .row("training examples", ofBaseline(dense -> trainExamples), trainExamples)
            .row("batch size", ofBaseline(TrainingPlan::batchSize), training.batchSize())
            .row("steps", ofBaseline(TrainingPlan::totalSteps), training.totalSteps())
            .row("warm-up steps", ofBaseline(TrainingPlan::warmupSteps), training.warmupSteps())
            .row("learning rate", ofBaseline(TrainingPlan::learningRate), training.learningRate())
            .row("score learning rate", "-", training.scoreLearningRate())
            .row("threads", ofBaseline(TrainingPlan::threads), training.threads())
            .row(
                "starts from",
                baseline == null ? "given" : "pretrained",
                startsFromBaseline ? "baseline" : "pretrained")
            .row("pruner", "-", pruning.prunerName())
            .row("matrices", "-", pruning.matrices().size())
            .row("prunable weights", "-", prunableWeights());
    Distillation teacher = distillation;
    if (teacher != null) {
      table
          .row("teacher", "-", teacher.teacher())
          .row("weights of answers, taught and true", "-", teacher.weights())
          .row("temperature", "-", teacher.temperature());
      if (teacher.hiddenStates() > 0) {
        table.row("weight of hidden states", "-", teacher.hiddenStates());
      }
    }
    CubicSchedule schedule = pruning.schedule();
    switch (pruning.follows()) {
      case DENSITY -> addSparsity(table, schedule);
      case THRESHOLD ->
          table
              .row("threshold until step " + schedule.start(), "-", schedule.initial())
              .row("threshold from step " + schedule.end(), "-", schedule.last());
      case NOTHING -> {}
    }
    CubicSchedule goal = pruning.densityGoal();
    if (goal != null) {
      addSparsity(table.row("lambda", "-", "steered to the sparsity"), goal);
    }
    return table.toString();
  }

  /** What is only there when the dense model is trained. */
  private Object ofBaseline(Function<TrainingPlan, Object> value) {
    return baseline == null ? "-" : value.apply(baseline);
  }

  private static void addSparsity(TextTable table, CubicSchedule density) {
    table
        .row("sparsity until step " + density.start(), "-", Formats.percent(1 - density.initial()))
        .row("sparsity from step " + density.end(), "-", Formats.percent(1 - density.last()));
  }
}
