package dev.espalier.core.model;

import java.util.LinkedHashMap;
import java.util.Map;

/** Which parameters an encoder has, and their shapes. */
public final class TransformerParameters {
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  private TransformerParameters() {}

  /** Embeddings and encoder layers in the order of the data: name to shape. */
  public static Map<String, int[]> encoder(BertArchitecture a) {
    Family family = a.family();
    Map<String, int[]> shapes = new LinkedHashMap<>();
    int hidden = a.hiddenSize();
    int width = a.embeddingSize();
    shapes.put(family.wordEmbeddings(), new int[] {a.vocabularySize(), width});
    shapes.put(family.positionEmbeddings(), new int[] {a.maxPositions(), width});
    if (a.tokenTypes() > 0) {
      shapes.put(family.tokenTypeEmbeddings(), new int[] {a.tokenTypes(), width});
    }
    norm(shapes, family.embeddingsNorm(), width);
    if (a.projectsEmbeddings()) {
      linear(shapes, family.embeddingsProjection(), hidden, width);
    }
    for (int layer = 0; layer < a.layers(); layer++) {
      for (LayerPart part : LayerPart.values()) {
        String prefix = family.layer(layer, part);
        switch (part) {
          case QUERY, KEY, VALUE, ATTENTION_OUTPUT -> linear(shapes, prefix, hidden, hidden);
          case INTERMEDIATE -> linear(shapes, prefix, a.intermediateSize(), hidden);
          case OUTPUT -> linear(shapes, prefix, hidden, a.intermediateSize());
          case ATTENTION_NORM, OUTPUT_NORM -> norm(shapes, prefix, hidden);
        }
      }
    }
    return shapes;
  }

  /** The first linear layer of the classifier: for BERT the pooler. Name to shape. */
  public static Map<String, int[]> classifierDense(BertArchitecture a) {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    linear(shapes, a.family().classifier().dense(), a.hiddenSize(), a.hiddenSize());
    return shapes;
  }

  private static void linear(Map<String, int[]> shapes, String prefix, int out, int in) {
    shapes.put(prefix + WEIGHT, new int[] {out, in});
    shapes.put(prefix + BIAS, new int[] {out});
  }

  private static void norm(Map<String, int[]> shapes, String prefix, int size) {
    shapes.put(prefix + WEIGHT, new int[] {size});
    shapes.put(prefix + BIAS, new int[] {size});
  }
}
