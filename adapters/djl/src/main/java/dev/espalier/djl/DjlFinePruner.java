package dev.espalier.djl;

import dev.espalier.api.run.RunListener;
import dev.espalier.core.model.CheckpointStore;
import dev.espalier.core.model.Heads;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.Distillation;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.StopSignal;
import org.jspecify.annotations.Nullable;

/**
 * Fine-tunes a model on the CPU, pruning it on the way: an encoder of BERT's family, or whatever a
 * TorchScript file holds.
 *
 * <p>The embeddings are frozen, as in movement pruning's reference. Batches, dropout and
 * initialization depend on the seed and on the step's number alone, so the same plan gives the same
 * weights.
 */
public final class DjlFinePruner implements FinePruner {
  private final CheckpointStore checkpoints;

  /** Kept from one training to the next, since the trials of a run have one teacher. */
  private @Nullable TeacherAnswers answers;

  /** A trainer that keeps the last good weights in {@code checkpoints}. */
  public DjlFinePruner(CheckpointStore checkpoints) {
    this.checkpoints = checkpoints;
  }

  @Override
  public Outcome run(Request request, RunListener listener, StopSignal stop) {
    TransformerWeights start =
        Heads.with(request.model().weights(), request.train().head(), request.training().seed());
    try (FinePruneLoop loop =
        new FinePruneLoop(request, start, answers(request), listener, stop, checkpoints)) {
      return loop.run();
    }
  }

  private @Nullable TeacherAnswers answers(Request request) {
    Distillation distillation = request.distillation();
    if (distillation == null) {
      return null;
    }
    TeacherAnswers known = answers;
    if (known == null || !known.belongTo(distillation, request.train())) {
      known = new TeacherAnswers(distillation, request.train());
      answers = known;
    }
    return known;
  }
}
