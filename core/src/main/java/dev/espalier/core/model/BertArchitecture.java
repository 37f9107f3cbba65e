package dev.espalier.core.model;

import dev.espalier.api.data.Head;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The shape of a BERT-family encoder, with the meaning and the defaults of Hugging Face's {@code
 * config.json}.
 *
 * @param vocabularySize rows of the word embeddings
 * @param hiddenSize width of the residual stream; a multiple of {@code heads}
 * @param layers number of encoder layers
 * @param heads attention heads per layer
 * @param intermediateSize width of the feed-forward network
 * @param maxPositions rows of the position embeddings
 * @param tokenTypes rows of the token type embeddings; 0 when there are none
 * @param layerNormEpsilon added to the variance in layer normalization
 * @param hiddenDropout probability of dropping an element of the residual stream, in [0, 1)
 * @param attentionDropout probability of dropping an attention weight, in [0, 1)
 * @param family names, head and positions
 * @param embeddingSize width of the embeddings; the hidden size but in some ELECTRA models
 * @param firstPosition row of the position embeddings that the first token has
 * @param classifierDropout probability of dropping an element before the classifier, in [0, 1)
 */
public record BertArchitecture(
    int vocabularySize,
    int hiddenSize,
    int layers,
    int heads,
    int intermediateSize,
    int maxPositions,
    int tokenTypes,
    double layerNormEpsilon,
    double hiddenDropout,
    double attentionDropout,
    Family family,
    int embeddingSize,
    int firstPosition,
    double classifierDropout)
    implements Architecture {
  /** Checks that the heads divide the hidden size. */
  public BertArchitecture {
    if (heads < 1 || hiddenSize % heads != 0) {
      throw new IllegalArgumentException(
          "hidden size " + hiddenSize + " is not a multiple of " + heads + " heads");
    }
  }

  /** BERT's own. */
  public BertArchitecture(
      int vocabularySize,
      int hiddenSize,
      int layers,
      int heads,
      int intermediateSize,
      int maxPositions,
      int tokenTypes,
      double layerNormEpsilon,
      double hiddenDropout,
      double attentionDropout) {
    this(
        vocabularySize,
        hiddenSize,
        layers,
        heads,
        intermediateSize,
        maxPositions,
        tokenTypes,
        layerNormEpsilon,
        hiddenDropout,
        attentionDropout,
        Family.BERT,
        hiddenSize,
        0,
        hiddenDropout);
  }

  /** The same with another number of layers. */
  public BertArchitecture withLayers(int number) {
    return new BertArchitecture(
        vocabularySize,
        hiddenSize,
        number,
        heads,
        intermediateSize,
        maxPositions,
        tokenTypes,
        layerNormEpsilon,
        hiddenDropout,
        attentionDropout,
        family,
        embeddingSize,
        firstPosition,
        classifierDropout);
  }

  /**
   * In what another model computes something else, though its weights may have the same shapes:
   * sentences such as "2 layers in place of 1". Dropout, which only trains, does not count.
   */
  public List<String> differences(BertArchitecture other) {
    List<String> found = new ArrayList<>();
    if (!family.equals(other.family)) {
      found.add("model_type " + other.family.modelType() + " in place of " + family.modelType());
    }
    compare("layers", layers, other.layers, found);
    compare("attention heads", heads, other.heads, found);
    compare("as the first position", firstPosition, other.firstPosition, found);
    if (layerNormEpsilon != other.layerNormEpsilon) {
      found.add("layer_norm_eps " + other.layerNormEpsilon + " in place of " + layerNormEpsilon);
    }
    return found;
  }

  private static void compare(String what, int own, int other, List<String> found) {
    if (own != other) {
      found.add(other + " " + what + " in place of " + own);
    }
  }

  @Override
  public ModelFormat format() {
    return ModelFormat.ONNX;
  }

  @Override
  public String encoder() {
    return family.encoder();
  }

  /** The linear layers of the encoder may: embeddings and head are left dense. */
  @Override
  public boolean isPrunable(String name) {
    return name.startsWith(family.encoder()) && name.endsWith(".weight");
  }

  /** The embeddings, as in movement pruning's reference. */
  @Override
  public boolean isFrozen(String name) {
    return name.startsWith(family.embeddings());
  }

  /** The pooler belongs to the head, too. */
  @Override
  public boolean isOfHeads(String name) {
    return Stream.of(family.classifier().dense(), family.classifier().out(), family.spans())
        .anyMatch(prefix -> name.startsWith(prefix + "."));
  }

  @Override
  public Map<String, int[]> headLayers(Head head) {
    Map<String, int[]> layers = new LinkedHashMap<>();
    for (String prefix : family.headLayers(head)) {
      int rows = prefix.equals(family.head(head)) ? head.outputs() : hiddenSize;
      layers.put(prefix, new int[] {rows, hiddenSize});
    }
    return layers;
  }

  /** Some families leave the first positions unused. */
  @Override
  public int longestInput() {
    return maxPositions - firstPosition;
  }

  /** Whether a linear layer leads from the embeddings to the hidden size. */
  public boolean projectsEmbeddings() {
    return embeddingSize != hiddenSize;
  }

  /** The width of one attention head. */
  public int headSize() {
    return hiddenSize / heads;
  }
}
