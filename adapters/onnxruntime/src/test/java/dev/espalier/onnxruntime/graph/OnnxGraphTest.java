package dev.espalier.onnxruntime.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.List;
import org.junit.jupiter.api.Test;

class OnnxGraphTest {
  private final OnnxGraph graph = OnnxGraph.create("g", 8, 17);

  OnnxGraphTest() {
    graph.input("x", DataType.FLOAT, "n", "m");
    graph.initializer(Tensors.ofFloats("w", List.of(2L), 1, 2));
    graph.node("Add", List.of("x", "w"), "sum");
    graph.node("Relu", List.of("sum"), "y");
    graph.output("y", DataType.FLOAT, "n", 2);
  }

  @Test
  void knowsWhoProducesAndWhoConsumes() {
    assertThat(graph.producer("sum")).isEqualTo(graph.nodes().get(0));
    assertThat(graph.producer("x")).isNull();
    assertThat(graph.consumers("sum")).containsExactly(graph.nodes().get(1));
    assertThat(graph.consumers("y")).isEmpty();
    assertThat(graph.isOutput("y")).isTrue();
  }

  @Test
  void namesAreFreshAndTakenOnce() {
    assertThat(graph.fresh("sum")).isEqualTo("sum_1");
    assertThat(graph.fresh("sum")).isEqualTo("sum_2");
    assertThat(graph.addInitializer(Tensors.scalar("w", 1f))).isEqualTo("w_1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> graph.initializer(Tensors.scalar("x", 1f)));
  }

  @Test
  void dropsWhatNothingReadsButKeepsWhatABodyReads() {
    graph.initializer(Tensors.scalar("unread", 1f));
    graph.initializer(Tensors.scalar("captured", 1f));
    GraphProto body =
        GraphProto.newBuilder()
            .addNode(Nodes.node("Identity", List.of("captured"), List.of("inner")))
            .build();
    graph.node(
        "If",
        List.of("sum"),
        "branch",
        AttributeProto.newBuilder()
            .setName("then_branch")
            .setType(AttributeProto.AttributeType.GRAPH)
            .setG(body)
            .build());
    graph.dropUnused();
    assertThat(graph.initializers())
        .extracting(TensorProto::getName)
        .containsExactly("w", "captured");
  }

  @Test
  void roundTripsAModel() {
    graph.importOpset("com.microsoft", 1);
    graph.putMetadata("key", "value");
    ModelProto model = graph.toModel();
    assertThat(OnnxGraph.of(model).toModel()).isEqualTo(model);
    assertThat(GraphText.of(model))
        .isEqualTo(
            """
            opset ai.onnx 17
            opset com.microsoft 1
            metadata key = value
            input x float[n, m]
            output y float[n, 2]
            constant w float[2]
            sum = Add(x, w)
            y = Relu(sum)
            """);
  }
}
