package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides which operators of a graph become int8 when activations have calibrated scales, and which
 * tensors between them are kept as uint8.
 *
 * <p>Turning a tensor to uint8 and back costs two passes over it, so it is done where an integer
 * kernel earns it:
 *
 * <ul>
 *   <li>a MatMul, Gemm, Conv or Attention with a constant weight reads uint8;
 *   <li>a Conv writes uint8, since no kernel writes floats; a MatMul or a Gemm writes uint8 only
 *       where all that read it want uint8, and else floats, which are more exact: so in a
 *       transformer what goes into Softmax, Gelu and LayerNormalization was never rounded;
 *   <li>Add and Mul are int8 where both inputs are there as uint8 already and the output is wanted
 *       as such, as in residual blocks of convolutions;
 *   <li>operators that move values about (Reshape, MaxPool, ...) pass uint8 on, with its scale.
 * </ul>
 *
 * A Relu or Clip that alone reads such an output belongs to it: the output's scale clamps.
 */
final class StaticPlan {
  private static final Set<String> SAME_VALUES =
      Set.of("Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "MaxPool");

  /** First opset with a MaxPool of uint8. */
  private static final long MAX_POOL_OPSET = 12;

  private final OnnxGraph graph;
  private final Selection selection;
  private final Constants constants;
  private final Eligibility eligibility;
  private final Predicate<String> ranged;
  private final boolean foldsBias;

  /** By the first output of the operator itself. */
  private final Map<String, Unit> units = new LinkedHashMap<>();

  /** By the first output of the last node that belongs to it. */
  private final Map<String, Unit> byLast = new HashMap<>();

  private final Set<String> absorbed = new HashSet<>();
  private final Set<String> anyWants = new HashSet<>();
  private final Set<String> allWant = new HashSet<>();
  private final Set<String> uint8 = new LinkedHashSet<>();

  /** What a unit computes. */
  enum Role {
    /** A constant weight times an activation. */
    WEIGHTED,
    /** A sum or a product of two activations. */
    ELEMENTWISE,
    /** The same values elsewhere. */
    SAME_VALUES,
    /** Rows of a constant table. */
    GATHER
  }

  /**
   * An operator to be quantized, with what belongs to it.
   *
   * @param role what it computes
   * @param node the operator
   * @param bias the Add of a constant vector that follows a MatMul, or null
   * @param clamp the Relu or Clip that follows, or null
   * @param uint8Output whether it writes uint8
   */
  record Unit(
      Role role,
      NodeProto node,
      @Nullable NodeProto bias,
      @Nullable NodeProto clamp,
      boolean uint8Output) {
    /** The float tensor that it stands for. */
    String output() {
      return last().getOutput(0);
    }

    NodeProto last() {
      return clamp != null ? clamp : bias != null ? bias : node;
    }

    Unit writingUint8() {
      return new Unit(role, node, bias, clamp, true);
    }
  }

  /**
   * Plans.
   *
   * @param ranged whether the range of a tensor is known
   */
  StaticPlan(OnnxGraph graph, Selection selection, Constants constants, Predicate<String> ranged) {
    this.graph = graph;
    this.selection = selection;
    this.constants = constants;
    this.ranged = ranged;
    eligibility = new Eligibility(constants);
    foldsBias = selection.plan().format() == Format.QOPERATOR;
    graph.nodes().forEach(this::propose);
    findWishes();
    decide();
    units.values().forEach(unit -> byLast.put(unit.output(), unit));
  }

  /** The unit that ends with this node, or null. */
  @Nullable Unit endingWith(NodeProto node) {
    return byLast.get(node.getOutput(0));
  }

  /** Whether a node belongs to a unit that ends later. */
  boolean isPartOfLater(NodeProto node) {
    return absorbed.contains(node.getOutput(0));
  }

  /** Whether something needs this tensor as floats. */
  boolean isWantedAsFloats(String tensor) {
    if (graph.isOutput(tensor)) {
      return true;
    }
    return graph.consumers(tensor).stream()
        .anyMatch(
            consumer -> {
              Unit unit = units.get(consumer.getOutput(0));
              return unit == null || !readsUint8(unit, tensor);
            });
  }

  /** The tensors whose ranges the plan of a graph would like to know. */
  static Set<String> tensorsToCalibrate(OnnxGraph graph, QuantizationPlan wanted) {
    GemmFusion.run(graph, wanted.operatorTypes());
    StaticPlan plan =
        new StaticPlan(graph, new Selection(wanted, graph), new Constants(graph), tensor -> true);
    Set<String> tensors = new LinkedHashSet<>();
    for (Unit unit : plan.units.values()) {
      if (unit.role() == Role.WEIGHTED) {
        tensors.add(unit.node().getInput(0));
      }
      if (unit.uint8Output() && unit.role() != Role.SAME_VALUES) {
        tensors.add(unit.output());
      }
    }
    return tensors;
  }

  private void propose(NodeProto node) {
    boolean attention = Nodes.isAttention(node);
    String type = attention || Nodes.is(node, node.getOpType()) ? node.getOpType() : "";
    switch (type) {
      case "MatMul", "Gemm", "Conv", "Attention" -> weighted(node, type);
      case "Gather" -> gather(node);
      case "Add", "Mul" -> {
        if (node.getInputCount() == 2) {
          put(new Unit(Role.ELEMENTWISE, node, null, clamp(node), false));
        }
      }
      default -> {
        if (SAME_VALUES.contains(type)
            && node.getOutputCount() == 1
            && (!type.equals("MaxPool") || graph.opset("") >= MAX_POOL_OPSET)) {
          put(new Unit(Role.SAME_VALUES, node, null, null, false));
        }
      }
    }
  }

  private void put(Unit unit) {
    units.put(unit.node().getOutput(0), unit);
  }

  private void weighted(NodeProto node, String type) {
    String name = node.getInput(1);
    TensorProto weight = constants.find(name);
    if (weight == null) {
      return;
    }
    NodeProto bias =
        type.equals("MatMul") && foldsBias ? GemmFusion.bias(graph, constants, node) : null;
    Unit unit = new Unit(Role.WEIGHTED, node, bias, bias == null ? clamp(node) : null, false);
    String unwanted = selection.whyFloat(node, name);
    String reason = unwanted == null ? whyNot(node, type, unit) : unwanted;
    if (reason == null) {
      put(unit);
    } else if (weight.getDataType() == DataType.FLOAT.getNumber()) {
      selection.leave(node, name, reason);
    }
  }

  private @Nullable String whyNot(NodeProto node, String type, Unit unit) {
    String reason =
        switch (type) {
          case "MatMul" -> eligibility.whyNotMatMul(node);
          case "Gemm" -> eligibility.whyNotGemm(node);
          case "Conv" -> eligibility.whyNotConv(node);
          default ->
              foldsBias
                  ? eligibility.whyNotAttention(node)
                  : "Attention has an int8 kernel only in the formats qoperator and dynamic";
        };
    if (reason != null) {
      return reason;
    }
    if (!ranged.test(node.getInput(0))) {
      return "no calibrated range of " + node.getInput(0);
    }
    if (type.equals("Conv") && !ranged.test(unit.output())) {
      return "no calibrated range of " + unit.output();
    }
    return null;
  }

  private void gather(NodeProto node) {
    TensorProto table = constants.floats(node.getInput(0), 2);
    if (table == null) {
      return;
    }
    String unwanted = selection.whyFloat(node, node.getInput(0));
    String reason = unwanted == null ? eligibility.whyNotGather(node) : unwanted;
    if (reason == null) {
      put(new Unit(Role.GATHER, node, null, null, false));
    } else {
      selection.leave(node, node.getInput(0), reason);
    }
  }

  /** The Relu, or the Clip to constants on both sides of 0, that alone reads a node's output. */
  private @Nullable NodeProto clamp(NodeProto node) {
    NodeProto next = onlyReader(node);
    if (next == null) {
      return null;
    }
    return Clamp.of(next, constants) == null ? null : next;
  }

  private @Nullable NodeProto onlyReader(NodeProto node) {
    String output = node.getOutput(0);
    List<NodeProto> readers = graph.consumers(output);
    return readers.size() == 1 && !graph.isOutput(output) ? readers.get(0) : null;
  }

  /** From the end to the beginning: which tensors are wanted as uint8 by what comes after. */
  private void findWishes() {
    List<NodeProto> nodes = graph.nodes();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      for (String output : nodes.get(i).getOutputList()) {
        List<NodeProto> readers = graph.consumers(output);
        boolean all = !readers.isEmpty() && !graph.isOutput(output);
        for (NodeProto reader : readers) {
          Unit unit = units.get(reader.getOutput(0));
          boolean certainly = false;
          if (unit != null && readsUint8(unit, output)) {
            String next = unit.output();
            certainly =
                unit.role() == Role.WEIGHTED
                    || (unit.role() == Role.SAME_VALUES && allWant.contains(next));
            if (unit.role() != Role.SAME_VALUES || anyWants.contains(next)) {
              anyWants.add(output);
            }
          }
          all &= certainly;
        }
        if (all) {
          allWant.add(output);
        }
      }
    }
  }

