package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.data.Head;
import dev.espalier.tuner.port.BertArchitecture;
import java.util.List;

/**
 * The {@code config.json} that Hugging Face's BertForSequenceClassification or
 * BertForQuestionAnswering loads.
 */
final class HuggingFaceConfig {
  private HuggingFaceConfig() {}

  static String of(BertArchitecture bert, Head head, String origin) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("_name_or_path", origin);
    boolean spans = head instanceof Head.Spans;
    root.putArray("architectures")
        .add(spans ? "BertForQuestionAnswering" : "BertForSequenceClassification");
    root.put("model_type", "bert");
    root.put("vocab_size", bert.vocabularySize());
    root.put("hidden_size", bert.hiddenSize());
    root.put("num_hidden_layers", bert.layers());
    root.put("num_attention_heads", bert.heads());
    root.put("intermediate_size", bert.intermediateSize());
    root.put("hidden_act", "gelu");
    root.put("max_position_embeddings", bert.maxPositions());
    root.put("type_vocab_size", bert.tokenTypes());
    root.put("position_embedding_type", "absolute");
    root.put("layer_norm_eps", bert.layerNormEpsilon());
    root.put("hidden_dropout_prob", bert.hiddenDropout());
    root.put("attention_probs_dropout_prob", bert.attentionDropout());
    root.put("initializer_range", 0.02);
    root.put("pad_token_id", 0);
    if (!spans) {
      root.put(
          "problem_type",
          head instanceof Head.Regression ? "regression" : "single_label_classification");
    }
    root.put("torch_dtype", "float32");
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
    return root.toPrettyString() + "\n";
  }
}
