package dev.espalier.onnxruntime.bert;

import static dev.espalier.onnxruntime.graph.Nodes.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.api.data.Head;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Family;
import dev.espalier.core.model.Heads;
import dev.espalier.core.model.LayerPart;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Writes an encoder of BERT's family as ONNX, in plain operators of opset 17.
 *
 * <p>The graph is spelled the way that ONNX Runtime's optimizer looks for: biases as the second
 * operand of Add, Gelu from Erf, shapes that follow from the inputs by name. Each residual sum then
 * becomes one SkipLayerNormalization with the normalization and the bias before it, the activation
 * a BiasGelu, the scaled product of queries and keys a FusedMatMul, the pooler a FusedGemm. The
 * attention as a whole does not become one Attention: ONNX Runtime 1.29 finds the additive mask
 * only behind an Unsqueeze older than opset 13. The same graph at opset 12 does fuse, and is not
 * faster.
 *
 * <p>The matrices of linear layers are stored as [in, out] under their parameter's name. Dropout
 * isn't exported. Equal weights make equal bytes.
 */
public final class BertOnnxExporter {
  /** Metadata key of the number of token ids that a model knows. */
  public static final String VOCABULARY_SIZE = "vocabulary_size";

  /** Metadata key of the class names, a JSON array. */
  public static final String LABELS = "labels";

  /** First opset with LayerNormalization. */
  private static final long OPSET = 17;

  private static final long IR_VERSION = 8;
  private static final float MASKED = -10_000f;

  private static final String BATCH = "batch";
  private static final String SEQUENCE = "sequence";
  private static final String TYPES = "token_type_ids";

  private final TransformerWeights weights;
  private final BertArchitecture architecture;
  private final Family family;
  private final OnnxGraph graph;

  private BertOnnxExporter(TransformerWeights weights, String name) {
    this.weights = weights;
    this.architecture = weights.bert();
    this.family = architecture.family();
    this.graph = OnnxGraph.create(name, IR_VERSION, OPSET);
  }

  /**
   * Writes a model with its head: inputs {@code input_ids}, {@code attention_mask}, {@code
   * token_type_ids} where the family has types (int64, [batch, sequence]), output {@code logits}
   * (float32, [batch, classes] or [batch, 1]) or, for spans, {@code start_logits} and {@code
   * end_logits} (float32, [batch, sequence]).
   *
   * @param weights encoder and head; a classifier's with the pooler
   * @param head which one; the class names are kept in the metadata under {@link #LABELS}
   * @throws dev.espalier.api.problem.ProblemException as {@link OnnxFiles#write}
   * @throws IllegalArgumentException when a parameter is missing or of another shape
   */
  public static void export(TransformerWeights weights, Head head, Path file) {
    OnnxFiles.write(file, model(weights, head));
  }

  /**
   * Writes a classifier: inputs {@code input_ids}, {@code attention_mask}, {@code token_type_ids}
   * (int64, [batch, sequence]), output {@code logits} (float32, [batch, labels]).
   *
   * @param weights encoder, pooler and {@code classifier.weight}, {@code classifier.bias}
   * @param labels class names, kept in the metadata under {@link #LABELS}
   * @throws dev.espalier.api.problem.ProblemException as {@link OnnxFiles#write}
   * @throws IllegalArgumentException when a parameter is missing or of another shape
   */
  public static void exportClassifier(TransformerWeights weights, List<String> labels, Path file) {
    export(weights, new Head.Classification(labels), file);
  }

  /**
   * Writes an encoder without pooler and classifier: the same inputs, output {@code
   * last_hidden_state} (float32, [batch, sequence, hidden]).
   */
  public static void exportEncoder(TransformerWeights weights, Path file) {
    OnnxFiles.write(file, encoder(weights));
  }

  /** What {@link #exportClassifier} writes. */
  static ModelProto classifier(TransformerWeights weights, List<String> labels) {
    return model(weights, new Head.Classification(labels));
  }

