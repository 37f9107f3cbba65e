package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.quantize.Int8Weights.Channels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The quantized weights of a graph: each once, however many operators read it. */
final class Int8Constants {
  private final OnnxGraph graph;
  private final QuantizationPlan plan;
  private final Map<String, Weight> known = new HashMap<>();

  /**
   * A quantized weight.
   *
   * @param values the initializer of the int8 values, in the shape of the float ones
   * @param scales the initializer of the scales
   * @param zeroPoints the initializer of the zero points, all 0, in the shape of the scales
   * @param axis the axis that scales go along, or −1 for one scale
   * @param scaleValues the scales
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Weight(String values, String scales, String zeroPoints, int axis, float[] scaleValues) {
    /** The scale of a channel. */
    float scale(int channel) {
      return axis < 0 ? scaleValues[0] : scaleValues[channel];
    }
  }

  Int8Constants(OnnxGraph graph, QuantizationPlan plan) {
    this.graph = graph;
    this.plan = plan;
  }

  /**
   * Quantizes a weight.
   *
   * @param perChannel a scale for each channel along {@code axis}, or one for the whole
   * @param name what its initializers are named after
   * @param scalesShape the shape of the scales, where there is one per channel
   * @param least lower bounds of the scales, one per channel of the axis, or nothing
   */
  Weight of(
      boolean perChannel,
      String name,
      TensorProto tensor,
      int axis,
      List<Long> scalesShape,
      float... least) {
    String key = name + "/" + axis + "/" + scalesShape + "/" + perChannel;
    Weight weight = known.get(key);
    if (weight == null) {
      weight = make(perChannel, name, tensor, axis, scalesShape);
      known.put(key, weight);
    }
    for (int i = 0; i < least.length; i++) {
      if (least[i] > weight.scale(i)) {
        float[] bounds = perChannel ? least : new float[] {largest(least)};
        return make(perChannel, name, tensor, axis, scalesShape, bounds);
      }
    }
    return weight;
  }

  private Weight make(
      boolean perChannel,
      String name,
      TensorProto tensor,
      int axis,
      List<Long> scalesShape,
      float... bounds) {
    Channels channels = perChannel ? Channels.along(tensor.getDimsList(), axis) : Channels.ONE;
    List<Long> shape = perChannel ? scalesShape : List.of();
    Int8Weights int8;
    try {
      int8 = Int8Weights.of(Tensors.floats(tensor), channels, plan.reduceRange().reduced(), bounds);
    } catch (IllegalArgumentException notFinite) {
      throw new IllegalArgumentException(
          "cannot quantize " + name + ": " + notFinite.getMessage(), notFinite);
    }
    return new Weight(
        graph.addInitializer(
            Tensors.ofInt8(name + "_quantized", tensor.getDimsList(), int8.values())),
        graph.addInitializer(Tensors.ofFloats(name + "_scale", shape, int8.scales())),
        graph.addInitializer(
            Tensors.ofInt8(name + "_zero_point", shape, new byte[int8.scales().length])),
        perChannel ? axis : -1,
        int8.scales());
  }

  private static float largest(float... values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, value);
    }
    return largest;
  }
}
