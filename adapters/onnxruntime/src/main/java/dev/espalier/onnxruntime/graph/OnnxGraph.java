package dev.espalier.onnxruntime.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX model that can be looked at as a graph and changed: nodes, initializers, and who produces
 * and who consumes each tensor.
 *
 * <p>A tensor is known by its name. Nodes keep the order they were given, which must be a
 * topological one, as the ONNX specification asks. The same sequence of calls makes the same bytes.
 * Not for several threads at once.
 */
public final class OnnxGraph {
  private final ModelProto.Builder model;
  private final GraphProto.Builder header;
  private final Map<String, TensorProto> initializers = new LinkedHashMap<>();
  private final Map<String, Long> opsets = new LinkedHashMap<>();
  private final Map<String, String> metadata = new TreeMap<>();
  private final Set<String> names = new HashSet<>();
  private List<NodeProto> nodes = new ArrayList<>();
  private @Nullable Index index;

  private OnnxGraph(ModelProto given) {
    model = given.toBuilder().clearGraph().clearOpsetImport().clearMetadataProps();
    GraphProto graph = given.getGraph();
    header = graph.toBuilder().clearNode().clearInitializer();
    nodes.addAll(graph.getNodeList());
    graph.getInitializerList().forEach(tensor -> initializers.put(tensor.getName(), tensor));
    for (OperatorSetIdProto opset : given.getOpsetImportList()) {
      opsets.put(domain(opset.getDomain()), opset.getVersion());
    }
    given.getMetadataPropsList().forEach(entry -> metadata.put(entry.getKey(), entry.getValue()));

    names.addAll(initializers.keySet());
    graph.getInputList().forEach(input -> names.add(input.getName()));
    for (NodeProto node : nodes) {
      names.addAll(node.getOutputList());
      names.add(node.getName());
    }
  }

  /**
   * An empty graph.
   *
   * @param name the graph's name
   * @param irVersion version of the ONNX file format, for instance 8
   * @param opset version of the default operator set, for instance 17
   */
  public static OnnxGraph create(String name, long irVersion, long opset) {
    OnnxGraph graph =
        new OnnxGraph(
            ModelProto.newBuilder()
                .setIrVersion(irVersion)
                .setProducerName("espalier")
                .setGraph(GraphProto.newBuilder().setName(name))
                .build());
    graph.opsets.put("", opset);
    return graph;
  }

  /** A graph with the content of {@code model}, which is not changed. */
  public static OnnxGraph of(ModelProto model) {
    return new OnnxGraph(model);
  }

  /** The model as it is now. */
  public ModelProto toModel() {
    ModelProto.Builder built = model.clone();
    opsets.forEach(
        (domain, version) ->
            built.addOpsetImport(
                OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version)));
    metadata.forEach(
        (key, value) ->
            built.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return built
        .setGraph(header.clone().addAllNode(nodes).addAllInitializer(initializers.values()))
        .build();
  }

  // What is in the graph.

  /** The nodes in topological order. */
  public List<NodeProto> nodes() {
    return Collections.unmodifiableList(nodes);
  }

  /** The initializers in the order they were added. */
  public Collection<TensorProto> initializers() {
    return Collections.unmodifiableCollection(initializers.values());
  }

  /** The initializer of this name, or null. */
  public @Nullable TensorProto initializer(String name) {
    return initializers.get(name);
  }

