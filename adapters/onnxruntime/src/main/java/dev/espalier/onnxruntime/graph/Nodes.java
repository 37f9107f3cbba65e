package dev.espalier.onnxruntime.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;

/** Nodes and their attributes. */
public final class Nodes {
  /** Microsoft's operators, which ONNX Runtime adds to those of ONNX. */
  public static final String MICROSOFT = "com.microsoft";

  private Nodes() {}

  /** A node of the default domain, called as its first output. */
  public static NodeProto node(
      String operator, List<String> inputs, List<String> outputs, AttributeProto... attributes) {
    return NodeProto.newBuilder()
        .setOpType(operator)
        .setName(outputs.get(0))
        .addAllInput(inputs)
        .addAllOutput(outputs)
        .addAllAttribute(List.of(attributes))
        .build();
  }

  /** An integer attribute. */
  public static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
  }

  /** A float attribute. */
  public static AttributeProto attribute(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  /** An attribute that is a list of integers. */
  public static AttributeProto attribute(String name, List<Long> values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.INTS)
        .addAllInts(values)
        .build();
  }

  /** The value of an integer attribute, or {@code otherwise} when the node doesn't have it. */
  public static long intAttribute(NodeProto node, String name, long otherwise) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .mapToLong(AttributeProto::getI)
        .findFirst()
        .orElse(otherwise);
  }

  /** Whether a node is this operator of the default domain. */
  public static boolean is(NodeProto node, String operator) {
    return node.getOpType().equals(operator)
        && (node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx"));
  }

  /** Whether a node is Microsoft's Attention, which ONNX Runtime's optimizer makes. */
  public static boolean isAttention(NodeProto node) {
    return node.getOpType().equals("Attention") && node.getDomain().equals(MICROSOFT);
  }

  /** A node of Microsoft's domain, called as its first output. */
  public static NodeProto microsoft(
      String operator, List<String> inputs, List<String> outputs, AttributeProto... attributes) {
    return node(operator, inputs, outputs, attributes).toBuilder().setDomain(MICROSOFT).build();
  }

  /**
   * The QAttention that takes the place of an Attention.
   *
   * @param input values, scale and zero point of the input
   * @param weight values, scales and zero points of the weight
   */
  public static NodeProto qAttention(NodeProto attention, List<String> input, List<String> weight) {
    String mask = attention.getInputCount() > 3 ? attention.getInput(3) : "";
    List<String> inputs =
        List.of(
            input.get(0),
            weight.get(0),
            attention.getInput(2),
            input.get(1),
            weight.get(1),
            mask,
            input.get(2),
            weight.get(2));
    return attention.toBuilder().setOpType("QAttention").clearInput().addAllInput(inputs).build();
  }
}
