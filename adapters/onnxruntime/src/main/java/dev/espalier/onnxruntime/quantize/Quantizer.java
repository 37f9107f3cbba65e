package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.OperatorRule;
import dev.espalier.core.text.Globs;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.GraphCheck;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites float32 ONNX models to int8, in the format of the plan.
 *
 * <p>Weights are int8 and symmetric, so that pruned zeros stay exactly zero; activations are uint8
 * and asymmetric. What is not quantized stays as it is; the report says why. The same source, plan
 * and ranges make the same bytes.
 *
 * @param plan how
 */
public record Quantizer(QuantizationPlan plan) {
  private static final Set<String> WEIGHTED = Set.of("MatMul", "Gemm", "Conv", "Attention");

  /**
   * Metadata key of the format; the values are those of {@link QuantizationPlan.Format} in the
   * file.
   */
  public static final String FORMAT = "quantization";

  /** Metadata key of {@link QuantizationPlan#reduceRange}, with the value true or false. */
  public static final String REDUCE_RANGE = "reduce_range";

  /**
   * Rewrites {@code source} into {@code target}, which is written as a whole or not at all.
   *
   * @param ranges values that activations take, by tensor; not used by the dynamic format. An
   *     operator whose activations have none stays float
   * @throws ProblemException of kind INPUT when the source is not an ONNX model, is quantized
   *     already, has an opset that the format can't be written in, or holds nothing to quantize; of
   *     kind ENVIRONMENT when the target cannot be written
   */
  public QuantizationReport quantize(Path source, Path target, Map<String, TensorRange> ranges) {
    return quantize(load(source), source, target, ranges);
  }

  /** The same for a model that was changed since it was read from {@code source}. */
  public QuantizationReport quantize(
      ModelProto model, Path source, Path target, Map<String, TensorRange> ranges) {
    Rewritten made = rewrite(model, source, ranges);
    OnnxFiles.write(target, made.model());
    return made.report().ofSizes(OnnxFiles.size(source), OnnxFiles.size(target));
  }

  /**
   * A model that was rewritten and not yet written.
   *
   * @param model the quantized model
   * @param report on it, without sizes of files
   */
  public record Rewritten(ModelProto model, QuantizationReport report) {}

  /** Rewrites a model; {@code source} is what problems call it. */
  public Rewritten rewrite(ModelProto model, Path source, Map<String, TensorRange> ranges) {
    OnnxGraph graph = checked(model, source);
    Selection selection = new Selection(plan, graph);
    inOneSentence(
        source,
        () -> {
          rewrite(graph, selection, ranges);
          return selection;
        });
    return new Rewritten(
        graph.toModel(),
        new QuantizationReport(
            plan, selection.quantized(), selection.left(), selection.matched(), 0, 0));
  }

  /**
   * Why the plan keeps nodes of a model float, as a part of a sentence: from a node and the name of
   * its constant to the reason, or null.
   */
  public BiFunction<NodeProto, String, @Nullable String> reasons(ModelProto model) {
    return new Selection(plan, OnnxGraph.of(model))::whyFloat;
  }

  /** Whether a node of a model, with the name of its weight, has a scale for each channel. */
  public BiPredicate<NodeProto, String> perChannel(ModelProto model) {
    return new Selection(plan, OnnxGraph.of(model))::perChannel;
  }

  /** How many nodes each exclusion and each name of a rule matches. */
  public Map<String, Integer> matched(ModelProto model) {
    return new Selection(plan, OnnxGraph.of(model)).matched();
  }

  /**
   * The tensors of a model whose ranges {@link #quantize} asks for: none for the dynamic format.
   *
   * @throws ProblemException as {@link #quantize}
   */
  public Set<String> tensorsToCalibrate(Path source) {
    return tensorsToCalibrate(load(source), source);
  }

  /** The same for a model that was changed since it was read from {@code source}. */
  public Set<String> tensorsToCalibrate(ModelProto model, Path source) {
    OnnxGraph graph = checked(model, source);
    return plan.format().isStatic()
        ? inOneSentence(source, () -> StaticPlan.tensorsToCalibrate(graph, plan))
        : Set.of();
  }

  /** Whether a Gather could be int8: whether it reads rows of a constant float table. */
  public static boolean isTable(OnnxGraph graph, NodeProto gather) {
    return new Eligibility(new Constants(graph)).whyNotGather(gather) == null;
  }

  /** Whether a name or glob is that of a node or of one of its inputs. */
  public static boolean names(String glob, NodeProto node) {
    Predicate<String> named = Globs.of(glob);
    return named.test(Selection.name(node)) || node.getInputList().stream().anyMatch(named);
  }

  /** Whether a rule is about an operator with a weight that reads or writes a tensor. */
  public static boolean touches(OperatorRule rule, OnnxGraph graph, String tensor) {
    List<NodeProto> nodes = new ArrayList<>(graph.consumers(tensor));
    NodeProto producer = graph.producer(tensor);
    if (producer != null) {
      nodes.add(producer);
    }
    return nodes.stream()
        .filter(node -> WEIGHTED.contains(node.getOpType()) && node.getInputCount() > 1)
        .anyMatch(node -> Selection.matches(rule, node, node.getInput(1)));
  }

  private static ModelProto load(Path source) {
    return inOneSentence(source, () -> OnnxFiles.read(source));
  }

  private OnnxGraph checked(ModelProto model, Path source) {
    return inOneSentence(
        source,
        () -> {
          OnnxGraph graph = OnnxGraph.of(GraphCheck.sound(model));
          Quantizable.check(graph, plan);
          return graph;
        });
  }

  /** Rewrites a graph in place. */
  private void rewrite(OnnxGraph graph, Selection selection, Map<String, TensorRange> ranges) {
    if (plan.format().isStatic()) {
      new StaticRewrite(graph, selection, ranges).run();
    } else {
      new DynamicRewrite(graph, selection).run();
    }
    if (selection.quantized().isEmpty()) {
      throw new IllegalArgumentException(nothing(selection));
    }
    if (graph.nodes().stream().anyMatch(node -> node.getDomain().equals(Nodes.MICROSOFT))
        && graph.opset(Nodes.MICROSOFT) == 0) {
      graph.importOpset(Nodes.MICROSOFT, 1);
    }
    graph.putMetadata(FORMAT, text(plan.format()));
    graph.putMetadata(REDUCE_RANGE, String.valueOf(plan.reduceRange().reduced()));
  }

  /** Beside blocks of weights, tables are int8 as in the dynamic format. */
  private static String text(QuantizationPlan.Format format) {
    return switch (format) {
      case DYNAMIC, WEIGHT_ONLY -> "dynamic_int8";
      case QDQ -> "qdq_int8";
      case QOPERATOR -> "qoperator_int8";
    };
  }

  private static String nothing(Selection selection) {
    String none = "holds no operator with a constant float matrix that could be quantized";
    return selection.left().isEmpty()
        ? none
        : none
            + "; "
            + selection.left().get(0).operator().type()
            + " "
            + selection.left().get(0).operator().node()
            + ": "
            + selection.left().get(0).reason();
  }

  private static <T> T inOneSentence(Path source, Supplier<T> work) {
    try {
      return work.get();
    } catch (IllegalArgumentException unfit) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.INPUT,
                  Location.ofFile(source.toString()),
                  OnnxFiles.oneLine(String.valueOf(unfit.getMessage())),
                  null)),
          unfit);
    }
  }
}
