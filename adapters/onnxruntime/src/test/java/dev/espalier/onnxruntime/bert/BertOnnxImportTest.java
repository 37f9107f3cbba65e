package dev.espalier.onnxruntime.bert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.onnxruntime.TinyBert;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a graph must not lack; that the rest is read, the round trips show. */
class BertOnnxImportTest {
  private static final String QUERY = "bert.encoder.layer.0.attention.self.query";

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of(
            replacing("Add", QUERY + ".bias", "one"),
            "model.onnx: cannot tell which layer the matrix "
                + QUERY
                + ".weight [32, 32] belongs to: no named bias is added to its product"),
        Arguments.of(
            replacing("Add", "bert.encoder.layer.0.attention.self.key.bias", QUERY + ".bias"),
            "model.onnx: two matrices belong to the bias " + QUERY + ".bias"),
        Arguments.of(
            replacing("Reshape", "shape.heads", "shape.hidden"),
            "model.onnx: no reshape to [batch, sequence, heads, head size] tells the number of"
                + " heads"),
        Arguments.of(
            renaming("bert.embeddings.LayerNorm.bias", "bert.other.bias"),
            "model.onnx: the graph has no bert.embeddings.LayerNorm.bias"),
        Arguments.of(
            renaming("bert.embeddings.word_embeddings.weight", "words"),
            "model.onnx: the graph has no matrix bert.embeddings.word_embeddings.weight; only BERT"
                + " encoders can be read"));
  }

  @ParameterizedTest
  @MethodSource("broken")
  void saysWhatIsMissing(UnaryOperator<ModelProto> change, String message) {
    ModelProto model = BertOnnxExporter.encoder(TinyBert.weights(1, 2));
    ProblemException problem =
        catchThrowableOfType(
            ProblemException.class,
            () -> BertOnnxImport.read(change.apply(withPooler(model)), "model.onnx"));
    assertThat(problem).hasMessage(message);
    assertThat(problem.exitCode()).isEqualTo(2);
  }

  /** An encoder's graph lacks the pooler, which would be the first thing to be missed. */
  private static ModelProto withPooler(ModelProto encoder) {
    ModelProto.Builder builder = encoder.toBuilder();
    OnnxGraph.of(BertOnnxExporter.classifier(TinyBert.weights(1, 2), List.of("a", "b")))
        .initializers()
        .stream()
        .filter(tensor -> tensor.getName().startsWith("bert.pooler"))
        .forEach(builder.getGraphBuilder()::addInitializer);
    return builder.build();
  }

  private static UnaryOperator<ModelProto> replacing(String operator, String from, String to) {
    return model -> {
      ModelProto.Builder builder = model.toBuilder();
      for (NodeProto.Builder node : builder.getGraphBuilder().getNodeBuilderList()) {
        for (int i = 0; i < node.getInputCount(); i++) {
          if (node.getOpType().equals(operator) && node.getInput(i).equals(from)) {
            node.setInput(i, to);
          }
        }
      }
      return builder.build();
    };
  }

  private static UnaryOperator<ModelProto> renaming(String from, String to) {
    return model -> {
      ModelProto.Builder builder = model.toBuilder();
      builder.getGraphBuilder().getInitializerBuilderList().stream()
          .filter(tensor -> tensor.getName().equals(from))
          .forEach(tensor -> tensor.setName(to));
      return builder.build();
    };
  }
}