  /** What {@link #export} writes. */
  static ModelProto model(TransformerWeights weights, Head head) {
    BertOnnxExporter exporter =
        new BertOnnxExporter(weights, graphName(weights.bert().family(), head));
    if (head instanceof Head.Classification classes) {
      exporter.graph.putMetadata(
          LABELS,
          classes.labels().stream()
              .map(BertOnnxExporter::json)
              .collect(Collectors.joining(", ", "[", "]")));
    }
    exporter.graph.putMetadata(VOCABULARY_SIZE, String.valueOf(weights.bert().vocabularySize()));
    String hidden = exporter.hiddenStates("/encoder/output");
    exporter.checkHead(head);
    if (head instanceof Head.Spans) {
      exporter.spans(hidden);
    } else {
      exporter.pooled(hidden, head.outputs());
    }
    return exporter.graph.toModel();
  }

  /**
   * The model with its head, or, where the weights have none, with a random one: to be looked at
   * and not to be run.
   */
  public static ModelProto withAnyHead(TransformerWeights weights, Head head) {
    return model(Heads.with(weights, head, 0), head);
  }

  private static String graphName(Family family, Head head) {
    if (head instanceof Head.Classification) {
      return family.modelType() + "_classifier";
    }
    return family.modelType()
        + (head instanceof Head.Regression ? "_regressor" : "_question_answerer");
  }

  /** What {@link #exportEncoder} writes. */
  static ModelProto encoder(TransformerWeights weights) {
    BertOnnxExporter exporter =
        new BertOnnxExporter(weights, weights.bert().family().modelType() + "_encoder");
    exporter.hiddenStates("last_hidden_state");
    exporter.graph.output(
        "last_hidden_state", DataType.FLOAT, BATCH, SEQUENCE, weights.bert().hiddenSize());
    return exporter.graph.toModel();
  }

  /** Embeddings and all layers: [batch, sequence, hidden]. */
  private String hiddenStates(String output) {
    String ids = graph.input("input_ids", DataType.INT64, BATCH, SEQUENCE);
    String mask = graph.input("attention_mask", DataType.INT64, BATCH, SEQUENCE);
    if (architecture.tokenTypes() > 1) {
      String unused = graph.input(TYPES, DataType.INT64, BATCH, SEQUENCE);
    }
    attentionConstants();

    String hidden = embeddings(ids);
    String additiveMask = additiveMask(mask);
    for (int layer = 0; layer < architecture.layers(); layer++) {
      boolean last = layer == architecture.layers() - 1;
      String name = last ? output : scope(family.layer(layer, LayerPart.OUTPUT_NORM));
      hidden = layer(layer, hidden, additiveMask, name);
    }
    return hidden;
  }

  private void attentionConstants() {
    long heads = architecture.heads();
    long headSize = architecture.headSize();
    graph.initializer(Tensors.ofLongs("shape.heads", List.of(4L), 0, 0, heads, headSize));
    graph.initializer(Tensors.ofLongs("shape.hidden", List.of(3L), 0, 0, heads * headSize));
    graph.initializer(Tensors.scalar("sqrt_head_size", (float) Math.sqrt(architecture.headSize())));
    graph.initializer(Tensors.ofLongs("axis.1", List.of(1L), 1));
    graph.initializer(Tensors.ofLongs("axis.2", List.of(1L), 2));
    graph.initializer(Tensors.scalar("index.0", 0L));
    graph.initializer(Tensors.scalar("index.1", 1L));
    graph.initializer(Tensors.scalar("one", 1f));
    graph.initializer(Tensors.scalar("half", 0.5f));
    graph.initializer(Tensors.scalar("sqrt_two", (float) Math.sqrt(2)));
    graph.initializer(Tensors.scalar("masked", MASKED));
  }

  /** 0 where a token is, {@link #MASKED} where padding is: [batch, 1, 1, sequence]. */
  private String additiveMask(String mask) {
    String rows = graph.node("Unsqueeze", List.of(mask, "axis.1"), "/mask/Unsqueeze");
    String heads = graph.node("Unsqueeze", List.of(rows, "axis.2"), "/mask/Unsqueeze_1");
    String kept = graph.node("Cast", List.of(heads), "/mask/Cast", to(DataType.FLOAT));
    String padding = graph.node("Sub", List.of("one", kept), "/mask/Sub");
    return graph.node("Mul", List.of(padding, "masked"), "/mask/Mul");
  }

