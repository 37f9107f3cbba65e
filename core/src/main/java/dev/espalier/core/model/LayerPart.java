package dev.espalier.core.model;

/** What an encoder layer consists of, whatever a family calls it. */
public enum LayerPart {
  /** Linear, [hidden, hidden]: what attention looks for. */
  QUERY(true),
  /** Linear, [hidden, hidden]: what attention finds. */
  KEY(true),
  /** Linear, [hidden, hidden]: what attention hands on. */
  VALUE(true),
  /** Linear, [hidden, hidden]: the heads put together. */
  ATTENTION_OUTPUT(true),
  /** Layer normalization after attention and residual sum. */
  ATTENTION_NORM(false),
  /** Linear, [intermediate, hidden]: the feed-forward network's first. */
  INTERMEDIATE(true),
  /** Linear, [hidden, intermediate]: the feed-forward network's second. */
  OUTPUT(true),
  /** Layer normalization after the feed-forward network and residual sum. */
  OUTPUT_NORM(false);

  private final boolean linear;

  LayerPart(boolean linear) {
    this.linear = linear;
  }

  /** Whether it is a linear layer, which movement pruning prunes. */
  public boolean isLinear() {
    return linear;
  }

  /** Whether it belongs to the attention, and not to the feed-forward network. */
  public boolean isOfAttention() {
    return compareTo(ATTENTION_NORM) <= 0;
  }
}
