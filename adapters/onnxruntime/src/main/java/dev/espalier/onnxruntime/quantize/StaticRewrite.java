package dev.espalier.onnxruntime.quantize;

import static dev.espalier.onnxruntime.graph.Nodes.attribute;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.quantize.Int8Constants.Weight;
import dev.espalier.onnxruntime.quantize.StaticPlan.Role;
import dev.espalier.onnxruntime.quantize.StaticPlan.Unit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes what {@link StaticPlan} decided, as QDQ or as QOperator.
 *
 * <p>The bias of a Conv or Gemm is int32 with the scale of input times weight, so that it is added
 * to the integer sums. Where that would not fit 32 bits, the weight's scale of that channel is
 * raised until it does.
 */
final class StaticRewrite {
  /** A little below the largest int32, for the rounding of scales to float. */
  private static final double LARGEST_BIAS = 2_147_000_000.0;

  private final OnnxGraph graph;
  private final Map<String, TensorRange> ranges;
  private final Selection selection;
  private final boolean qdq;
  private final Constants constants;
  private final Int8Constants int8;
  private final Gathers gathers;
  private final StaticPlan plan;
  private final List<NodeProto> nodes = new ArrayList<>();
  private final Map<String, Activation> activations = new HashMap<>();

  /**
   * An activation as uint8.
   *
   * @param values the uint8 tensor
   * @param scaleName the initializer of its scale
   * @param zeroPointName the initializer of its zero point
   * @param scale its scale
   * @param floats in QDQ, what DequantizeLinear makes of the values; else empty
   */
  private record Activation(
      String values, String scaleName, String zeroPointName, float scale, String floats) {
    List<String> all() {
      return List.of(values, scaleName, zeroPointName);
    }
  }

  StaticRewrite(OnnxGraph graph, Selection selection, Map<String, TensorRange> ranges) {
    this.graph = graph;
    this.ranges = ranges;
    this.selection = selection;
    qdq = selection.plan().format() == Format.QDQ;
    GemmFusion.run(graph, selection.plan().operatorTypes());
    constants = new Constants(graph);
    int8 = new Int8Constants(graph, selection.plan());
    gathers = new Gathers(graph, selection, int8);
    plan = new StaticPlan(graph, selection, constants, this::isRanged);
  }

  /**
   * Rewrites the graph.
   *
   * @throws IllegalArgumentException when a weight is not finite
   */
  void run() {
    for (NodeProto node : graph.nodes()) {
      Unit unit = plan.endingWith(node);
      if (unit != null) {
        write(unit);
      } else if (!plan.isPartOfLater(node)) {
        nodes.add(node);
      }
    }
    graph.replaceNodes(nodes);
    graph.dropUnused();
  }

  private boolean isRanged(String tensor) {
    TensorRange range = ranges.get(tensor);
    return range != null && ActivationScale.fits(range);
  }

  private void write(Unit unit) {
    NodeProto node = unit.node();
    if (unit.role() == Role.GATHER) {
      gathers.rewrite(node, constant(node.getInput(0)), nodes);
    } else if (unit.role() == Role.SAME_VALUES) {
      sameValues(unit);
    } else if (unit.role() == Role.ELEMENTWISE) {
      elementwise(unit);
    } else if (Nodes.isAttention(node)) {
      Weight weight = matrix(node, 1);
      nodes.add(
          Nodes.qAttention(
              node,
              input(node.getInput(0)).all(),
              List.of(weight.values(), weight.scales(), weight.zeroPoints())));
    } else {
      switch (node.getOpType()) {
        case "MatMul" -> matMul(unit);
        case "Gemm" -> gemm(unit);
        default -> conv(unit);
      }
    }
  }

  // The operators.

  private void matMul(Unit unit) {
    NodeProto node = unit.node();
    Activation input = input(node.getInput(0));
    Weight weight = matrix(node, 1);
    if (qdq) {
      floatOperator(unit, List.of(input.floats(), dequantized(weight)));
    } else if (unit.uint8Output()) {
      Activation output = output(unit);
      nodes.add(
          Nodes.node(
              "QLinearMatMul",
              concat(
                  input.all(),
                  matrixInputs(weight),
                  List.of(output.scaleName(), output.zeroPointName())),
              List.of(output.values())));
      floats(unit, output);
    } else {
      List<String> inputs =
          new ArrayList<>(
              List.of(
                  input.values(),
                  weight.values(),
                  input.scaleName(),
                  weight.scales(),
                  input.zeroPointName(),
                  weight.zeroPoints()));
      NodeProto bias = unit.bias();
      if (bias != null) {
        inputs.add(GemmFusion.other(bias, node.getOutput(0)));
      }
      nodes.add(Nodes.microsoft("MatMulIntegerToFloat", inputs, List.of(unit.output())));
    }
  }