  private String embeddings(String ids) {
    String words =
        graph.node(
            "Gather",
            List.of(plain(family.wordEmbeddings()), ids),
            "/embeddings/word_embeddings/Gather");
    String positions =
        graph.node(
            "Gather",
            List.of(plain(family.positionEmbeddings()), positionIds(ids)),
            "/embeddings/position_embeddings/Gather");
    String placed = graph.node("Add", List.of(words, positions), "/embeddings/Add");
    String sum =
        architecture.tokenTypes() == 0
            ? placed
            : graph.node("Add", List.of(placed, tokenTypes()), "/embeddings/Add_1");
    String normed = norm(family.embeddingsNorm(), sum, "/embeddings/LayerNorm");
    return architecture.projectsEmbeddings()
        ? linear(family.embeddingsProjection(), normed)
        : normed;
  }

  /** [batch, sequence, width]; [1, width] where there is but one type, and no input says it. */
  private String tokenTypes() {
    String table = plain(family.tokenTypeEmbeddings());
    return architecture.tokenTypes() == 1
        ? table
        : graph.node("Gather", List.of(table, TYPES), "/embeddings/token_type_embeddings/Gather");
  }

  /**
   * 0, 1, 2, ... in each row, or from the family's first position on: [batch, sequence].
   *
   * <p>A running count and not a Range: its shape is that of the ids by name, whereas the length of
   * a Range is unknown to shape inference, which then hides from the optimizer that the residual
   * sums have operands of equal shape.
   */
  private String positionIds(String ids) {
    String at = "/embeddings/positions/";
    String zeros = graph.node("Mul", List.of(ids, "index.0"), at + "Mul");
    String ones = graph.node("Add", List.of(zeros, "index.1"), at + "Add");
    String counted =
        graph.node("CumSum", List.of(ones, "index.1"), at + "CumSum", attribute("exclusive", 1));
    if (architecture.firstPosition() == 0) {
      return counted;
    }
    graph.initializer(Tensors.scalar("index.first", (long) architecture.firstPosition()));
    return graph.node("Add", List.of(counted, "index.first"), at + "Add_1");
  }

  private String layer(int layer, String input, String mask, String output) {
    String attended = attention(layer, input, mask);
    String projected = linear(family.layer(layer, LayerPart.ATTENTION_OUTPUT), attended);
    String attentionNorm = family.layer(layer, LayerPart.ATTENTION_NORM);
    String residual = graph.node("Add", List.of(projected, input), beside(attentionNorm) + "/Add");
    String normed = norm(attentionNorm, residual, scope(attentionNorm));

    String intermediate = family.layer(layer, LayerPart.INTERMEDIATE);
    String active = gelu(linear(intermediate, normed), beside(intermediate) + "/gelu");
    String narrow = linear(family.layer(layer, LayerPart.OUTPUT), active);
    String outputNorm = family.layer(layer, LayerPart.OUTPUT_NORM);
    // Where a family has no folder for each half of a layer, both sums lie in the layer's.
    String at = beside(outputNorm);
    String second = at.equals(beside(attentionNorm)) ? "/Add_1" : "/Add";
    String sum = graph.node("Add", List.of(narrow, normed), at + second);
    return norm(outputNorm, sum, output);
  }

  /** softmax(Q·Kᵀ/√size + mask)·V over all heads: [batch, sequence, hidden]. */
  private String attention(int layer, String input, String mask) {
    String at = beside(family.layer(layer, LayerPart.QUERY));
    String query = heads(layer, LayerPart.QUERY, input, 0, 2, 1, 3);
    String key = heads(layer, LayerPart.KEY, input, 0, 2, 3, 1);
    String value = heads(layer, LayerPart.VALUE, input, 0, 2, 1, 3);

    String products = graph.node("MatMul", List.of(query, key), at + "/MatMul");
    String scaled = graph.node("Div", List.of(products, "sqrt_head_size"), at + "/Div");
    String masked = graph.node("Add", List.of(scaled, mask), at + "/Add");
    String shares = graph.node("Softmax", List.of(masked), at + "/Softmax", attribute("axis", 3));
    String context = graph.node("MatMul", List.of(shares, value), at + "/MatMul_1");
    String rows =
        graph.node(
            "Transpose",
            List.of(context),
            at + "/Transpose",
            attribute("perm", List.of(0L, 2L, 1L, 3L)));
    return graph.node("Reshape", List.of(rows, "shape.hidden"), at + "/Reshape");
  }

