package dev.espalier.tuner.handover;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.data.Head;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Family;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.tuner.prepare.DeclaredTask;
import java.util.List;

/**
 * The {@code config.json} that Hugging Face's classes for sequence classification and question
 * answering load: the one that the model came with, if it did, with what training has changed.
 */
public final class HuggingFaceConfig {
  private HuggingFaceConfig() {}

  /** The content for a model of {@code start}'s architecture with {@code head}. */
  static String of(PretrainedModel start, Head head) {
    BertArchitecture bert = start.weights().bert();
    Family family = bert.family();
    Family.ConfigKeys keys = family.keys();
    ObjectNode root = DeclaredTask.config(start);
    LocalPaths.shortenIn(root);
    root.put("_name_or_path", LocalPaths.model(start.reference()));
    boolean spans = head instanceof Head.Spans;
    root.putArray("architectures")
        .add(family.classes() + (spans ? "ForQuestionAnswering" : "ForSequenceClassification"));
    root.put("model_type", family.modelType());
    root.put("vocab_size", bert.vocabularySize());
    root.put(keys.hidden(), bert.hiddenSize());
    root.put(keys.layers(), bert.layers());
    root.put(keys.heads(), bert.heads());
    root.put(keys.intermediate(), bert.intermediateSize());
    root.put(keys.activation(), "gelu");
    root.put("max_position_embeddings", bert.maxPositions());
    if (family.tokenTypes()) {
      root.put("type_vocab_size", bert.tokenTypes());
      root.put("position_embedding_type", "absolute");
      root.put("layer_norm_eps", bert.layerNormEpsilon());
    }
    if (bert.projectsEmbeddings()) {
      root.put("embedding_size", bert.embeddingSize());
    }
    root.put(keys.hiddenDropout(), bert.hiddenDropout());
    root.put(keys.attentionDropout(), bert.attentionDropout());
    if (bert.classifierDropout() != bert.hiddenDropout() || root.has(keys.classifierDropout())) {
      root.put(keys.classifierDropout(), bert.classifierDropout());
    }
    if (!root.has("initializer_range")) {
      root.put("initializer_range", 0.02);
    }
    if (!root.has("pad_token_id")) {
      root.put("pad_token_id", family.positionsAfterPadding() ? bert.firstPosition() - 1 : 0);
    }
    root.remove("dtype");
    root.put("torch_dtype", "float32");
    putAnswers(root, head);
    return root.toPrettyString() + "\n";
  }

  /**
   * The content for a TorchScript file: what its rows mean, and what else came with it. It names no
   * {@code model_type}, because nobody's class of that type can load the program.
   */
  static String ofScript(PretrainedModel start, Head head) {
    ObjectNode root = DeclaredTask.config(start);
    LocalPaths.shortenIn(root);
    root.remove(List.of("model_type", "architectures"));
    putAnswers(root, head);
    return root.toPrettyString() + "\n";
  }

  /** What the rows of the last layer mean. */
  private static void putAnswers(ObjectNode root, Head head) {
    root.remove("problem_type");
    if (!(head instanceof Head.Spans)) {
      root.put(
          "problem_type",
          head instanceof Head.Regression ? "regression" : "single_label_classification");
    }
    root.remove("num_labels");
    // without them transformers takes two classes to be meant
    List<String> labels =
        head instanceof Head.Classification classes
            ? classes.labels()
            : head instanceof Head.Regression ? List.of("LABEL_0") : List.of("LABEL_0", "LABEL_1");
    ObjectNode idToLabel = root.putObject("id2label");
    ObjectNode labelToId = root.putObject("label2id");
    for (int i = 0; i < labels.size(); i++) {
      idToLabel.put(Integer.toString(i), labels.get(i));
      labelToId.put(labels.get(i), i);
    }
  }
}
