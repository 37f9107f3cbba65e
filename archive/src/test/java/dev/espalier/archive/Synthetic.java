package dev.espalier.archive;

import dev.espalier.core.model.Tensor;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Weights made up from a seed: normally distributed, at independent positions. */
final class Synthetic {
  private static final double SIGMA = 0.04;

  private final SplittableRandom random;

  Synthetic(long seed) {
    random = new SplittableRandom(seed);
  }

  Tensor matrix(int rows, int columns, double density) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      if (random.nextDouble() < density) {
        values[i] = (float) (random.nextGaussian() * SIGMA);
      }
    }
    return Tensor.matrix(rows, columns, values);
  }

  Tensor vector(int size, double mean) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (mean + random.nextGaussian() * SIGMA);
    }
    return Tensor.vector(values);
  }

  /**
   * The encoder of a BERT and a head for question answering.
   *
   * @param density share of the encoder's matrices that is left, the same in each
   */
  SortedMap<String, Tensor> encoder(int layers, int hidden, double density) {
    SortedMap<String, Tensor> weights = new TreeMap<>();
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "bert.encoder.layer." + layer + ".";
      for (String part :
          new String[] {
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "intermediate.dense",
            "output.dense"
          }) {
        int rows = part.equals("intermediate.dense") ? 4 * hidden : hidden;
        int columns = part.equals("output.dense") ? 4 * hidden : hidden;
        weights.put(prefix + part + ".weight", matrix(rows, columns, density));
        weights.put(prefix + part + ".bias", vector(rows, 0));
      }
      for (String norm : new String[] {"attention.output.LayerNorm", "output.LayerNorm"}) {
        weights.put(prefix + norm + ".weight", vector(hidden, 0.9));
        weights.put(prefix + norm + ".bias", vector(hidden, 0));
      }
    }
    weights.put("qa_outputs.weight", matrix(2, hidden, 1));
    weights.put("qa_outputs.bias", vector(2, 0));
    return weights;
  }

  /** Adds what lies around the encoder. */
  void addEmbeddings(SortedMap<String, Tensor> weights, int vocabulary, int hidden) {
    String prefix = "bert.embeddings.";
    weights.put(prefix + "word_embeddings.weight", matrix(vocabulary, hidden, 1));
    weights.put(prefix + "position_embeddings.weight", matrix(512, hidden, 1));
    weights.put(prefix + "token_type_embeddings.weight", matrix(2, hidden, 1));
    weights.put(prefix + "LayerNorm.weight", vector(hidden, 0.9));
    weights.put(prefix + "LayerNorm.bias", vector(hidden, 0));
    weights.put("bert.pooler.dense.weight", matrix(hidden, hidden, 1));
    weights.put("bert.pooler.dense.bias", vector(hidden, 0));
  }
}
