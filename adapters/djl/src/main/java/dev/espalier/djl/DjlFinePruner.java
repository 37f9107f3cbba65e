package dev.espalier.djl;

import dev.espalier.api.data.Head;
import dev.espalier.api.run.RunListener;
import dev.espalier.tuner.port.BertNames;
import dev.espalier.tuner.port.CheckpointStore;
import dev.espalier.tuner.port.Distillation;
import dev.espalier.tuner.port.FinePruner;
import dev.espalier.tuner.port.Tensor;
import dev.espalier.tuner.port.TransformerWeights;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Fine-tunes a BERT model on the CPU, pruning it on the way.
 *
 * <p>The embeddings are frozen, as in movement pruning's reference. Batches, dropout and
 * initialization depend on the seed and on the step's number alone, so the same plan gives the same
 * weights.
 */
public final class DjlFinePruner implements FinePruner {
  private static final double HEAD_DEVIATION = 0.02; // BERT's initializer_range

  private final CheckpointStore checkpoints;

  /** Kept from one training to the next, since the trials of a run have one teacher. */
  private @Nullable TeacherAnswers answers;

  /** A trainer that keeps the last good weights in {@code checkpoints}. */
  public DjlFinePruner(CheckpointStore checkpoints) {
    this.checkpoints = checkpoints;
  }

  @Override
  public Outcome run(Request request, RunListener listener) {
    TransformerWeights start =
        withHead(request.model().weights(), request.train().head(), request.training().seed());
    try (FinePruneLoop loop =
        new FinePruneLoop(request, start, answers(request), listener, checkpoints)) {
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

  /**
   * Gives the model the head that is asked for and no other: what is missing is drawn from N(0,
   * 0.02). Spans need no pooler, so theirs has none.
   */
  static TransformerWeights withHead(TransformerWeights weights, Head head, long seed) {
    String prefix = BertNames.head(head);
    TreeMap<String, Tensor> tensors = new TreeMap<>(weights.tensors());
    tensors
        .keySet()
        .removeIf(
            name ->
                (name.startsWith(BertNames.SPANS + ".") && !prefix.equals(BertNames.SPANS))
                    || (name.startsWith(BertNames.CLASSIFIER + ".")
                        && !prefix.equals(BertNames.CLASSIFIER))
                    || (name.startsWith(BertNames.POOLER + ".") && head instanceof Head.Spans));
    Tensor present = tensors.get(prefix + ".weight");
    if (present == null || present.shape()[0] != head.outputs()) {
      int hidden = weights.architecture().hiddenSize();
      SplittableRandom random = new SplittableRandom(seed);
      float[] values = new float[head.outputs() * hidden];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (HEAD_DEVIATION * random.nextGaussian());
      }
      tensors.put(prefix + ".weight", Tensor.matrix(head.outputs(), hidden, values));
      tensors.put(prefix + ".bias", Tensor.vector(new float[head.outputs()]));
    }
    return new TransformerWeights(weights.architecture(), tensors);
  }
}
