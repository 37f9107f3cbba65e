package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Views of the memory where libtorch, on the CPU, reads a parameter's effective values and writes
 * its gradient.
 */
final class NativeView {
  private static final float[] ZEROS = new float[16_384];

  private final NDArray leaf;
  private final FloatBuffer effective;
  private @Nullable FloatBuffer gradient;

  /** Makes {@code leaf} an autograd leaf. */
  NativeView(NDArray leaf) {
    this.leaf = leaf;
    leaf.setRequiresGradient(true);
    this.effective = leaf.toByteBuffer(true).asFloatBuffer();
  }

  /**
   * Takes over what the backward pass left, and clears it for the next one. The gradient's memory
   * stays where the first backward pass put it, because later ones add to it in place.
   *
   * @param into receives one value for each of the parameter
   */
  void takeGradient(float[] into) {
    if (gradient == null) {
      gradient = leaf.getGradient().toByteBuffer(true).asFloatBuffer();
    }
    gradient.get(0, into);
    // Clears by copying zeros: the buffer has no fill of its own.
    for (int from = 0; from < into.length; from += ZEROS.length) {
      gradient.put(from, ZEROS, 0, Math.min(ZEROS.length, into.length - from));
    }
  }

  /**
   * Lets the forward pass see the first {@code size} of {@code values}, from element {@code to}.
   */
  void publish(int to, float[] values, int size) {
    effective.put(to, values, 0, size);
  }

  /** The parameter's shape. */
  int[] shape() {
    return Arrays.stream(leaf.getShape().getShape()).mapToInt(Math::toIntExact).toArray();
  }
}
