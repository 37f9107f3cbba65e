package dev.espalier.core.training;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.run.RunListener;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Trains a model, pruning it on the way. */
public interface FinePruner {
  /**
   * What to do.
   *
   * @param trial 0 for the dense baseline; for events and messages
   * @param model where training starts
   * @param train the training set
   * @param training how to train
   * @param pruning what to prune, or null to fine-tune the dense model
   * @param lastGood where to keep the last good weights when training diverges
   * @param checkpointing where to keep the training's state, or null to keep none
   * @param distillation whose answers to learn, too, or null for the true ones alone
   */
  record Request(
      int trial,
      PretrainedModel model,
      EncodedSet train,
      TrainingPlan training,
      @Nullable PruningPlan pruning,
      Path lastGood,
      @Nullable Checkpointing checkpointing,
      @Nullable Distillation distillation) {
    /** A training without a teacher, whose state is not kept. */
    public Request(
        int trial,
        PretrainedModel model,
        EncodedSet train,
        TrainingPlan training,
        @Nullable PruningPlan pruning,
        Path lastGood) {
      this(trial, model, train, training, pruning, lastGood, null, null);
    }
  }

  /**
   * Where the state of a training is kept, from which it goes on to the last bit as if it had not
   * been cut off. Kept are weights, scores, both moments of the optimizer, statistics of gradients,
   * the controller of λ and the curve; masks, batches, dropout and gates follow from these, the
   * seed and the step.
   *
   * @param folder holds nothing else; a state that is there already is gone on from
   * @param everySteps steps between two states; a training that is stopped keeps its state at that
   *     step, too
   */
  record Checkpointing(Path folder, long everySteps) {
    /** Checks the number of steps. */
    public Checkpointing {
      if (everySteps < 1) {
        throw new IllegalArgumentException("everySteps must be positive, found " + everySteps);
      }
    }
  }

  /**
   * What came of it.
   *
   * @param weights effective weights W' = M ⊙ W: pruned elements are exactly zero
   * @param scores trained scores by the name of the matrix or units that they rank; empty for a
   *     pruner that trains none
   * @param densities share kept of each pruned matrix, by name; empty for a dense run
   * @param curve samples of the training, in order
   * @param seconds wall time of the training loop
   */
  record Outcome(
      TransformerWeights weights,
      Map<String, Tensor> scores,
      Map<String, Double> densities,
      List<Point> curve,
      double seconds) {
    /** Copies the collections. */
    public Outcome {
      scores = Map.copyOf(scores);
      densities = Map.copyOf(densities);
      curve = List.copyOf(curve);
    }
  }

  /**
   * One sample of the training curve.
   *
   * @param step steps done
   * @param loss smoothed training loss
   * @param density share of the prunable weights that the schedule keeps
   */
  record Point(long step, double loss, double density) {}

  /**
   * Runs the training.
   *
   * @param listener told of every step, once it is done
   * @param stop asked for after every step but the last: a training whose last step is done has its
   *     result
   * @throws Stopped when {@code stop} was requested before the last step; the state is kept first
   * @throws dev.espalier.api.problem.ProblemException of kind TRAINING when a loss or a gradient is
   *     not finite; the last good weights are then under {@link Request#lastGood()}; of kind INPUT
   *     when the state to go on from is broken or another training's
   */
  Outcome run(Request request, RunListener listener, StopSignal stop);

  /** Runs a training that nobody stops, as {@link #run(Request, RunListener, StopSignal)}. */
  default Outcome run(Request request, RunListener listener) {
    return run(request, listener, new StopSignal());
  }
}