  private String heads(int layer, LayerPart part, String input, long... permutation) {
    String prefix = family.layer(layer, part);
    String at = scope(prefix);
    String split =
        graph.node("Reshape", List.of(linear(prefix, input), "shape.heads"), at + "/Reshape");
    return graph.node(
        "Transpose",
        List.of(split),
        at + "/Transpose",
        attribute("perm", Arrays.stream(permutation).boxed().toList()));
  }

  /** x/2 · (1 + erf(x/√2)), exact. */
  private String gelu(String x, String at) {
    String scaled = graph.node("Div", List.of(x, "sqrt_two"), at + "/Div");
    String erf = graph.node("Erf", List.of(scaled), at + "/Erf");
    String shifted = graph.node("Add", List.of(erf, "one"), at + "/Add");
    String product = graph.node("Mul", List.of(x, shifted), at + "/Mul");
    return graph.node("Mul", List.of(product, "half"), at + "/Mul_1");
  }

  private void checkHead(Head head) {
    String prefix = family.head(head);
    int rows = weights.get(prefix + ".bias").values().length;
    if (rows != head.outputs()) {
      throw new IllegalArgumentException(
          "the "
              + prefix
              + " has "
              + rows
              + " outputs, but there are "
              + head.outputs()
              + " of "
              + head);
    }
  }

  /** Start and end of an answer over every token: twice [batch, sequence]. */
  private void spans(String hidden) {
    String both = linear(family.spans(), hidden);
    graph.node("Gather", List.of(both, "index.0"), "start_logits", attribute("axis", 2));
    graph.node("Gather", List.of(both, "index.1"), "end_logits", attribute("axis", 2));
    graph.output("start_logits", DataType.FLOAT, BATCH, SEQUENCE);
    graph.output("end_logits", DataType.FLOAT, BATCH, SEQUENCE);
  }

  /** The classifier over the first token: [batch, outputs]. */
  private void pooled(String hidden, int outputs) {
    String first =
        graph.node("Gather", List.of(hidden, "index.0"), "/pooler/Gather", attribute("axis", 1));
    Family.Classifier head = family.classifier();
    String dense = linear(head.dense(), first);
    String active =
        switch (head.activation()) {
          case TANH -> graph.node("Tanh", List.of(dense), "/pooler/Tanh");
          case RELU -> graph.node("Relu", List.of(dense), "/pooler/Relu");
          case GELU -> gelu(dense, "/pooler/gelu");
        };
    linear(head.out(), active, "logits");
    graph.output("logits", DataType.FLOAT, BATCH, outputs);
  }

  private String linear(String prefix, String input) {
    return linear(prefix, input, scope(prefix) + "/Add");
  }

  /** {@code input · weightᵀ + bias}. */
  private String linear(String prefix, String input, String output) {
    String name = prefix + ".weight";
    Tensor weight = weights.get(name);
    int out = weight.shape()[0];
    int in = weight.shape()[1];
    graph.initializer(
        Tensors.ofFloats(
            name, List.of((long) in, (long) out), Tensors.transpose(weight.values(), out, in)));
    String product = graph.node("MatMul", List.of(input, name), scope(prefix) + "/MatMul");
    return graph.node("Add", List.of(product, plain(prefix + ".bias")), output);
  }

  private String norm(String prefix, String input, String output) {
    return graph.node(
        "LayerNormalization",
        List.of(input, plain(prefix + ".weight"), plain(prefix + ".bias")),
        output,
        attribute("axis", -1),
        attribute("epsilon", (float) architecture.layerNormEpsilon()));
  }

  /** A parameter stored as it is. */
  private String plain(String name) {
    Tensor tensor = weights.get(name);
    List<Long> shape = Arrays.stream(tensor.shape()).asLongStream().boxed().toList();
    return graph.initializer(Tensors.ofFloats(name, shape, tensor.values()));
  }

  /** The scope that a part of a layer lies in. */
  private String beside(String prefix) {
    return scope(prefix.substring(0, prefix.lastIndexOf('.')));
  }

  private static AttributeProto to(DataType type) {
    return attribute("to", type.getNumber());
  }

  /** {@code bert.encoder.layer.0.output} as the name of nodes: {@code /encoder/layer.0/output}. */
  private String scope(String prefix) {
    String base = family.base();
    String path = prefix.startsWith(base) ? prefix.substring(base.length()) : prefix;
    return "/" + path.replace('.', '/').replaceFirst("layer/(\\d+)", "layer.$1");
  }

  private static String json(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