  /** Whether a tensor is an input that a unit could take as uint8, and nothing else to it. */
  private static boolean readsUint8(Unit unit, String tensor) {
    List<String> inputs = unit.node().getInputList();
    return switch (unit.role()) {
      case WEIGHTED, SAME_VALUES ->
          inputs.get(0).equals(tensor) && !inputs.subList(1, inputs.size()).contains(tensor);
      case ELEMENTWISE -> true;
      case GATHER -> false;
    };
  }

  /** From the beginning to the end: which tensors are kept as uint8. */
  private void decide() {
    List<Unit> dropped = new ArrayList<>();
    for (Unit unit : List.copyOf(units.values())) {
      NodeProto node = unit.node();
      String output = unit.output();
      boolean wanted = ranged.test(output) && anyWants.contains(output);
      switch (unit.role()) {
        case WEIGHTED -> {
          boolean writes =
              node.getOpType().equals("Conv")
                  || (unit.bias() == null
                      && !Nodes.isAttention(node)
                      && allWant.contains(output)
                      && ranged.test(output));
          keep(writes ? unit.writingUint8() : unit);
        }
        case ELEMENTWISE -> {
          boolean inputs = uint8.containsAll(node.getInputList());
          String unwanted = inputs && wanted ? selection.whyFloat(node, "") : null;
          if (inputs && wanted && unwanted == null) {
            keep(unit.writingUint8());
          } else {
            dropped.add(unit);
            if (unwanted != null) {
              selection.leave(node, "", unwanted);
            }
          }
        }
        case SAME_VALUES -> {
          if (uint8.contains(node.getInput(0)) && anyWants.contains(output)) {
            keep(unit.writingUint8());
          } else {
            dropped.add(unit);
          }
        }
        case GATHER -> selection.quantized(node, node.getInput(0));
      }
    }
    dropped.forEach(unit -> units.remove(unit.node().getOutput(0)));
  }

  private void keep(Unit decided) {
    Unit unit = decided;
    if (!unit.uint8Output() && unit.clamp() != null) {
      // The clamp works on floats then, by itself.
      unit = new Unit(unit.role(), unit.node(), unit.bias(), null, false);
    }
    NodeProto node = unit.node();
    units.put(node.getOutput(0), unit);
    if (unit.uint8Output()) {
      uint8.add(unit.output());
    }
    if (unit.bias() != null || unit.clamp() != null) {
      absorbed.add(node.getOutput(0));
    }
    if (unit.role() != Role.SAME_VALUES) {
      selection.quantized(node, unit.role() == Role.WEIGHTED ? node.getInput(1) : "");
    }
  }
}
