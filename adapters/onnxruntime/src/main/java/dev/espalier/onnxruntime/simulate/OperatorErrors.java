package dev.espalier.onnxruntime.simulate;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.onnxruntime.calibrate.Activations;
import dev.espalier.onnxruntime.calibrate.CalibrationBatches;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.Linear;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.quantize.Int8Weights;
import dev.espalier.onnxruntime.quantize.Int8Weights.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How much the output of each operator would change in int8, given the float inputs it has now: one
 * run over the examples, and no run of a quantized model. A ranking for deciding which operators
 * stay float; errors do not add up along the graph.
 *
 * <p>Judged are MatMul of an activation with a constant matrix (uint8 activation, int8 columns),
 * MatMul of two activations (both uint8), and Gather of rows of a constant table (int8 rows).
 *
 * @param activations how the model is run
 * @param rowsPerBatch how many rows of an activation are judged in each batch, evenly spaced
 */
public record OperatorErrors(Activations activations, int rowsPerBatch) {
  /** Checks the number of rows. */
  public OperatorErrors {
    if (rowsPerBatch < 1) {
      throw new IllegalArgumentException("at least one row a batch, not " + rowsPerBatch);
    }
  }

  /**
   * The error of an operator.
   *
   * @param operator MatMul or Gather
   * @param normalized Σ(y − ŷ)² / Σy² over the outputs judged; 0 when all are zero
   */
  public record OperatorError(String operator, double normalized) {
    /** The signal-to-noise ratio in decibels, −10 log₁₀ of {@link #normalized}. */
    public double decibels() {
      return -10 * Math.log10(normalized);
    }
  }

  /** Sums over all that was seen of one operator. */
  private static final class Sums {
    final NodeProto node;
    double signal;
    double noise;

    Sums(NodeProto node) {
      this.node = node;
    }

    void add(float[] expected, float[] actual) {
      for (int i = 0; i < expected.length; i++) {
        double difference = (double) expected[i] - actual[i];
        signal += (double) expected[i] * expected[i];
        noise += difference * difference;
      }
    }

    OperatorError error() {
      return new OperatorError(node.getOpType(), noise == 0 ? 0 : noise / signal);
    }
  }

  /** What one tensor of a batch looks like. */
  @SuppressWarnings("ArrayRecordComponent") // lives for a batch
  private record Seen(float[] values, long... shape) {}

  /**
   * How weights will be quantized.
   *
   * @param reduceRange whether to 7 bits
   * @param perChannel whether a node, with the name of its weight, has a scale for each output of a
   *     matrix or row of a table
   */
  public record Weights(boolean reduceRange, BiPredicate<NodeProto, String> perChannel) {
    /** A scale for each channel, 8 bits. */
    public static final Weights USUAL = new Weights(false, (node, weight) -> true);

    /** A layer's matrix once it is quantized: [inputs, outputs]. */
    public float[] matrix(Linear linear) {
      Channels channels =
          perChannel.test(linear.node(), linear.weight())
              ? Channels.along(Tensors.shape(linear.matrix()), 1)
              : Channels.ONE;
      return Int8Weights.of(Tensors.floats(linear.matrix()), channels, reduceRange).dequantized();
    }
  }

  /**
   * Measures.
   *
   * @param source what problems call the model
   * @param ranges of activations, by tensor; one that is missing is quantized by each batch's own
   *     range, as dynamic quantization does
   * @return error by the name of the node (of its first output when it has none), worst first
   * @throws ProblemException as {@link Activations#view}
   */
  public Map<String, OperatorError> measure(
      ModelProto model, Path source, CalibrationBatches batches, Map<String, TensorRange> ranges) {
    return measure(model, source, batches, ranges, true, Weights.USUAL);
  }

  /** The same without products of two activations, which no quantizer here turns to int8. */
  public Map<String, OperatorError> ofConstants(
      ModelProto model,
      Path source,
      CalibrationBatches batches,
      Map<String, TensorRange> ranges,
      Weights weights) {
    return measure(model, source, batches, ranges, false, weights);
  }

