package dev.espalier.onnxruntime.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * The bounds of a Relu or Clip, on both sides of 0: a uint8 scale for exactly this range does the
 * same by saturating.
 */
record Clamp(float least, float most) {
  /** The bounds of a node, or null when it is neither, or has bounds that aren't known or fit. */
  static @Nullable Clamp of(NodeProto node, Constants constants) {
    if (Nodes.is(node, "Relu")) {
      return new Clamp(0, Float.POSITIVE_INFINITY);
    }
    if (!Nodes.is(node, "Clip") || node.getInputCount() < 1 || node.getAttributeCount() > 0) {
      return null;
    }
    Float least = bound(node, 1, Float.NEGATIVE_INFINITY, constants);
    Float most = bound(node, 2, Float.POSITIVE_INFINITY, constants);
    return least == null || most == null || !(least <= 0) || !(most >= 0)
        ? null
        : new Clamp(least, most);
  }

  private static @Nullable Float bound(
      NodeProto clip, int input, float otherwise, Constants constants) {
    if (!Eligibility.hasInput(clip, input)) {
      return otherwise;
    }
    TensorProto bound = constants.floats(clip.getInput(input), 0);
    return bound == null ? null : (Float) Tensors.floats(bound)[0];
  }

  /** What of a range is within the bounds. */
  TensorRange within(TensorRange range) {
    return new TensorRange(
        Math.min(most, Math.max(least, range.minimum())),
        Math.max(least, Math.min(most, range.maximum())));
  }
}
