package dev.espalier.djl;

import dev.espalier.api.run.RunListener;
import dev.espalier.tuner.port.BertNames;
import dev.espalier.tuner.port.CheckpointStore;
import dev.espalier.tuner.port.FinePruner;
import dev.espalier.tuner.port.Tensor;
import dev.espalier.tuner.port.TransformerWeights;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Fine-tunes a BERT classifier on the CPU, pruning it on the way.
 *
 * <p>The embeddings are frozen, as in movement pruning's reference. Batches, dropout and
 * initialization depend on the seed and on the step's number alone, so the same plan gives the same
 * weights.
 */
public final class DjlFinePruner implements FinePruner {
  private static final double HEAD_DEVIATION = 0.02; // BERT's initializer_range

  private final CheckpointStore checkpoints;

  /** A trainer that keeps the last good weights in {@code checkpoints}. */
  public DjlFinePruner(CheckpointStore checkpoints) {
    this.checkpoints = checkpoints;
  }

  @Override
  public Outcome run(Request request, RunListener listener) {
    TransformerWeights start =
        withHead(
            request.model().weights(), request.train().labels().size(), request.training().seed());
    try (FinePruneLoop loop = new FinePruneLoop(request, start, listener, checkpoints)) {
      return loop.run();
    }
  }

  /** Adds a classification head, N(0, 0.02), unless there is one of the right size. */
  static TransformerWeights withHead(TransformerWeights weights, int classes, long seed) {
    String weight = BertNames.CLASSIFIER + ".weight";
    Tensor present = weights.tensors().get(weight);
    if (present != null && present.shape()[0] == classes) {
      return weights;
    }
    int hidden = weights.architecture().hiddenSize();
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[classes * hidden];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (HEAD_DEVIATION * random.nextGaussian());
    }
    TreeMap<String, Tensor> tensors = new TreeMap<>(weights.tensors());
    tensors.put(weight, Tensor.matrix(classes, hidden, values));
    tensors.put(BertNames.CLASSIFIER + ".bias", Tensor.vector(new float[classes]));
    return new TransformerWeights(weights.architecture(), tensors);
  }
}