  /**
   * The errors of MatMuls whose matrix alone is rounded, and whose activations stay float.
   *
   * @param judged which MatMuls
   * @param rounded the values, [inputs, outputs], that a layer's matrix has then
   * @return error by the name of the node, worst first
   */
  public Map<String, OperatorError> ofWeights(
      ModelProto model,
      Path source,
      CalibrationBatches batches,
      Predicate<Linear> judged,
      Function<Linear, float[]> rounded) {
    Map<String, List<LinearSums>> linears = new LinkedHashMap<>();
    Map<String, Sums> sums = new LinkedHashMap<>();
    for (Linear linear : Linear.of(OnnxGraph.of(model)).stream().filter(judged).toList()) {
      Sums of = new Sums(linear.node());
      sums.put(name(linear.node()), of);
      float[] matrix = Tensors.floats(linear.matrix());
      linears
          .computeIfAbsent(linear.activation(), activation -> new ArrayList<>())
          .add(new LinearSums(of, linear, matrix, rounded.apply(linear)));
    }
    if (linears.isEmpty()) {
      return Map.of();
    }
    activations.view(
        model,
        source,
        linears.keySet(),
        batches,
        (tensor, values, shape) -> {
          for (LinearSums linear : linears.getOrDefault(tensor, List.of())) {
            linear.addRounded(values, rowsPerBatch);
          }
        });
    return worstFirst(sums);
  }

  private Map<String, OperatorError> measure(
      ModelProto model,
      Path source,
      CalibrationBatches batches,
      Map<String, TensorRange> ranges,
      boolean products,
      Weights weights) {
    OnnxGraph graph = OnnxGraph.of(model);
    Map<String, Sums> sums = new LinkedHashMap<>();
    Map<String, List<LinearSums>> linears = new HashMap<>();
    Map<String, List<GatherSums>> gathers = new HashMap<>();
    List<Pair> pairs = new ArrayList<>();
    Set<String> wanted = new LinkedHashSet<>();

    for (Linear linear : Linear.of(graph)) {
      float[] matrix = Tensors.floats(linear.matrix());
      Sums of = new Sums(linear.node());
      sums.put(name(linear.node()), of);
      linears
          .computeIfAbsent(linear.activation(), activation -> new ArrayList<>())
          .add(new LinearSums(of, linear, matrix, weights.matrix(linear)));
      wanted.add(linear.activation());
    }
    for (NodeProto node : graph.nodes()) {
      if (Nodes.is(node, "Gather") && isTable(graph, node)) {
        Sums of = new Sums(node);
        sums.put(name(node), of);
        float[] scales =
            weights.perChannel().test(node, node.getInput(0))
                ? new float[0]
                : Int8Weights.of(
                        Tensors.floats(table(graph, node)), Channels.ONE, weights.reduceRange())
                    .scales();
        gathers
            .computeIfAbsent(node.getOutput(0), output -> new ArrayList<>())
            .add(new GatherSums(of, weights.reduceRange(), scales));
        wanted.add(node.getOutput(0));
      } else if (products
          && Nodes.is(node, "MatMul")
          && graph.constant(node.getInput(0)) == null
          && graph.constant(node.getInput(1)) == null) {
        Sums of = new Sums(node);
        sums.put(name(node), of);
        pairs.add(new Pair(of, node.getInput(0), node.getInput(1), new HashMap<>()));
        // One after the other, so that few wait for their partner.
        wanted.add(node.getInput(0));
        wanted.add(node.getInput(1));
      }
    }

    if (wanted.isEmpty()) {
      return Map.of();
    }
    // One pass, whatever the setting: the two sides of a product must be of the same batch.
    new Activations(
            activations.threads(), Math.max(activations.tensorsPerPass(), wanted.size() + 1))
        .view(
            model,
            source,
            wanted,
            batches,
            (tensor, values, shape) -> {
              for (LinearSums linear : linears.getOrDefault(tensor, List.of())) {
                linear.add(values, rowsPerBatch, ranges.get(tensor));
              }
              for (GatherSums gather : gathers.getOrDefault(tensor, List.of())) {
                gather.add(values, (int) shape[shape.length - 1], rowsPerBatch);
              }
              for (Pair pair : pairs) {
                if (pair.reads(tensor)) {
                  pair.add(tensor, new Seen(values, shape), ranges);
                }
              }
            });

    return worstFirst(sums);
  }

