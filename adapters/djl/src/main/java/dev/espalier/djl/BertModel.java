package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import dev.espalier.api.data.Batch;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Family;
import dev.espalier.core.model.LayerPart;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An encoder of BERT's family with its head: parameters on the engine's side, and the forward pass
 * (Devlin et al., "BERT", 2019; post-layer-normalization, exact GELU, −10,000 attention bias). What
 * differs between the families is in {@link Family}.
 *
 * <p>Parameters are named as in Hugging Face's library; linear weights are [out, in]. The model
 * runs in float32 for training and in float64 for checking gradients.
 */
public final class BertModel implements Network {
  private final BertArchitecture architecture;
  private final Family family;
  private final DataType type;
  private final NDManager manager;
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final NDArray attentionScale;

  /** Copies the weights to the engine; {@code type} is float32 or float64. */
  BertModel(TransformerWeights weights, DataType type) {
    this.architecture = weights.bert();
    this.family = architecture.family();
    this.type = type;
    this.manager = Torch.newManager();
    weights.tensors().forEach((name, tensor) -> parameters.put(name, copy(tensor)));
    this.attentionScale =
        NativeArrays.create(
            manager, new Shape(), type, new double[] {1 / Math.sqrt(architecture.headSize())});
  }

  /** A model for inference in float32. */
  public static BertModel load(TransformerWeights weights) {
    return new BertModel(weights, DataType.FLOAT32);
  }

  /**
   * The encoder's output for a batch, without dropout.
   *
   * @return values of [rows, columns, hidden], row-major; those at padding are arbitrary
   */
  public float[] hiddenStates(Batch batch) {
    try (NDManager step = manager.newSubManager()) {
      List<NDArray> layers = layers(BatchArrays.of(batch, step, type), false);
      return layers.get(layers.size() - 1).toFloatArray();
    }
  }

