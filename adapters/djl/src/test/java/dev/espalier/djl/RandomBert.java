package dev.espalier.djl;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.BertNames;
import dev.espalier.core.model.Heads;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Small random models, and a data set that they can learn. */
final class RandomBert {
  static final BertArchitecture TWO_LAYERS =
      new BertArchitecture(50, 16, 2, 4, 32, 24, 2, 1e-12, 0.1, 0.1);

  private RandomBert() {}

  static PretrainedModel pretrained(long seed) {
    return new PretrainedModel("random", weights(TWO_LAYERS, seed, 0.05), new byte[0], "none");
  }

  static TransformerWeights withHead(long seed, double deviation) {
    return withHead(new Head.Classification(List.of("even", "odd")), seed, deviation);
  }

  static TransformerWeights withHead(Head head, long seed, double deviation) {
    return Heads.with(weights(TWO_LAYERS, seed, deviation), head, seed);
  }

  private static TransformerWeights weights(BertArchitecture shape, long seed, double deviation) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Tensor> tensors = new TreeMap<>();
    int hidden = shape.hiddenSize();
    tensors.put(
        BertNames.WORD_EMBEDDINGS, gaussian(shape.vocabularySize(), hidden, random, deviation));
    tensors.put(
        BertNames.POSITION_EMBEDDINGS, gaussian(shape.maxPositions(), hidden, random, deviation));
    tensors.put(
        BertNames.TOKEN_TYPE_EMBEDDINGS, gaussian(shape.tokenTypes(), hidden, random, deviation));
    norm(tensors, BertNames.EMBEDDINGS_NORM, hidden, random, deviation);
    for (String prefix : BertNames.encoderLinears(shape.layers())) {
      boolean widens = prefix.endsWith("intermediate.dense");
      boolean narrows = prefix.endsWith("output.dense") && !prefix.contains("attention");
      int rows = widens ? shape.intermediateSize() : hidden;
      int columns = narrows ? shape.intermediateSize() : hidden;
      linear(tensors, prefix, rows, columns, random, deviation);
    }
    for (int layer = 0; layer < shape.layers(); layer++) {
      norm(
          tensors, BertNames.layer(layer, "attention.output.LayerNorm"), hidden, random, deviation);
      norm(tensors, BertNames.layer(layer, "output.LayerNorm"), hidden, random, deviation);
    }
    linear(tensors, BertNames.POOLER, hidden, hidden, random, deviation);
    return new TransformerWeights(shape, new TreeMap<>(tensors));
  }

  /** The label says whether the sentence holds more even tokens than odd ones. */
  static EncodedSet parity(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<EncodedExample> examples = new ArrayList<>();
    while (examples.size() < size) {
      int label = random.nextInt(2);
      int[] ids = new int[3 + random.nextInt(8)];
      for (int i = 0; i < ids.length; i++) {
        boolean agrees = random.nextInt(10) < 8;
        ids[i] = 2 * random.nextInt(25) + (agrees ? label : 1 - label);
      }
      examples.add(new EncodedExample(ids, new int[ids.length], label));
    }
    return new EncodedSet("train", "parity", "none", List.of("even", "odd"), examples);
  }

  private static Tensor gaussian(int rows, int columns, SplittableRandom random, double deviation) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return Tensor.matrix(rows, columns, values);
  }

  private static void linear(
      Map<String, Tensor> tensors,
      String prefix,
      int rows,
      int columns,
      SplittableRandom random,
      double deviation) {
    tensors.put(prefix + ".weight", gaussian(rows, columns, random, deviation));
    tensors.put(prefix + ".bias", Tensor.vector(gaussian(1, rows, random, deviation).values()));
  }

  private static void norm(
      Map<String, Tensor> tensors,
      String prefix,
      int size,
      SplittableRandom random,
      double deviation) {
    float[] scale = gaussian(1, size, random, deviation).values();
    for (int i = 0; i < size; i++) {
      scale[i] += 1;
    }
    tensors.put(prefix + ".weight", Tensor.vector(scale));
    tensors.put(prefix + ".bias", Tensor.vector(gaussian(1, size, random, deviation).values()));
  }
}
