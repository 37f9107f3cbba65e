package dev.espalier.onnxruntime.quantize;

import static dev.espalier.onnxruntime.graph.Nodes.attribute;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.onnxruntime.OrtRuns;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small float graphs from x to y, and inputs for them. */
final class SmallGraphs {
  private SmallGraphs() {}

  /** y = x · w + b. */
  static OnnxGraph linear(int in, int out) {
    OnnxGraph graph = start("linear", "n", "m", "in");
    weight(graph, "w", 1, in, out);
    weight(graph, "b", 2, out);
    graph.node("MatMul", List.of("x", "w"), "product");
    graph.node("Add", List.of("product", "b"), "y");
    graph.output("y", DataType.FLOAT, "n", "m", out);
    return graph;
  }

  /** y = relu(x · vᵀ + a) · w + b, by Gemms. */
  static OnnxGraph perceptron(int in, int hidden, int out) {
    OnnxGraph graph = start("perceptron", "n", "in");
    weight(graph, "v", 1, hidden, in);
    weight(graph, "a", 2, hidden);
    weight(graph, "w", 3, hidden, out);
    weight(graph, "b", 4, out);
    graph.node("Gemm", List.of("x", "v", "a"), "h", attribute("transB", 1L));
    graph.node("Relu", List.of("h"), "r");
    graph.node("Gemm", List.of("r", "w", "b"), "y");
    graph.output("y", DataType.FLOAT, "n", out);
    return graph;
  }

  /** Two convolutions with a residual sum, pooling and a classifier. */
  static OnnxGraph residual() {
    OnnxGraph graph = start("residual", "n", "c", "h", "w");
    weight(graph, "k1", 1, 8, 3, 3, 3);
    weight(graph, "c1", 2, 8);
    weight(graph, "k2", 3, 8, 8, 3, 3);
    weight(graph, "c2", 4, 8);
    weight(graph, "w", 5, 8, 16);
    weight(graph, "b", 6, 16);
    var pads = attribute("pads", List.of(1L, 1L, 1L, 1L));
    graph.node("Conv", List.of("x", "k1", "c1"), "conv1", pads);
    graph.node("Relu", List.of("conv1"), "relu1");
    graph.node(
        "MaxPool",
        List.of("relu1"),
        "pool",
        attribute("kernel_shape", List.of(2L, 2L)),
        attribute("strides", List.of(2L, 2L)));
    graph.node("Conv", List.of("pool", "k2", "c2"), "conv2", pads);
    graph.node("Add", List.of("conv2", "pool"), "sum");
    graph.node("Relu", List.of("sum"), "relu2");
    graph.node("Conv", List.of("relu2", "k2", "c2"), "conv3", pads);
    graph.node("GlobalAveragePool", List.of("conv3"), "average");
    graph.node("Flatten", List.of("average"), "flat");
    graph.node("Gemm", List.of("flat", "w", "b"), "y");
    graph.output("y", DataType.FLOAT, "n", 16);
    return graph;
  }

  /** A random chain of layers over [n, 24] and their sums and products. */
  static OnnxGraph random(Random random) {
    OnnxGraph graph = start("random", "n", "in");
    List<String> tensors = new ArrayList<>(List.of("x"));
    int layers = 2 + random.nextInt(6);
    for (int i = 0; i < layers; i++) {
      String from = tensors.get(random.nextInt(tensors.size()));
      String other = tensors.get(random.nextInt(tensors.size()));
      String to = "t" + i;
      int seed = 100 + i;
      switch (random.nextInt(6)) {
        case 0 -> {
          weight(graph, "w" + i, seed, 24, 24);
          graph.node("MatMul", List.of(from, "w" + i), to);
        }
        case 1 -> {
          weight(graph, "w" + i, seed, 24, 24);
          weight(graph, "b" + i, seed, 24);
          graph.node(
              "Gemm",
              List.of(from, "w" + i, "b" + i),
              to,
              attribute("transB", (long) random.nextInt(2)));
        }
        case 2 -> graph.node("Relu", List.of(from), to);
        case 3 -> graph.node("Add", List.of(from, other), to);
        case 4 -> graph.node("Tanh", List.of(from), to);
        default -> {
          graph.initializer(Tensors.ofLongs("shape" + i, List.of(2L), -1, 24));
          graph.node("Reshape", List.of(from, "shape" + i), to);
        }
      }
      tensors.add(to);
    }
    weight(graph, "last", 99, 24, 24);
    graph.node("MatMul", List.of(tensors.get(tensors.size() - 1), "last"), "y");
    graph.output("y", DataType.FLOAT, "n", 24);
    return graph;
  }

  static Map<String, OrtRuns.Input> input(long seed, int... shape) {
    int size = 1;
    long[] dimensions = new long[shape.length];
    for (int i = 0; i < shape.length; i++) {
      size *= shape[i];
      dimensions[i] = shape[i];
    }
    float[] values = values(seed, size, 1);
    for (int i = 0; i < size; i++) {
      values[i] += 0.3f;
    }
    return Map.of("x", new OrtRuns.Input(values, dimensions));
  }

  static float[] values(long seed, int size, double deviation) {
    Random random = new Random(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return values;
  }

  private static OnnxGraph start(String name, String... dimensions) {
    OnnxGraph graph = OnnxGraph.create(name, 8, 17);
    graph.input("x", DataType.FLOAT, dimensions);
    return graph;
  }

  private static void weight(OnnxGraph graph, String name, long seed, long... shape) {
    int size = 1;
    List<Long> dimensions = new ArrayList<>();
    for (long dimension : shape) {
      size *= (int) dimension;
      dimensions.add(dimension);
    }
    double fanIn = shape.length == 4 ? shape[1] * 9 : shape[0];
    graph.initializer(Tensors.ofFloats(name, dimensions, values(seed, size, 1 / Math.sqrt(fanIn))));
  }
}
