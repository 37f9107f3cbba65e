package dev.espalier.onnxruntime.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Whether a model is a graph that can be worked on: what a rewrite takes for granted about names,
 * numbers of inputs, order and shapes of constants. It is not ONNX's own checker.
 */
public final class GraphCheck {
  /** How many inputs the operators that rewrites look into have at least. */
  private static final Map<String, Integer> INPUTS =
      Map.ofEntries(
          Map.entry("MatMul", 2),
          Map.entry("Gemm", 2),
          Map.entry("Conv", 2),
          Map.entry("Gather", 2),
          Map.entry("Add", 2),
          Map.entry("Mul", 2),
          Map.entry("Attention", 2),
          Map.entry("Transpose", 1),
          Map.entry("Reshape", 1),
          Map.entry("Flatten", 1),
          Map.entry("Squeeze", 1),
          Map.entry("Unsqueeze", 1),
          Map.entry("MaxPool", 1),
          Map.entry("Relu", 1),
          Map.entry("Clip", 1));

  private GraphCheck() {}

  /**
   * Checks a model.
   *
   * @return the model, with its nodes in topological order
   * @throws IllegalArgumentException saying in one sentence what is wrong
   */
  public static ModelProto sound(ModelProto model) {
    GraphProto graph = model.getGraph();
    Set<String> given = new HashSet<>();
    graph.getInputList().forEach(input -> given.add(input.getName()));
    Set<String> constants = new HashSet<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      if (tensor.getName().isEmpty()) {
        throw new IllegalArgumentException("has a constant without a name");
      }
      if (!constants.add(tensor.getName())) {
        throw new IllegalArgumentException("has two constants called " + tensor.getName());
      }
      check(tensor);
    }
    graph.getSparseInitializerList().forEach(sparse -> given.add(sparse.getValues().getName()));
    given.addAll(constants);

    Map<String, Integer> writers = new HashMap<>();
    for (int i = 0; i < graph.getNodeCount(); i++) {
      NodeProto node = graph.getNode(i);
      check(node);
      for (String output : node.getOutputList()) {
        if (!output.isEmpty() && (given.contains(output) || writers.put(output, i) != null)) {
          throw new IllegalArgumentException("writes the tensor " + output + " twice");
        }
      }
    }
    graph
        .getOutputList()
        .forEach(
            output -> {
              if (!given.contains(output.getName()) && !writers.containsKey(output.getName())) {
                throw new IllegalArgumentException(
                    "has an output " + output.getName() + ", which nothing writes");
              }
            });
    return sorted(model, given, writers);
  }

  private static void check(NodeProto node) {
    String type = node.getOpType();
    boolean known = INPUTS.containsKey(type) && (Nodes.is(node, type) || Nodes.isAttention(node));
    int least = known ? INPUTS.getOrDefault(type, 0) : 0;
    boolean complete = node.getInputCount() >= least && node.getOutputCount() >= 1;
    for (int i = 0; complete && i < least; i++) {
      complete = !node.getInput(i).isEmpty();
    }
    if (type.isEmpty() || !complete || (known && node.getOutput(0).isEmpty())) {
      throw new IllegalArgumentException(
          "has a node '"
              + node.getName()
              + "' of type '"
              + type
              + "' with "
              + node.getInputCount()
              + " inputs and "
              + node.getOutputCount()
              + " outputs, which are too few, or have no names");
    }
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasT()) {
        check(attribute.getT());
      }
    }
  }

  /** Dimensions that an array can have, and for floats as many values as they say. */
  private static void check(TensorProto tensor) {
    long size = 1;
    for (long dimension : tensor.getDimsList()) {
      if (dimension < 0 || dimension > Integer.MAX_VALUE) {
        throw shape(tensor, "");
      }
      size *= dimension;
      if (size > Integer.MAX_VALUE) {
        throw shape(tensor, "");
      }
    }
    boolean inside = tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL;
    if (tensor.getDataType() == DataType.FLOAT.getNumber() && inside) {
      boolean fits =
          tensor.hasRawData()
              ? tensor.getRawData().size() == size * Float.BYTES
              : tensor.getFloatDataCount() == size;
      if (!fits) {
        throw shape(tensor, ", but not that many values");
      }
    }
  }

  private static IllegalArgumentException shape(TensorProto tensor, String more) {
    return new IllegalArgumentException(
        "has a constant "
            + tensor.getName()
            + " of shape "
            + tensor.getDimsList().stream().limit(8).toList()
            + more);
  }

  /** Kahn's algorithm; among nodes that could be next, the one that was given first. */
  private static ModelProto sorted(
      ModelProto model, Set<String> given, Map<String, Integer> writers) {
    List<NodeProto> nodes = model.getGraph().getNodeList();
    int[] missing = new int[nodes.size()];
    List<List<Integer>> readers = new ArrayList<>();
    nodes.forEach(node -> readers.add(new ArrayList<>(1)));
    boolean inOrder = true;
    for (int i = 0; i < nodes.size(); i++) {
      for (String input : reads(nodes.get(i))) {
        Integer writer = writers.get(input);
        if (writer != null) {
          readers.get(writer).add(i);
          missing[i]++;
          inOrder &= writer < i;
        } else if (!given.contains(input)) {
          throw new IllegalArgumentException(
              "has a node '"
                  + nodes.get(i).getName()
                  + "' that reads "
                  + input
                  + ", which nothing writes");
        }
      }
    }
    if (inOrder) {
      return model;
    }
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < missing.length; i++) {
      if (missing[i] == 0) {
        ready.add(i);
      }
    }
    GraphProto.Builder graph = model.getGraph().toBuilder().clearNode();
    while (!ready.isEmpty()) {
      int next = ready.remove();
      graph.addNode(nodes.get(next));
      for (int reader : readers.get(next)) {
        if (--missing[reader] == 0) {
          ready.add(reader);
        }
      }
    }
    if (graph.getNodeCount() < nodes.size()) {
      throw new IllegalArgumentException("has nodes that wait for each other's outputs");
    }
    return model.toBuilder().setGraph(graph).build();
  }

  /** What a node reads from the graph that it is in: by itself, and in the bodies that it holds. */
  private static Set<String> reads(NodeProto node) {
    Set<String> read = new HashSet<>();
    node.getInputList().stream().filter(name -> !name.isEmpty()).forEach(read::add);
    for (GraphProto body : bodies(node)) {
      Set<String> inside = new HashSet<>();
      body.getInputList().forEach(input -> inside.add(input.getName()));
      body.getInitializerList().forEach(tensor -> inside.add(tensor.getName()));
      body.getNodeList().forEach(inner -> inside.addAll(inner.getOutputList()));
      for (NodeProto inner : body.getNodeList()) {
        Set<String> outer = new HashSet<>(reads(inner));
        outer.removeAll(inside);
        read.addAll(outer);
      }
      for (ValueInfoProto output : body.getOutputList()) {
        if (!output.getName().isEmpty() && !inside.contains(output.getName())) {
          read.add(output.getName());
        }
      }
    }
    return read;
  }

  private static List<GraphProto> bodies(NodeProto node) {
    List<GraphProto> bodies = new ArrayList<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        bodies.add(attribute.getG());
      }
      bodies.addAll(attribute.getGraphsList());
    }
    return bodies;
  }
}