  private void gemm(Unit unit) {
    NodeProto node = unit.node();
    boolean transB = Nodes.intAttribute(node, "transB", 0) != 0;
    Activation input = input(node.getInput(0));
    int axis = transB ? 0 : 1;
    TensorProto matrix = constant(node.getInput(1));
    int columns = Math.toIntExact(matrix.getDims(axis));
    float[] bias = bias(node, columns);
    Weight weight =
        int8.of(
            selection.perChannel(node, node.getInput(1)),
            node.getInput(1),
            matrix,
            axis,
            List.of((long) columns),
            leastScales(bias, input.scale(), columns));
    String int32 = bias == null ? "" : int32(node, bias, input.scale(), weight);
    if (qdq) {
      List<String> inputs = new ArrayList<>(List.of(input.floats(), dequantized(weight)));
      if (bias != null) {
        inputs.add(dequantizedBias(int32, columns, input.scale(), weight));
      }
      floatOperator(unit, inputs);
      return;
    }
    List<String> inputs =
        new ArrayList<>(concat(input.all(), matrixInputs(weight), List.of(int32)));
    String result = unit.output();
    Activation output = null;
    if (unit.uint8Output()) {
      output = output(unit);
      inputs.addAll(List.of(output.scaleName(), output.zeroPointName()));
      result = output.values();
    }
    nodes.add(
        Nodes.microsoft("QGemm", inputs, List.of(result), attribute("transB", transB ? 1L : 0L)));
    if (output != null) {
      floats(unit, output);
    }
  }

  private void conv(Unit unit) {
    NodeProto node = unit.node();
    Activation input = input(node.getInput(0));
    TensorProto kernel = constant(node.getInput(1));
    int channels = Math.toIntExact(kernel.getDims(0));
    float[] bias = bias(node, channels);
    Weight weight =
        int8.of(
            selection.perChannel(node, node.getInput(1)),
            node.getInput(1),
            kernel,
            0,
            List.of((long) channels),
            leastScales(bias, input.scale(), channels));
    String int32 = bias == null ? "" : int32(node, bias, input.scale(), weight);
    if (qdq) {
      List<String> inputs = new ArrayList<>(List.of(input.floats(), dequantized(weight)));
      if (bias != null) {
        inputs.add(dequantizedBias(int32, channels, input.scale(), weight));
      }
      floatOperator(unit, inputs);
      return;
    }
    Activation output = output(unit);
    List<String> inputs =
        concat(
            input.all(), matrixInputs(weight), List.of(output.scaleName(), output.zeroPointName()));
    if (bias != null) {
      inputs.add(int32);
    }
    nodes.add(
        node.toBuilder()
            .setOpType("QLinearConv")
            .clearInput()
            .addAllInput(inputs)
            .setOutput(0, output.values())
            .build());
    floats(unit, output);
  }

  private void elementwise(Unit unit) {
    NodeProto node = unit.node();
    Activation a = input(node.getInput(0));
    Activation b = input(node.getInput(1));
    if (qdq) {
      floatOperator(unit, List.of(a.floats(), b.floats()));
      return;
    }
    Activation output = output(unit);
    nodes.add(
        Nodes.microsoft(
            "QLinear" + node.getOpType(),
            concat(a.all(), b.all(), List.of(output.scaleName(), output.zeroPointName())),
            List.of(output.values())));
    floats(unit, output);
  }

  private void sameValues(Unit unit) {
    NodeProto node = unit.node();
    Activation input = input(node.getInput(0));
    Activation output =
        new Activation(
            graph.fresh(unit.output() + "_quantized"),
            input.scaleName(),
            input.zeroPointName(),
            input.scale(),
            qdq ? unit.output() : "");
    activations.put(unit.output(), output);
    if (qdq) {
      String moved = graph.fresh(unit.output() + "_float");
      nodes.add(node.toBuilder().setInput(0, input.floats()).setOutput(0, moved).build());
      quantize(moved, output);
      dequantize(output, output.floats());
    } else {
      nodes.add(node.toBuilder().setInput(0, input.values()).setOutput(0, output.values()).build());
      floats(unit, output);
    }
  }

  /** In QDQ: the operator on dequantized inputs, and what turns its output to uint8 and back. */
  private void floatOperator(Unit unit, List<String> inputs) {
    NodeProto.Builder operator = unit.node().toBuilder().clearInput().addAllInput(inputs);
    if (!unit.uint8Output()) {
      nodes.add(operator.build());
      return;
    }
    Activation output = output(unit);
    String result = graph.fresh(unit.output() + "_float");
    NodeProto clamp = unit.clamp();
    if (clamp == null) {
      nodes.add(operator.setOutput(0, result).build());
    } else {
      nodes.add(operator.build());
      nodes.add(clamp.toBuilder().setOutput(0, result).build());
    }
    quantize(result, output);
    dequantize(output, output.floats());
  }

  // Activations.

  /** A tensor as uint8; quantized once, however many read it. */
  private Activation input(String tensor) {
    Activation known = activations.get(tensor);
    if (known != null) {
      return known;
    }
    Activation made =
        activation(tensor, range(tensor), qdq ? graph.fresh(tensor + "_dequantized") : "");
    quantize(tensor, made);
    if (qdq) {
      dequantize(made, made.floats());
    }
    activations.put(tensor, made);
    return made;
  }

