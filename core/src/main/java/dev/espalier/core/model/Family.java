package dev.espalier.core.model;

import dev.espalier.api.data.Head;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What sets one kind of encoder apart from the others with BERT's layers: how its parameters are
 * called, what its classifier looks like, where its positions begin, and how {@code config.json}
 * writes it down. Names are those of Hugging Face's Transformers. A new family is one more
 * constant.
 *
 * @param modelType {@code model_type} in {@code config.json}
 * @param classes what the Python classes' names begin with, for instance {@code Bert}
 * @param base what every parameter of the encoder begins with, the dot included
 * @param layers what every parameter of an encoder layer begins with, after {@code base}
 * @param parts the prefix of each part within a layer
 * @param classifier the head over the first token
 * @param keys how {@code config.json} calls what {@link BertArchitecture} has
 * @param tokenTypes whether there are token type embeddings
 * @param positionsAfterPadding whether position 0 is the row after that of the padding token's id
 */
public record Family(
    String modelType,
    String classes,
    String base,
    String layers,
    Map<LayerPart, String> parts,
    Classifier classifier,
    ConfigKeys keys,
    boolean tokenTypes,
    boolean positionsAfterPadding) {

  /** What stands between the two linear layers of a classifier. */
  public enum Activation {
    /** Hyperbolic tangent. */
    TANH,
    /** max(0, x). */
    RELU,
    /** x/2 · (1 + erf(x/√2)). */
    GELU
  }

  /**
   * Two linear layers over the first token; dropout is before the second.
   *
   * @param dropoutFirst whether there is dropout before the first, too
   * @param dense full prefix of the first, [hidden, hidden]
   * @param activation what follows it
   * @param out full prefix of the second, [outputs, hidden]
   */
  public record Classifier(boolean dropoutFirst, String dense, Activation activation, String out) {}

  /**
   * The keys of {@code config.json}.
   *
   * @param hidden of the hidden size
   * @param layers of the number of layers
   * @param heads of the number of attention heads
   * @param intermediate of the feed-forward network's width
   * @param activation of its activation
   * @param hiddenDropout of the residual stream's dropout
   * @param attentionDropout of the attention weights' dropout
   * @param classifierDropout of the dropout in the classifier
   */
  public record ConfigKeys(
      String hidden,
      String layers,
      String heads,
      String intermediate,
      String activation,
      String hiddenDropout,
      String attentionDropout,
      String classifierDropout) {}

  private static final ConfigKeys BERT_KEYS =
      new ConfigKeys(
          "hidden_size",
          "num_hidden_layers",
          "num_attention_heads",
          "intermediate_size",
          "hidden_act",
          "hidden_dropout_prob",
          "attention_probs_dropout_prob",
          "classifier_dropout");

  private static final Map<LayerPart, String> BERT_PARTS =
      parts(
          "attention.self.query",
          "attention.self.key",
          "attention.self.value",
          "attention.output.dense",
          "attention.output.LayerNorm",
          "intermediate.dense",
          "output.dense",
          "output.LayerNorm");

  private static final String BERT_LAYERS = "encoder.layer.";

  /** Devlin et al., "BERT", 2019; MiniLM, too. */
  public static final Family BERT =
      new Family(
          "bert",
          "Bert",
          "bert.",
          BERT_LAYERS,
          BERT_PARTS,
          new Classifier(false, "bert.pooler.dense", Activation.TANH, "classifier"),
          BERT_KEYS,
          true,
          false);

  /** Liu et al., "RoBERTa", 2019. */
  public static final Family ROBERTA = roberta("roberta", "Roberta");

  /** Conneau et al., "Unsupervised Cross-lingual Representation Learning at Scale", 2020. */
  public static final Family XLM_ROBERTA = roberta("xlm-roberta", "XLMRoberta");

  /** Martin et al., "CamemBERT", 2020. */
  public static final Family CAMEMBERT = roberta("camembert", "Camembert");

  /** Sanh et al., "DistilBERT", 2019. */
  public static final Family DISTILBERT =
      new Family(
          "distilbert",
          "DistilBert",
          "distilbert.",
          "transformer.layer.",
          parts(
              "attention.q_lin",
              "attention.k_lin",
              "attention.v_lin",
              "attention.out_lin",
              "sa_layer_norm",
              "ffn.lin1",
              "ffn.lin2",
              "output_layer_norm"),
          new Classifier(false, "pre_classifier", Activation.RELU, "classifier"),
          new ConfigKeys(
              "dim",
              "n_layers",
              "n_heads",
              "hidden_dim",
              "activation",
              "dropout",
              "attention_dropout",
              "seq_classif_dropout"),
          false,
          false);

  /** Clark et al., "ELECTRA", 2020: its discriminator. */
  public static final Family ELECTRA =
      new Family(
          "electra",
          "Electra",
          "electra.",
          BERT_LAYERS,
          BERT_PARTS,
          new Classifier(true, "classifier.dense", Activation.GELU, "classifier.out_proj"),
          BERT_KEYS,
          true,
          false);

  /** Copies the map. */
  public Family {
    parts = Map.copyOf(parts);
  }

  /** All that there are. */
  public static List<Family> all() {
    return List.of(BERT, ROBERTA, XLM_ROBERTA, CAMEMBERT, DISTILBERT, ELECTRA);
  }

  /** The family that {@code config.json} calls {@code modelType}. */
  public static Optional<Family> named(String modelType) {
    return all().stream().filter(family -> family.modelType().equals(modelType)).findFirst();
  }

  private static Family roberta(String modelType, String classes) {
    return new Family(
        modelType,
        classes,
        "roberta.",
        BERT_LAYERS,
        BERT_PARTS,
        new Classifier(true, "classifier.dense", Activation.TANH, "classifier.out_proj"),
        BERT_KEYS,
        true,
        true);
  }

  /** The names of all parts, in the order of {@link LayerPart}. */
  private static Map<LayerPart, String> parts(String... names) {
    Map<LayerPart, String> parts = new EnumMap<>(LayerPart.class);
    for (LayerPart part : LayerPart.values()) {
      parts.put(part, names[parts.size()]);
    }
    return parts;
  }

  /** What every parameter of the embeddings begins with. */
  public String embeddings() {
    return base + "embeddings.";
  }

  /** Token embeddings, [vocabulary, embedding size]. */
  public String wordEmbeddings() {
    return embeddings() + "word_embeddings.weight";
  }

  /** Position embeddings, [positions, embedding size]. */
  public String positionEmbeddings() {
    return embeddings() + "position_embeddings.weight";
  }

  /** Token type embeddings, [types, embedding size]. */
  public String tokenTypeEmbeddings() {
    return embeddings() + "token_type_embeddings.weight";
  }

  /** Prefix of the layer normalization after the embeddings. */
  public String embeddingsNorm() {
    return embeddings() + "LayerNorm";
  }

  /** Prefix of the linear layer from the embedding size to the hidden size, where they differ. */
  public String embeddingsProjection() {
    return base + "embeddings_project";
  }

  /** What every parameter of an encoder layer begins with. */
  public String encoder() {
    return base + layers;
  }

  /** What every parameter of one encoder layer begins with. */
  public String layer(int layer) {
    return encoder() + layer + ".";
  }

  /** Prefix of one part of one layer. */
  public String layer(int layer, LayerPart part) {
    return layer(layer) + parts.get(part);
  }

  /** Prefix of the head over every token: whether an answer starts there, whether it ends there. */
  public String spans() {
    return "qa_outputs";
  }

  /** Prefix of the last linear layer of a head, [outputs, hidden]. */
  public String head(Head head) {
    return head instanceof Head.Spans ? spans() : classifier.out();
  }

  /** Prefixes of all linear layers that a head has. */
  public List<String> headLayers(Head head) {
    return head instanceof Head.Spans
        ? List.of(spans())
        : List.of(classifier.dense(), classifier.out());
  }

  /** The linear layers of each encoder layer, by prefix: what movement pruning prunes. */
  public List<String> encoderLinears(int layers) {
    List<String> names = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      for (LayerPart part : LayerPart.values()) {
        if (part.isLinear()) {
          names.add(layer(layer, part));
        }
      }
    }
    return names;
  }
}
