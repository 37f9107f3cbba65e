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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Takes the mean error of int8 layers out of their biases (Nagel et al. 2019, section 4.2, with
 * calibration data): {@code b' = b + E[x]·W − E[x̂]·Ŵ}, x̂ and Ŵ being what int8 makes of the float
 * model's activations and weights. As a layer is linear, the means of x and x̂ say all; they are
 * taken over every row of every batch. Errors of the layers before are not included.
 *
 * @param activations how the model is run
 */
public record BiasCorrection(Activations activations) {
  /**
   * A corrected model.
   *
   * @param model the float model with other biases; its layers must still be quantized
   * @param shifts largest change of a bias, by name of the corrected layer's MatMul
   * @param without MatMuls that have no constant bias to correct
   */
  public record Corrected(ModelProto model, Map<String, Float> shifts, List<String> without) {}

  /** Sums of one activation's rows, as they are and in uint8. */
  private static final class Means {
    final double[] exact;
    final double[] quantized;
    long rows;

    Means(int columns) {
      exact = new double[columns];
      quantized = new double[columns];
    }

    void add(float[] values, TensorRange range) {
      float[] int8 = Int8.activation(values, range);
      for (int i = 0; i < values.length; i++) {
        exact[i % exact.length] += values[i];
        quantized[i % exact.length] += int8[i];
      }
      rows += values.length / exact.length;
    }
  }

  /**
   * Corrects the biases of all MatMuls with a constant matrix.
   *
   * @param layers which MatMuls will be int8, by node name
   * @param ranges of activations, by tensor; one that is missing is quantized by each batch's own
   * @param quantized the values, [inputs, outputs], that a layer's matrix has once it is quantized
   * @throws ProblemException as {@link Activations#view}
   */
  public Corrected correct(
      ModelProto model,
      Path source,
      CalibrationBatches batches,
      Set<String> layers,
      Map<String, TensorRange> ranges,
      Function<Linear, float[]> quantized) {
    OnnxGraph graph = OnnxGraph.of(model);
    List<Linear> linears =
        Linear.of(graph).stream()
            .filter(linear -> layers.contains(linear.node().getName()))
            .toList();
    Map<String, Means> means = new LinkedHashMap<>();
    linears.forEach(
        linear -> means.computeIfAbsent(linear.activation(), tensor -> new Means(linear.inputs())));
    activations.view(
        model,
        source,
        new LinkedHashSet<>(means.keySet()),
        batches,
        (tensor, values, shape) -> {
          TensorRange range = ranges.get(tensor);
          Means of = means.get(tensor);
          if (of != null && values.length > 0) {
            of.add(values, range == null ? Int8.range(values) : range);
          }
        });

    Map<String, NodeProto> replaced = new HashMap<>();
    Map<String, Float> shifts = new LinkedHashMap<>();
    List<String> without = new ArrayList<>();
    for (Linear linear : linears) {
      NodeProto add = bias(graph, linear);
      Means mean = means.get(linear.activation());
      if (add == null || mean == null || mean.rows == 0) {
        without.add(linear.node().getName());
        continue;
      }
      int at = graph.constant(add.getInput(0)) == null ? 1 : 0;
      TensorProto old = Objects.requireNonNull(graph.constant(add.getInput(at)));
      float[] bias = Tensors.floats(old);
      shifts.put(linear.node().getName(), shift(linear, mean, bias, quantized.apply(linear)));
      String name =
          graph.addInitializer(
              Tensors.ofFloats(add.getInput(at) + "_corrected", Tensors.shape(old), bias));
      replaced.put(add.getOutput(0), add.toBuilder().setInput(at, name).build());
    }
    graph.mapNodes(node -> replaced.getOrDefault(node.getOutput(0), node));
    graph.dropUnused();
    return new Corrected(graph.toModel(), shifts, without);
  }

  /** Corrects {@code bias}; the largest change. */
  private static float shift(Linear linear, Means mean, float[] bias, float[] int8) {
    float[] matrix = Tensors.floats(linear.matrix());
    double largest = 0;
    for (int o = 0; o < bias.length; o++) {
      double shift = 0;
      for (int i = 0; i < linear.inputs(); i++) {
        int at = i * linear.outputs() + o;
        shift += mean.exact[i] * matrix[at] - mean.quantized[i] * int8[at];
      }
      shift /= (double) mean.rows;
      bias[o] = (float) (bias[o] + shift);
      largest = Math.max(largest, Math.abs(shift));
    }
    return (float) largest;
  }

  /** The one Add of a constant vector that reads a layer's output, or null. */
  private static @Nullable NodeProto bias(OnnxGraph graph, Linear linear) {
    List<NodeProto> readers = graph.consumers(linear.output());
    if (readers.size() != 1
        || graph.isOutput(linear.output())
        || !Nodes.is(readers.get(0), "Add")) {
      return null;
    }
    for (String input : readers.get(0).getInputList()) {
      TensorProto constant = graph.constant(input);
      if (constant != null
          && Tensors.is(constant, DataType.FLOAT, 1)
          && constant.getDims(0) == linear.outputs()) {
        return readers.get(0);
      }
    }
    return null;
  }
}