  @Override
  public DataType type() {
    return type;
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public Map<String, NDArray> parameters() {
    return parameters;
  }

  @Override
  public Answer answer(BatchArrays batch, boolean training) {
    List<NDArray> layers = layers(batch, training);
    return new Answer(head(layers.get(layers.size() - 1), training), layers);
  }

  /** [rows, classes], [rows, 1] or, for spans, [rows, columns, 2], as the head that is there. */
  private NDArray head(NDArray hidden, boolean training) {
    if (parameters.containsKey(family.spans() + ".weight")) {
      return linear(hidden, family.spans());
    }
    Family.Classifier head = family.classifier();
    NDArray first = hidden.get(new NDIndex(":, 0"));
    if (head.dropoutFirst()) {
      first = dropout(first, architecture.classifierDropout(), training);
    }
    NDArray dense = linear(first, head.dense());
    NDArray active =
        switch (head.activation()) {
          case TANH -> dense.tanh();
          case RELU -> dense.getNDArrayInternal().relu();
          case GELU -> dense.getNDArrayInternal().gelu();
        };
    return linear(dropout(active, architecture.classifierDropout(), training), head.out());
  }

  /** [rows, columns, hidden] after each layer of the encoder. */
  private List<NDArray> layers(BatchArrays batch, boolean training) {
    List<NDArray> layers = new ArrayList<>();
    NDArray hidden = embeddings(batch, training);
    for (int layer = 0; layer < architecture.layers(); layer++) {
      hidden = encoderLayer(layer, hidden, batch.attentionBias(), training);
      layers.add(hidden);
    }
    return layers;
  }

  private NDArray embeddings(BatchArrays batch, boolean training) {
    int columns = (int) batch.inputIds().getShape().get(1);
    int from = architecture.firstPosition();
    NDArray positions =
        batch.inputIds().getManager().arange(from, from + columns, 1, DataType.INT64).expandDims(0);
    NDArray sum =
        embed(batch.inputIds(), family.wordEmbeddings())
            .add(embed(positions, family.positionEmbeddings()));
    if (architecture.tokenTypes() == 1) {
      sum = sum.add(parameter(family.tokenTypeEmbeddings())); // one row, whatever the input says
    } else if (architecture.tokenTypes() > 1) {
      sum = sum.add(embed(batch.tokenTypeIds(), family.tokenTypeEmbeddings()));
    }
    NDArray normed = layerNorm(sum, family.embeddingsNorm(), architecture.embeddingSize());
    NDArray dropped = dropout(normed, architecture.hiddenDropout(), training);
    return architecture.projectsEmbeddings()
        ? linear(dropped, family.embeddingsProjection())
        : dropped;
  }

  private NDArray encoderLayer(int layer, NDArray input, NDArray attentionBias, boolean training) {
    NDArray context = attention(layer, input, attentionBias, training);
    NDArray attended =
        dropout(
            linear(context, family.layer(layer, LayerPart.ATTENTION_OUTPUT)),
            architecture.hiddenDropout(),
            training);
    NDArray middle =
        layerNorm(
            attended.add(input),
            family.layer(layer, LayerPart.ATTENTION_NORM),
            architecture.hiddenSize());
    NDArray widened =
        linear(middle, family.layer(layer, LayerPart.INTERMEDIATE)).getNDArrayInternal().gelu();
    NDArray narrowed =
        dropout(
            linear(widened, family.layer(layer, LayerPart.OUTPUT)),
            architecture.hiddenDropout(),
            training);
    return layerNorm(
        narrowed.add(middle),
        family.layer(layer, LayerPart.OUTPUT_NORM),
        architecture.hiddenSize());
  }

  private NDArray attention(int layer, NDArray input, NDArray attentionBias, boolean training) {
    NDArray query = heads(linear(input, family.layer(layer, LayerPart.QUERY)));
    NDArray key = heads(linear(input, family.layer(layer, LayerPart.KEY)));
    NDArray value = heads(linear(input, family.layer(layer, LayerPart.VALUE)));
    // The backward pass needs neither of the two closed ones: with them open, a step of BERT-base
    // at
    // batch 16 and length 384 holds 2.5 GiB more.
    NDArray products = query.mul(attentionScale).matMul(key.transpose(0, 1, 3, 2));
    NDArray scores = products.add(attentionBias);
    products.close();
    NDArray kept = scores.softmax(-1);
    scores.close();
    NDArray shares = dropout(kept, architecture.attentionDropout(), training);
    return shares.matMul(value).transpose(0, 2, 1, 3).reshape(input.getShape());
  }

  /** [rows, columns, hidden] to [rows, heads, columns, headSize]. */
  private NDArray heads(NDArray hidden) {
    Shape shape = hidden.getShape();
    return hidden
        .reshape(shape.get(0), shape.get(1), architecture.heads(), architecture.headSize())
        .transpose(0, 2, 1, 3);
  }

  private NDArray linear(NDArray input, String prefix) {
    return input
        .getNDArrayInternal()
        .linear(input, parameter(prefix + ".weight"), parameter(prefix + ".bias"))
        .singletonOrThrow();
  }

  private NDArray layerNorm(NDArray input, String prefix, int size) {
    return input
        .getNDArrayInternal()
        .layerNorm(
            input,
            new Shape(size),
            parameter(prefix + ".weight"),
            parameter(prefix + ".bias"),
            (float) architecture.layerNormEpsilon())
        .singletonOrThrow();
  }

  private NDArray embed(NDArray ids, String table) {
    return ids.getNDArrayInternal()
        .embedding(ids, parameter(table), SparseFormat.DENSE)
        .singletonOrThrow();
  }

  private static NDArray dropout(NDArray input, double rate, boolean training) {
    if (!training || rate == 0) {
      return input;
    }
    NDList dropped = input.getNDArrayInternal().dropout(input, (float) rate, true);
    return dropped.singletonOrThrow();
  }

  private NDArray copy(Tensor tensor) {
    long[] shape = Arrays.stream(tensor.shape()).asLongStream().toArray();
    return NativeArrays.create(manager, new Shape(shape), type, tensor.values());
  }

  @Override
  public void close() {
    manager.close();
  }
}
