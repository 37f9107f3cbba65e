package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.tuner.port.BertArchitecture;
import java.util.List;

/** The {@code config.json} that Hugging Face's BertForSequenceClassification loads. */
final class HuggingFaceConfig {
  private HuggingFaceConfig() {}

  static String of(BertArchitecture bert, List<String> labels, String origin) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("_name_or_path", origin);
    root.putArray("architectures").add("BertForSequenceClassification");
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
    root.put("problem_type", "single_label_classification");
    root.put("torch_dtype", "float32");
    ObjectNode idToLabel = root.putObject("id2label");
    ObjectNode labelToId = root.putObject("label2id");
    for (int i = 0; i < labels.size(); i++) {
      idToLabel.put(Integer.toString(i), labels.get(i));
      labelToId.put(labels.get(i), i);
    }
    return root.toPrettyString() + "\n";
  }
}
