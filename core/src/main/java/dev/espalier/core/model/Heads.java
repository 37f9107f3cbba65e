package dev.espalier.core.model;

import dev.espalier.api.data.Head;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Gives models the heads that tasks ask for. */
public final class Heads {
  /** BERT's {@code initializer_range}. */
  private static final double DEVIATION = 0.02;

  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  private Heads() {}

  /**
   * The model with the head that is asked for and no other. What the model has of it in the right
   * shape is kept; what is missing is drawn from N(0, 0.02), biases are 0.
   *
   * @param seed decides what is drawn
   */
  public static TransformerWeights with(TransformerWeights weights, Head head, long seed) {
    Architecture architecture = weights.architecture();
    Map<String, int[]> wanted = architecture.headLayers(head);
    TreeMap<String, Tensor> tensors = new TreeMap<>(weights.tensors());
    tensors.keySet().removeIf(name -> architecture.isOfHeads(name) && !isOf(wanted.keySet(), name));
    SplittableRandom random = new SplittableRandom(seed);
    List<String> missing = missing(weights, head);
    // The last layer first: it is the one that nearly every model lacks.
    Collections.reverse(missing);
    for (String prefix : missing) {
      int[] shape = wanted.get(prefix);
      float[] values = new float[shape[0] * shape[1]];
      for (int j = 0; j < values.length; j++) {
        values[j] = (float) (DEVIATION * random.nextGaussian());
      }
      tensors.put(prefix + WEIGHT, Tensor.matrix(shape[0], shape[1], values));
      tensors.put(prefix + BIAS, Tensor.vector(new float[shape[0]]));
    }
    return new TransformerWeights(architecture, tensors);
  }

  /**
   * Prefixes of the head's linear layers that the model does not have, or not in the right shape,
   * in the order of the data.
   */
  public static List<String> missing(TransformerWeights weights, Head head) {
    List<String> missing = new ArrayList<>();
    weights
        .architecture()
        .headLayers(head)
        .forEach(
            (prefix, shape) -> {
              Tensor weight = weights.tensors().get(prefix + WEIGHT);
              Tensor bias = weights.tensors().get(prefix + BIAS);
              if (weight == null
                  || bias == null
                  || !Arrays.equals(weight.shape(), shape)
                  || bias.values().length != shape[0]) {
                missing.add(prefix);
              }
            });
    return missing;
  }

  private static boolean isOf(Collection<String> prefixes, String name) {
    return prefixes.stream().anyMatch(prefix -> name.startsWith(prefix + "."));
  }
}