  private static Map<String, OperatorError> worstFirst(Map<String, Sums> sums) {
    Map<String, OperatorError> errors = new LinkedHashMap<>();
    sums.entrySet().stream()
        .sorted(
            (a, b) ->
                Double.compare(
                    b.getValue().error().normalized(), a.getValue().error().normalized()))
        .forEach(entry -> errors.put(entry.getKey(), entry.getValue().error()));
    return errors;
  }

  private static TensorProto table(OnnxGraph graph, NodeProto node) {
    return Objects.requireNonNull(graph.constant(node.getInput(0)), "a table");
  }

  private static boolean isTable(OnnxGraph graph, NodeProto node) {
    TensorProto table = graph.constant(node.getInput(0));
    return table != null
        && Tensors.is(table, DataType.FLOAT, 2)
        && Nodes.intAttribute(node, "axis", 0) == 0;
  }

  private static String name(NodeProto node) {
    return node.getName().isEmpty() ? node.getOutput(0) : node.getName();
  }

  /** A gather from a table, and the scale of the whole where there is one. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record GatherSums(Sums sums, boolean reduceRange, float... scale) {
    void add(float[] values, int columns, int rows) {
      float[] some = Int8.someRows(values, columns, rows);
      // A row has a scale of its own, of which that of the whole table is a lower bound.
      Channels channels =
          scale.length == 0 ? new Channels(some.length / columns, columns) : Channels.ONE;
      sums.add(some, Int8Weights.of(some, channels, reduceRange, scale).dequantized());
    }
  }

  /** A linear layer, its matrix and that matrix in int8. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record LinearSums(Sums sums, Linear linear, float[] matrix, float[] int8) {
    void addRounded(float[] values, int rows) {
      float[] some = Int8.someRows(values, linear.inputs(), rows);
      sums.add(
          Int8.multiply(some, matrix, linear.inputs(), linear.outputs()),
          Int8.multiply(some, int8, linear.inputs(), linear.outputs()));
    }

    void add(float[] values, int rows, @Nullable TensorRange range) {
      float[] some = Int8.someRows(values, linear.inputs(), rows);
      float[] quantized = Int8.activation(some, range == null ? Int8.range(values) : range);
      sums.add(
          Int8.multiply(some, matrix, linear.inputs(), linear.outputs()),
          Int8.multiply(quantized, int8, linear.inputs(), linear.outputs()));
    }
  }

  /** A product of two activations, [..., n, k] and [..., k, m] with equal leading dimensions. */
  private record Pair(Sums sums, String left, String right, Map<String, Seen> waiting) {
    boolean reads(String tensor) {
      return left.equals(tensor) || right.equals(tensor);
    }

    /** Judges a batch as soon as both sides are there. */
    void add(String tensor, Seen seen, Map<String, TensorRange> ranges) {
      waiting.put(tensor, seen);
      Seen a = waiting.get(left);
      Seen b = waiting.get(right);
      if (a == null || b == null) {
        return;
      }
      waiting.clear();
      int inner = (int) a.shape()[a.shape().length - 1];
      int rows = (int) a.shape()[a.shape().length - 2];
      int columns = (int) b.shape()[b.shape().length - 1];
      float[] left8 = Int8.activation(a.values(), range(left, a, ranges));
      float[] right8 = Int8.activation(b.values(), range(right, b, ranges));
      int matrices =
          Math.min(a.values().length / (rows * inner), b.values().length / (inner * columns));
      for (int i = 0; i < matrices; i++) {
        sums.add(
            product(a.values(), b.values(), i, rows, inner, columns),
            product(left8, right8, i, rows, inner, columns));
      }
    }

    private static TensorRange range(String tensor, Seen seen, Map<String, TensorRange> ranges) {
      TensorRange range = ranges.get(tensor);
      return range == null ? Int8.range(seen.values()) : range;
    }

    private static float[] product(
        float[] a, float[] b, int matrix, int rows, int inner, int columns) {
      int fromA = matrix * rows * inner;
      int fromB = matrix * inner * columns;
      return Int8.multiply(
          Arrays.copyOfRange(a, fromA, fromA + rows * inner),
          Arrays.copyOfRange(b, fromB, fromB + inner * columns),
          inner,
          columns);
    }
  }
}
