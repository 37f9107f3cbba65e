package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.GraphCheck;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.tuner.port.QuantizationPlan.OperatorRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Rewrites float32 ONNX models to int8, in the format of the settings.
 *
 * <p>Weights are int8 and symmetric, so that pruned zeros stay exactly zero; activations are uint8
 * and asymmetric. What is not quantized stays as it is; the report says why. The same source,
 * settings and ranges make the same bytes.
 *
 * @param settings how
 */
public record Quantizer(QuantizationSettings settings) {
  private static final Set<String> WEIGHTED = Set.of("MatMul", "Gemm", "Conv", "Attention");

  /** Metadata key of the format; the values are those of {@link QuantizationFormat#text}. */
  public static final String FORMAT = "quantization";

  /** Metadata key of {@link QuantizationSettings#reduceRange}, with the value true or false. */
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
    OnnxGraph graph = read(source);
    Selection selection = new Selection(settings, graph);
    inOneSentence(
        source,
        () -> {
          rewrite(graph, selection, ranges);
          return selection;
        });
    OnnxFiles.write(target, graph.toModel());
    return new QuantizationReport(
        settings,
        selection.quantized(),
        selection.left(),
        selection.matched(),
        OnnxFiles.size(source),
        OnnxFiles.size(target));
  }

  /**
   * The tensors of a model whose ranges {@link #quantize} asks for: none for the dynamic format.
   *
   * @throws ProblemException as {@link #quantize}
   */
  public Set<String> tensorsToCalibrate(Path source) {
    OnnxGraph graph = read(source);
    return settings.format().isStatic()
        ? inOneSentence(source, () -> StaticPlan.tensorsToCalibrate(graph, settings))
        : Set.of();
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

  private OnnxGraph read(Path source) {
    return inOneSentence(
        source,
        () -> {
          OnnxGraph graph = OnnxGraph.of(GraphCheck.sound(OnnxFiles.read(source)));
          Quantizable.check(graph, settings);
          return graph;
        });
  }

  /** Rewrites a graph in place. */
  private void rewrite(OnnxGraph graph, Selection selection, Map<String, TensorRange> ranges) {
    if (settings.format().isStatic()) {
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
    graph.putMetadata(FORMAT, settings.format().text());
    graph.putMetadata(REDUCE_RANGE, String.valueOf(settings.reduceRange()));
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
