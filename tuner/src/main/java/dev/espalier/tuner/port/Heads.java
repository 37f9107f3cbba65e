package dev.espalier.tuner.port;

import dev.espalier.api.data.Head;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;

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
    List<String> wanted = weights.architecture().family().headLayers(head);
    TreeMap<String, Tensor> tensors = new TreeMap<>(weights.tensors());
    tensors
        .keySet()
        .removeIf(name -> isOfHeads(weights.architecture(), name) && !isOf(wanted, name));
    SplittableRandom random = new SplittableRandom(seed);
    List<String> missing = missing(weights, head);
    // The last layer first: it is the one that nearly every model lacks.
    for (int i = wanted.size() - 1; i >= 0; i--) {
      if (missing.contains(wanted.get(i))) {
        int hidden = weights.architecture().hiddenSize();
        int rows = i == wanted.size() - 1 ? head.outputs() : hidden;
        float[] values = new float[rows * hidden];
        for (int j = 0; j < values.length; j++) {
          values[j] = (float) (DEVIATION * random.nextGaussian());
        }
        tensors.put(wanted.get(i) + WEIGHT, Tensor.matrix(rows, hidden, values));
        tensors.put(wanted.get(i) + BIAS, Tensor.vector(new float[rows]));
      }
    }
    return new TransformerWeights(weights.architecture(), tensors);
  }

  /**
   * Prefixes of the head's linear layers that the model does not have, or not in the right shape.
   */
  public static List<String> missing(TransformerWeights weights, Head head) {
    int hidden = weights.architecture().hiddenSize();
    List<String> wanted = weights.architecture().family().headLayers(head);
    List<String> missing = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      int rows = i == wanted.size() - 1 ? head.outputs() : hidden;
      Tensor weight = weights.tensors().get(wanted.get(i) + WEIGHT);
      Tensor bias = weights.tensors().get(wanted.get(i) + BIAS);
      if (weight == null
          || bias == null
          || !Arrays.equals(weight.shape(), new int[] {rows, hidden})
          || bias.values().length != rows) {
        missing.add(wanted.get(i));
      }
    }
    return missing;
  }

  /** Whether a parameter belongs to a head, the pooler included. */
  public static boolean isOfHeads(BertArchitecture architecture, String name) {
    Family family = architecture.family();
    return isOf(
        Stream.of(family.classifier().dense(), family.classifier().out(), family.spans()).toList(),
        name);
  }

  private static boolean isOf(List<String> prefixes, String name) {
    return prefixes.stream().anyMatch(prefix -> name.startsWith(prefix + "."));
  }
}
