package dev.espalier.core.model;

import dev.espalier.api.data.Head;
import java.util.ArrayList;
import java.util.List;

/**
 * Hugging Face's parameter names for {@code BertForSequenceClassification} and {@code
 * BertForQuestionAnswering}.
 */
public final class BertNames {
  /** Token embeddings, [vocabulary, hidden]. */
  public static final String WORD_EMBEDDINGS = "bert.embeddings.word_embeddings.weight";

  /** Position embeddings, [positions, hidden]. */
  public static final String POSITION_EMBEDDINGS = "bert.embeddings.position_embeddings.weight";

  /** Token type embeddings, [types, hidden]. */
  public static final String TOKEN_TYPE_EMBEDDINGS = "bert.embeddings.token_type_embeddings.weight";

  /** What every parameter of the embeddings begins with. */
  public static final String EMBEDDINGS = "bert.embeddings.";

  /** Prefix of the layer normalization after the embeddings. */
  public static final String EMBEDDINGS_NORM = "bert.embeddings.LayerNorm";

  /** Prefix of the dense layer over the first token. */
  public static final String POOLER = "bert.pooler.dense";

  /** Prefix of the head over the pooled first token: classes, or one number. */
  public static final String CLASSIFIER = "classifier";

  /** Prefix of the head over every token: whether an answer starts there, whether it ends there. */
  public static final String SPANS = "qa_outputs";

  /** What every parameter that belongs to an encoder layer begins with. */
  public static final String ENCODER = "bert.encoder.layer.";

  private BertNames() {}

  /** Prefix of a head's linear layer. */
  public static String head(Head head) {
    return head instanceof Head.Spans ? SPANS : CLASSIFIER;
  }

  /** Prefix of one part of one layer, for instance {@code attention.self.query}. */
  public static String layer(int layer, String part) {
    return ENCODER + layer + "." + part;
  }

  /** The six linear layers of each encoder layer, by prefix: what movement pruning prunes. */
  public static List<String> encoderLinears(int layers) {
    List<String> names = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      for (String part :
          List.of(
              "attention.self.query",
              "attention.self.key",
              "attention.self.value",
              "attention.output.dense",
              "intermediate.dense",
              "output.dense")) {
        names.add(layer(layer, part));
      }
    }
    return names;
  }
}