  /** What a unit writes as uint8. In QDQ, the tensor itself becomes what it is dequantized to. */
  private Activation output(Unit unit) {
    TensorRange range = range(unit.output());
    NodeProto clamp = unit.clamp();
    if (clamp != null) {
      range = Objects.requireNonNull(Clamp.of(clamp, constants)).within(range);
    }
    Activation made = activation(unit.output(), range, qdq ? unit.output() : "");
    activations.put(unit.output(), made);
    return made;
  }

  private Activation activation(String tensor, TensorRange range, String floats) {
    ActivationScale scale = ActivationScale.of(range);
    return new Activation(
        graph.fresh(tensor + "_quantized"),
        graph.addInitializer(Tensors.scalar(tensor + "_scale", scale.scale())),
        graph.addInitializer(Tensors.scalarUint8(tensor + "_zero_point", scale.zeroPoint())),
        scale.scale(),
        floats);
  }

  private TensorRange range(String tensor) {
    return Objects.requireNonNull(ranges.get(tensor), tensor);
  }

  private void quantize(String floats, Activation activation) {
    nodes.add(
        Nodes.node(
            "QuantizeLinear",
            List.of(floats, activation.scaleName(), activation.zeroPointName()),
            List.of(activation.values())));
  }

  /** In QOperator: the tensor under its own name, where something reads it as floats. */
  private void floats(Unit unit, Activation output) {
    if (plan.isWantedAsFloats(unit.output())) {
      dequantize(output, unit.output());
    }
  }

  /** The node has a name of its own: that of its output may be the name of the operator before. */
  private void dequantize(Activation activation, String floats) {
    nodes.add(
        Nodes.node("DequantizeLinear", activation.all(), List.of(floats)).toBuilder()
            .setName(graph.fresh(floats + "_DequantizeLinear"))
            .build());
  }

  // Weights and biases.

  private TensorProto constant(String name) {
    return Objects.requireNonNull(constants.find(name), name);
  }

  private Weight matrix(NodeProto node, int axis) {
    TensorProto matrix = constant(node.getInput(1));
    return int8.of(
        selection.perChannel(node, node.getInput(1)),
        node.getInput(1),
        matrix,
        axis,
        List.of(matrix.getDims(axis)));
  }

  private static List<String> matrixInputs(Weight weight) {
    return List.of(weight.values(), weight.scales(), weight.zeroPoints());
  }

  private String dequantized(Weight weight) {
    String output = graph.fresh(weight.values() + "_dequantized");
    NodeProto node = Nodes.node("DequantizeLinear", matrixInputs(weight), List.of(output));
    nodes.add(weight.axis() < 0 ? node : withAxis(node, weight.axis()));
    return output;
  }

  private static NodeProto withAxis(NodeProto node, int axis) {
    return node.toBuilder().addAttribute(attribute("axis", (long) axis)).build();
  }

  private float @Nullable [] bias(NodeProto node, int channels) {
    return Eligibility.hasInput(node, 2) ? constants.vector(node.getInput(2), channels) : null;
  }

  /** What each weight's scale has to be at least, so that the bias fits 32 bits. */
  private static float[] leastScales(float @Nullable [] bias, float inputScale, int channels) {
    float[] least = new float[channels];
    for (int i = 0; bias != null && i < channels; i++) {
      if (!Float.isFinite(bias[i])) {
        throw new IllegalArgumentException("a bias at index " + i + " is " + bias[i]);
      }
      // The second, so that the product of the two scales is not 0.
      least[i] =
          (float)
              Math.max(
                  Math.abs(bias[i]) / (inputScale * LARGEST_BIAS),
                  Float.MIN_NORMAL / (double) inputScale);
    }
    return least;
  }

  private String int32(NodeProto node, float[] bias, float inputScale, Weight weight) {
    int[] values = new int[bias.length];
    for (int i = 0; i < bias.length; i++) {
      values[i] = (int) Math.rint(bias[i] / ((double) inputScale * weight.scale(i)));
    }
    return graph.addInitializer(
        Tensors.ofInt32(node.getInput(2) + "_quantized", List.of((long) values.length), values));
  }

  private String dequantizedBias(String int32, int channels, float inputScale, Weight weight) {
    boolean perChannel = weight.axis() >= 0;
    float[] scales = new float[perChannel ? channels : 1];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = inputScale * weight.scale(i);
    }
    String scale =
        graph.addInitializer(
            Tensors.ofFloats(
                int32 + "_scale", perChannel ? List.of((long) channels) : List.of(), scales));
    String output = graph.fresh(int32 + "_dequantized");
    NodeProto node = Nodes.node("DequantizeLinear", List.of(int32, scale), List.of(output));
    nodes.add(perChannel ? withAxis(node, 0) : node);
    return output;
  }

  @SafeVarargs
  private static List<String> concat(List<String>... lists) {
    List<String> all = new ArrayList<>();
    for (List<String> list : lists) {
      all.addAll(list);
    }
    return all;
  }
}
