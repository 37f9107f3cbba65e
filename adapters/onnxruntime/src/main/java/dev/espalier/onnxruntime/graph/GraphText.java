package dev.espalier.onnxruntime.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A model as lines of text, for golden files and for looking: inputs, outputs, initializers by name
 * without their values, and one line per node, {@code y = MatMul(x, w) axis=1}.
 */
public final class GraphText {
  private GraphText() {}

  /** The text; the same for equal graphs. */
  public static String of(ModelProto model) {
    StringBuilder text = new StringBuilder();
    model
        .getOpsetImportList()
        .forEach(
            opset ->
                line(
                    text,
                    "opset "
                        + (opset.getDomain().isEmpty() ? "ai.onnx" : opset.getDomain())
                        + " "
                        + opset.getVersion()));
    model
        .getMetadataPropsList()
        .forEach(entry -> line(text, "metadata " + entry.getKey() + " = " + entry.getValue()));
    model.getGraph().getInputList().forEach(input -> line(text, "input " + value(input)));
    model.getGraph().getOutputList().forEach(output -> line(text, "output " + value(output)));
    model.getGraph().getInitializerList().stream()
        .map(tensor -> "constant " + tensor.getName() + " " + typeAndShape(tensor))
        .sorted()
        .forEach(described -> line(text, described));
    model.getGraph().getNodeList().forEach(node -> line(text, node(node)));
    return text.toString();
  }

  private static String node(NodeProto node) {
    String domain = node.getDomain().isEmpty() ? "" : node.getDomain() + ":";
    String call =
        String.join(", ", node.getOutputList())
            + " = "
            + domain
            + node.getOpType()
            + "("
            + String.join(", ", node.getInputList())
            + ")";
    String attributes =
        node.getAttributeList().stream().map(GraphText::attribute).collect(Collectors.joining(" "));
    return attributes.isEmpty() ? call : call + " " + attributes;
  }

  private static String attribute(AttributeProto attribute) {
    String value =
        switch (attribute.getType()) {
          case INT -> String.valueOf(attribute.getI());
          case FLOAT -> String.valueOf(attribute.getF());
          case STRING -> attribute.getS().toStringUtf8();
          case INTS -> attribute.getIntsList().toString();
          case TENSOR -> typeAndShape(attribute.getT());
          default -> attribute.getType().toString();
        };
    return attribute.getName() + "=" + value;
  }

  private static String value(ValueInfoProto value) {
    TypeProto.Tensor tensor = value.getType().getTensorType();
    List<String> dimensions =
        tensor.getShape().getDimList().stream().map(GraphText::dimension).toList();
    return value.getName() + " " + type(tensor.getElemType()) + dimensions;
  }

  private static String dimension(Dimension dimension) {
    return dimension.hasDimValue()
        ? String.valueOf(dimension.getDimValue())
        : dimension.getDimParam();
  }

  private static String typeAndShape(TensorProto tensor) {
    return type(tensor.getDataType()) + tensor.getDimsList();
  }

  private static String type(int number) {
    DataType type = DataType.forNumber(number);
    return type == null ? "type " + number : type.name().toLowerCase(Locale.ROOT);
  }

  private static void line(StringBuilder text, String line) {
    text.append(line).append('\n');
  }
}