  /** The value of a tensor that is an initializer or a {@code Constant} node's output, or null. */
  public @Nullable TensorProto constant(String name) {
    TensorProto initializer = initializers.get(name);
    if (initializer != null) {
      return initializer;
    }
    NodeProto producer = producer(name);
    if (producer == null || !producer.getOpType().equals("Constant")) {
      return null;
    }
    return producer.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals("value") && attribute.hasT())
        .map(AttributeProto::getT)
        .findFirst()
        .orElse(null);
  }

  /** The node that writes this tensor, or null for an input or an initializer. */
  public @Nullable NodeProto producer(String tensor) {
    return index().producers.get(tensor);
  }

  /** The nodes that read this tensor, those with a subgraph that does included. */
  public List<NodeProto> consumers(String tensor) {
    return index().consumers.getOrDefault(tensor, List.of());
  }

  /** Whether this tensor is an output of the graph. */
  public boolean isOutput(String tensor) {
    return header.getOutputList().stream().anyMatch(output -> output.getName().equals(tensor));
  }

  /** What is declared about the types of tensors: of inputs, of outputs and in between. */
  public List<ValueInfoProto> declared() {
    List<ValueInfoProto> all = new ArrayList<>(header.getInputList());
    all.addAll(header.getOutputList());
    all.addAll(header.getValueInfoList());
    return all;
  }

  /** The version of the ONNX file format. */
  public long irVersion() {
    return model.getIrVersion();
  }

  /** The version of an operator set; 0 when the model doesn't import it. */
  public long opset(String domain) {
    return opsets.getOrDefault(domain(domain), 0L);
  }

  /** The model's metadata by key. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  // Changing it.

  /** Imports an operator set, or changes its version. */
  public void importOpset(String domain, long version) {
    opsets.put(domain(domain), version);
  }

  /** Sets one entry of the model's metadata. */
  public void putMetadata(String key, String value) {
    metadata.put(key, value);
  }

  /** Adds an input of the graph with symbolic dimensions. */
  public String input(String name, TensorProto.DataType type, String... dimensions) {
    TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type.getNumber());
    for (String dimension : dimensions) {
      tensor.getShapeBuilder().addDimBuilder().setDimParam(dimension);
    }
    header.addInput(valueInfo(name, tensor));
    names.add(name);
    return name;
  }

  /**
   * Adds an output of the graph.
   *
   * @param dimensions a number for a fixed dimension, a string for a symbolic one
   */
  public void output(String name, TensorProto.DataType type, Object... dimensions) {
    TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type.getNumber());
    for (Object dimension : dimensions) {
      if (dimension instanceof Number size) {
        tensor.getShapeBuilder().addDimBuilder().setDimValue(size.longValue());
      } else {
        tensor.getShapeBuilder().addDimBuilder().setDimParam(dimension.toString());
      }
    }
    header.addOutput(valueInfo(name, tensor));
  }

  /**
   * Adds an initializer.
   *
   * @return its name
   * @throws IllegalArgumentException when the name is taken
   */
  public String initializer(TensorProto tensor) {
    if (!names.add(tensor.getName())) {
      throw new IllegalArgumentException("there already is a tensor " + tensor.getName());
    }
    initializers.put(tensor.getName(), tensor);
    return tensor.getName();
  }

  /**
   * Adds an initializer, under another name when its name is taken.
   *
   * @return its name
   */
  public String addInitializer(TensorProto tensor) {
    String name = fresh(tensor.getName());
    initializers.put(name, tensor.toBuilder().setName(name).build());
    return name;
  }

  /**
   * Appends a node with one output; the node is called as its output.
   *
   * @return the name of the output
   */
  public String node(
      String operator, List<String> inputs, String output, AttributeProto... attributes) {
    nodes.add(Nodes.node(operator, inputs, List.of(output), attributes));
    names.add(output);
    index = null;
    return output;
  }

  /** Puts {@code replacement} in place of all nodes. */
  public void replaceNodes(List<NodeProto> replacement) {
    nodes = new ArrayList<>(replacement);
    for (NodeProto node : nodes) {
      names.addAll(node.getOutputList());
    }
    index = null;
  }

  /** Changes each node, keeping the order. */
  public void mapNodes(UnaryOperator<NodeProto> change) {
    replaceNodes(nodes.stream().map(change).toList());
  }

  /** A name that no tensor and no node has: {@code base}, or with a number appended. */
  public String fresh(String base) {
    String name = base;
    for (int i = 1; names.contains(name); i++) {
      name = base + "_" + i;
    }
    names.add(name);
    return name;
  }

  /**
   * Removes initializers and {@code Constant} nodes that nothing reads, what older exporters
   * declare as inputs although it is an initializer, and the types of tensors that no node writes.
   */
  public void dropUnused() {
    List<ValueInfoProto> inputs =
        header.getInputList().stream()
            .filter(input -> !initializers.containsKey(input.getName()))
            .toList();
    header.clearInput().addAllInput(inputs);

    Map<String, List<NodeProto>> read = index().consumers;
    initializers.keySet().removeIf(name -> !read.containsKey(name) && !isOutput(name));
    nodes.removeIf(
        node ->
            node.getOpType().equals("Constant")
                && !read.containsKey(node.getOutput(0))
                && !isOutput(node.getOutput(0)));
    index = null;

    // Types of tensors that are gone.
    Set<String> written = index().producers.keySet();
    List<ValueInfoProto> described =
        header.getValueInfoList().stream()
            .filter(value -> written.contains(value.getName()))
            .toList();
    header.clearValueInfo().addAllValueInfo(described);
  }

  private static ValueInfoProto valueInfo(String name, TypeProto.Tensor.Builder tensor) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  /** The default domain has two spellings. */
  private static String domain(String domain) {
    return domain.equals("ai.onnx") ? "" : domain;
  }

  private Index index() {
    Index current = index;
    if (current == null) {
      current = new Index(nodes);
      index = current;
    }
    return current;
  }

  /** Who writes and who reads each tensor. */
  private static final class Index {
    final Map<String, NodeProto> producers = new HashMap<>();
    final Map<String, List<NodeProto>> consumers = new HashMap<>();

    Index(List<NodeProto> nodes) {
      for (NodeProto node : nodes) {
        node.getOutputList().forEach(output -> producers.put(output, node));
        for (String input : new HashSet<>(reads(node))) {
          consumers.computeIfAbsent(input, name -> new ArrayList<>()).add(node);
        }
      }
    }

    /** What a node reads by itself and, for control flow, through the nodes of its bodies. */
    private static List<String> reads(NodeProto node) {
      List<String> read = new ArrayList<>(node.getInputList());
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          read.addAll(reads(attribute.getG()));
        }
        attribute.getGraphsList().forEach(body -> read.addAll(reads(body)));
      }
      return read;
    }

    /** What is read in a body, its own tensors included: those have other names by ONNX's rules. */
    private static List<String> reads(GraphProto body) {
      List<String> read = new ArrayList<>();
      body.getNodeList().forEach(inner -> read.addAll(reads(inner)));
      body.getOutputList().forEach(output -> read.add(output.getName()));
      return read;
    }
  }
}
