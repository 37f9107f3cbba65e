package dev.espalier.onnxruntime;

import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.BertNames;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** A random BERT classifier small enough for fast tests, and its forward pass in double. */
public final class TinyBert {
  public static final int VOCABULARY = 50;
  private static final int HIDDEN = 32;
  private static final int INTERMEDIATE = 64;
  private static final int HEADS = 4;
  private static final int POSITIONS = 24;

  private TinyBert() {}

  public static TransformerWeights weights(int layers, int labels) {
    BertArchitecture architecture =
        new BertArchitecture(
            VOCABULARY, HIDDEN, layers, HEADS, INTERMEDIATE, POSITIONS, 2, 1e-12, 0.1, 0.1);
    Random random = new Random(7);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    tensors.put(BertNames.WORD_EMBEDDINGS, matrix(random, VOCABULARY, HIDDEN));
    tensors.put(BertNames.POSITION_EMBEDDINGS, matrix(random, POSITIONS, HIDDEN));
    tensors.put(BertNames.TOKEN_TYPE_EMBEDDINGS, matrix(random, 2, HIDDEN));
    norm(random, tensors, BertNames.EMBEDDINGS_NORM);
    for (String linear : BertNames.encoderLinears(layers)) {
      boolean widens = linear.endsWith("intermediate.dense");
      boolean narrows = linear.endsWith("output.dense") && !linear.contains("attention");
      linear(
          random, tensors, linear, widens ? INTERMEDIATE : HIDDEN, narrows ? INTERMEDIATE : HIDDEN);
    }
    for (int layer = 0; layer < layers; layer++) {
      norm(random, tensors, BertNames.layer(layer, "attention.output.LayerNorm"));
      norm(random, tensors, BertNames.layer(layer, "output.LayerNorm"));
    }
    linear(random, tensors, BertNames.POOLER, HIDDEN, HIDDEN);
    linear(random, tensors, BertNames.CLASSIFIER, labels, HIDDEN);
    return new TransformerWeights(architecture, tensors);
  }

  private static Tensor matrix(Random random, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * 0.2);
    }
    return Tensor.matrix(rows, columns, values);
  }

  private static void linear(
      Random random, SortedMap<String, Tensor> tensors, String prefix, int out, int in) {
    tensors.put(prefix + ".weight", matrix(random, out, in));
    tensors.put(prefix + ".bias", Tensor.vector(matrix(random, 1, out).values()));
  }

  private static void norm(Random random, SortedMap<String, Tensor> tensors, String prefix) {
    float[] gain = matrix(random, 1, HIDDEN).values();
    for (int i = 0; i < gain.length; i++) {
      gain[i] += 1;
    }
    tensors.put(prefix + ".weight", Tensor.vector(gain));
    tensors.put(prefix + ".bias", Tensor.vector(matrix(random, 1, HIDDEN).values()));
  }

  /** The logits of one unpadded sentence, in double precision and straight from the paper. */
  public static double[] logits(TransformerWeights weights, int[] ids, int[] types) {
    int length = ids.length;
    double[][] x = new double[length][HIDDEN];
    for (int t = 0; t < length; t++) {
      for (int i = 0; i < HIDDEN; i++) {
        x[t][i] =
            (double) weights.get(BertNames.WORD_EMBEDDINGS).values()[ids[t] * HIDDEN + i]
                + weights.get(BertNames.POSITION_EMBEDDINGS).values()[t * HIDDEN + i]
                + weights.get(BertNames.TOKEN_TYPE_EMBEDDINGS).values()[types[t] * HIDDEN + i];
      }
    }
    normalize(weights, BertNames.EMBEDDINGS_NORM, x);
    for (int layer = 0; layer < weights.bert().layers(); layer++) {
      double[][] attended = attention(weights, layer, x);
      attended = apply(weights, BertNames.layer(layer, "attention.output.dense"), attended);
      x = sum(attended, x);
      normalize(weights, BertNames.layer(layer, "attention.output.LayerNorm"), x);
      double[][] wide = apply(weights, BertNames.layer(layer, "intermediate.dense"), x);
      for (double[] row : wide) {
        for (int i = 0; i < row.length; i++) {
          row[i] = row[i] * 0.5 * (1 + erf(row[i] / Math.sqrt(2)));
        }
      }
      x = sum(apply(weights, BertNames.layer(layer, "output.dense"), wide), x);
      normalize(weights, BertNames.layer(layer, "output.LayerNorm"), x);
    }
    double[][] pooled = apply(weights, BertNames.POOLER, new double[][] {x[0]});
    for (int i = 0; i < HIDDEN; i++) {
      pooled[0][i] = Math.tanh(pooled[0][i]);
    }
    return apply(weights, BertNames.CLASSIFIER, pooled)[0];
  }

  private static double[][] attention(TransformerWeights weights, int layer, double[][] x) {
    String self = BertNames.layer(layer, "attention.self");
    double[][] q = apply(weights, self + ".query", x);
    double[][] k = apply(weights, self + ".key", x);
    double[][] v = apply(weights, self + ".value", x);
    int size = HIDDEN / HEADS;
    double[][] out = new double[x.length][HIDDEN];
    for (int head = 0; head < HEADS; head++) {
      int from = head * size;
      for (int t = 0; t < x.length; t++) {
        double[] shares = new double[x.length];
        double total = 0;
        for (int s = 0; s < x.length; s++) {
          double product = 0;
          for (int i = from; i < from + size; i++) {
            product += q[t][i] * k[s][i];
          }
          shares[s] = Math.exp(product / Math.sqrt(size));
          total += shares[s];
        }
        for (int s = 0; s < x.length; s++) {
          for (int i = from; i < from + size; i++) {
            out[t][i] += shares[s] / total * v[s][i];
          }
        }
      }
    }
    return out;
  }

  private static double[][] apply(TransformerWeights weights, String prefix, double[][] x) {
    Tensor weight = weights.get(prefix + ".weight");
    Tensor bias = weights.get(prefix + ".bias");
    int out = weight.shape()[0];
    int in = weight.shape()[1];
    double[][] y = new double[x.length][out];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < out; o++) {
        y[t][o] = bias.values()[o];
        for (int i = 0; i < in; i++) {
          y[t][o] += x[t][i] * weight.values()[o * in + i];
        }
      }
    }
    return y;
  }

  private static double[][] sum(double[][] a, double[][] b) {
    double[][] c = new double[a.length][HIDDEN];
    for (int t = 0; t < a.length; t++) {
      for (int i = 0; i < HIDDEN; i++) {
        c[t][i] = a[t][i] + b[t][i];
      }
    }
    return c;
  }

  private static void normalize(TransformerWeights weights, String prefix, double[][] x) {
    float[] gain = weights.get(prefix + ".weight").values();
    float[] bias = weights.get(prefix + ".bias").values();
    for (double[] row : x) {
      double mean = 0;
      for (double value : row) {
        mean += value / row.length;
      }
      double variance = 0;
      for (double value : row) {
        variance += (value - mean) * (value - mean) / row.length;
      }
      double scale = 1 / Math.sqrt(variance + weights.bert().layerNormEpsilon());
      for (int i = 0; i < row.length; i++) {
        row[i] = (row[i] - mean) * scale * gain[i] + bias[i];
      }
    }
  }

  /** By its series, which converges quickly for the small values here. */
  private static double erf(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 200; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
}
