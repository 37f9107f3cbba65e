package dev.espalier.onnxruntime.bert;

import dev.espalier.tuner.port.BertArchitecture;
import dev.espalier.tuner.port.BertNames;
import java.util.LinkedHashMap;
import java.util.Map;

/** Which parameters a BERT encoder has, and their shapes. */
final class BertParameters {
  private BertParameters() {}

  /** Embeddings, encoder layers and pooler in the order of the data: name to shape. */
  static Map<String, int[]> encoder(BertArchitecture a) {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    int hidden = a.hiddenSize();
    shapes.put(BertNames.WORD_EMBEDDINGS, new int[] {a.vocabularySize(), hidden});
    shapes.put(BertNames.POSITION_EMBEDDINGS, new int[] {a.maxPositions(), hidden});
    shapes.put(BertNames.TOKEN_TYPE_EMBEDDINGS, new int[] {a.tokenTypes(), hidden});
    norm(shapes, BertNames.EMBEDDINGS_NORM, hidden);
    for (int layer = 0; layer < a.layers(); layer++) {
      linear(shapes, BertNames.layer(layer, "attention.self.query"), hidden, hidden);
      linear(shapes, BertNames.layer(layer, "attention.self.key"), hidden, hidden);
      linear(shapes, BertNames.layer(layer, "attention.self.value"), hidden, hidden);
      linear(shapes, BertNames.layer(layer, "attention.output.dense"), hidden, hidden);
      norm(shapes, BertNames.layer(layer, "attention.output.LayerNorm"), hidden);
      linear(shapes, BertNames.layer(layer, "intermediate.dense"), a.intermediateSize(), hidden);
      linear(shapes, BertNames.layer(layer, "output.dense"), hidden, a.intermediateSize());
      norm(shapes, BertNames.layer(layer, "output.LayerNorm"), hidden);
    }
    linear(shapes, BertNames.POOLER, hidden, hidden);
    return shapes;
  }

  private static void linear(Map<String, int[]> shapes, String prefix, int out, int in) {
    shapes.put(prefix + ".weight", new int[] {out, in});
    shapes.put(prefix + ".bias", new int[] {out});
  }

  private static void norm(Map<String, int[]> shapes, String prefix, int size) {
    shapes.put(prefix + ".weight", new int[] {size});
    shapes.put(prefix + ".bias", new int[] {size});
  }
}
