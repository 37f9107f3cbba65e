package dev.espalier.onnxruntime;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.core.quantization.QuantizedModel.Operator;
import dev.espalier.onnxruntime.calibrate.Activations;
import dev.espalier.onnxruntime.calibrate.CalibrationBatches;
import dev.espalier.onnxruntime.graph.Linear;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.quantize.Quantizer;
import dev.espalier.onnxruntime.simulate.OperatorErrors;
import dev.espalier.onnxruntime.weightonly.BlockFormat;
import dev.espalier.onnxruntime.weightonly.WeightOnlyQuantizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Weights alone: matrices in blocks of 4 or 8 bits, embedding tables in int8 by rows, activations
 * float.
 *
 * @param source the float model
 * @param plan how
 * @param batches examples for error feedback and for errors; null where there are none
 */
record BlockQuantization(Path source, QuantizationPlan plan, @Nullable CalibrationBatches batches) {

  QuantizedModel write(Path target) {
    ModelProto whole = OnnxFiles.read(source);
    OnnxGraph graph = OnnxGraph.of(whole);
    WeightOnlyQuantizer quantizer = quantizer(whole);
    List<Operator> operators = new ArrayList<>();
    ModelProto model = whole;
    BiFunction<NodeProto, String, @Nullable String> reasons = new Quantizer(plan).reasons(whole);
    if (hasTables(graph, reasons)) {
      Quantizer.Rewritten tables =
          new Quantizer(
                  plan.with(
                      changes -> {
                        changes.operatorTypes = Set.of("Gather");
                        changes.rules = gathers();
                      }))
              .rewrite(whole, source, Map.of());
      model = tables.model();
      OperatorList.of(graph, tables.report()).operators().stream()
          .filter(one -> one.type().equals("Gather"))
          .forEach(operators::add);
    } else {
      graph.nodes().stream()
          .filter(node -> node.getOpType().equals("Gather") && Quantizer.isTable(graph, node))
          .forEach(node -> operators.add(table(graph, node, reasons)));
    }
    ModelProto blocks =
        plan.blocks().feedback()
            ? quantizer.withFeedback(
                model,
                source,
                Objects.requireNonNull(batches, "GPTQ needs examples"),
                new WeightOnlyQuantizer.Feedback(new Activations(plan.threads())))
            : quantizer.roundToNearest(model, source);
    OnnxFiles.write(target, blocks);
    for (Linear linear : Linear.of(graph)) {
      operators.add(operator(linear, quantizer, reasons));
    }
    Map<String, String> notes = new LinkedHashMap<>();
    notes.put("format", inWords());
    new Quantizer(plan)
        .matched(whole)
        .forEach(
            (glob, count) -> notes.put("named " + glob, count + (count == 1 ? " node" : " nodes")));
    notes.put("bytes before", String.valueOf(OnnxFiles.size(source)));
    notes.put("bytes after", String.valueOf(OnnxFiles.size(target)));
    return new QuantizedModel(notes, OperatorList.inOrder(graph, operators));
  }

  /** What rounding does to the output of each matrix, worst first. */
  Map<String, Double> operatorErrors(int rows) {
    ModelProto model = OnnxFiles.read(source);
    WeightOnlyQuantizer quantizer = quantizer(model);
    Map<String, Double> errors = new LinkedHashMap<>();
    new OperatorErrors(new Activations(plan.threads()), rows)
        .ofWeights(
            model,
            source,
            Objects.requireNonNull(batches, "examples"),
            quantizer::takes,
            quantizer::rounded)
        .forEach((name, error) -> errors.put(name, error.normalized()));
    return errors;
  }

  private WeightOnlyQuantizer quantizer(ModelProto model) {
    BiFunction<NodeProto, String, @Nullable String> reasons = new Quantizer(plan).reasons(model);
    return new WeightOnlyQuantizer(
        new BlockFormat(plan.blocks().bits(), plan.blocks().size(), plan.blocks().zeroPoints()),
        linear -> reasons.apply(linear.node(), linear.weight()) == null);
  }

  /** Rules are about tables only here: the others would have int8 matrices. */
  private List<QuantizationPlan.OperatorRule> gathers() {
    List<QuantizationPlan.OperatorRule> rules = new ArrayList<>(plan.rules());
    rules.add(
        new QuantizationPlan.OperatorRule(
            Set.of("MatMul", "Gemm", "Attention"), List.of(), false, null, null));
    return rules;
  }

  private static boolean hasTables(
      OnnxGraph graph, BiFunction<NodeProto, String, @Nullable String> reasons) {
    return graph.nodes().stream()
        .anyMatch(
            node ->
                node.getOpType().equals("Gather")
                    && Quantizer.isTable(graph, node)
                    && reasons.apply(node, node.getInput(0)) == null);
  }

  private static Operator table(
      OnnxGraph graph, NodeProto gather, BiFunction<NodeProto, String, @Nullable String> reasons) {
    TensorProto table = Objects.requireNonNull(graph.constant(gather.getInput(0)), "a table");
    return new Operator(
        OperatorList.name(gather),
        "Gather",
        QuantizedModel.FLOAT,
        reasons.apply(gather, gather.getInput(0)),
        null,
        Float.BYTES * Tensors.size(table));
  }

  private Operator operator(
      Linear linear,
      WeightOnlyQuantizer quantizer,
      BiFunction<NodeProto, String, @Nullable String> reasons) {
    String name = OperatorList.name(linear.node());
    long elements = (long) linear.inputs() * linear.outputs();
    if (quantizer.takes(linear)) {
      int size = plan.blocks().size();
      long blocks = (linear.inputs() + size - 1L) / size * linear.outputs();
      long zeros = plan.blocks().zeroPoints() ? blocks * plan.blocks().bits() / 8 : 0;
      long bytes = blocks * size * plan.blocks().bits() / 8 + Float.BYTES * blocks + zeros;
      return new Operator(name, "MatMul", "int" + plan.blocks().bits(), null, null, bytes);
    }
    String reason = reasons.apply(linear.node(), linear.weight());
    return new Operator(
        name,
        "MatMul",
        QuantizedModel.FLOAT,
        reason == null ? "fewer than 16 columns" : reason,
        null,
        Float.BYTES * elements);
  }

  private String inWords() {
    QuantizationPlan.Blocks blocks = plan.blocks();
    return "weights of "
        + blocks.bits()
        + " bits in blocks of "
        + blocks.size()
        + (blocks.zeroPoints() ? " with zero points" : "")
        + (blocks.feedback() ? ", GPTQ" : ", rounded")
        + "; activations float";
  }
}
