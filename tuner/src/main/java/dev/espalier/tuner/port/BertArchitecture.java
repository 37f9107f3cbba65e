package dev.espalier.tuner.port;

/**
 * The shape of a BERT-family encoder, with the meaning and the defaults of Hugging Face's {@code
 * config.json}.
 *
 * @param vocabularySize rows of the word embeddings
 * @param hiddenSize width of the residual stream; a multiple of {@code heads}
 * @param layers number of encoder layers
 * @param heads attention heads per layer
 * @param intermediateSize width of the feed-forward network
 * @param maxPositions longest input in tokens
 * @param tokenTypes rows of the token type embeddings
 * @param layerNormEpsilon added to the variance in layer normalization
 * @param hiddenDropout probability of dropping an element of the residual stream, in [0, 1)
 * @param attentionDropout probability of dropping an attention weight, in [0, 1)
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
    double attentionDropout) {
  /** Checks that the heads divide the hidden size. */
  public BertArchitecture {
    if (heads < 1 || hiddenSize % heads != 0) {
      throw new IllegalArgumentException(
          "hidden size " + hiddenSize + " is not a multiple of " + heads + " heads");
    }
  }

  /** The width of one attention head. */
  public int headSize() {
    return hiddenSize / heads;
  }
}
