package dev.espalier.onnxruntime.quantize;

import java.util.List;

/**
 * Float weights as int8, symmetric: {@code w ≈ scale · q}, zero point 0, so that a zero weight
 * stays exactly zero.
 *
 * @param values q in the order of the weights, in [−127, 127], or [−64, 64] with a reduced range
 * @param scales one per channel, positive
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes of weights, never compared
record Int8Weights(byte[] values, float[] scales) {
  private static final int FULL_RANGE = 127;
  private static final int REDUCED_RANGE = 64;

  /**
   * Which weights share a scale: weight i, row-major, is of channel {@code i / inner % count}.
   *
   * @param count number of channels
   * @param inner number of weights of one channel that lie side by side
   */
  record Channels(int count, int inner) {
    /** All weights share one. */
    static final Channels ONE = new Channels(1, 1);

    /** A scale for each index along an axis of a tensor of this shape. */
    static Channels along(List<Long> shape, int axis) {
      long inner = shape.subList(axis + 1, shape.size()).stream().reduce(1L, Math::multiplyExact);
      return new Channels(Math.toIntExact(shape.get(axis)), Math.toIntExact(inner));
    }

    int of(int weight) {
      return weight / inner % count;
    }
  }

  /**
   * Quantizes: {@code scale = max|w| / limit}, {@code q = round(w / scale)}, ties to even.
   *
   * @param reduceRange keeps 7 bits, so that pairs of products don't saturate the 16-bit sums of
   *     AVX2 and AVX-512 without VNNI
   * @param least a lower bound of each channel's scale, or nothing
   * @throws IllegalArgumentException when a weight is not finite
   */
  static Int8Weights of(float[] weights, Channels channels, boolean reduceRange, float... least) {
    int limit = reduceRange ? REDUCED_RANGE : FULL_RANGE;
    float[] scales = new float[channels.count()];
    for (int i = 0; i < weights.length; i++) {
      if (!Float.isFinite(weights[i])) {
        throw new IllegalArgumentException("the value at index " + i + " is " + weights[i]);
      }
      int channel = channels.of(i);
      scales[channel] = Math.max(scales[channel], Math.abs(weights[i]));
    }
    for (int channel = 0; channel < scales.length; channel++) {
      // A channel of zeros needs some scale; one so small that it would vanish gets the least.
      scales[channel] =
          scales[channel] == 0 ? 1f : Math.max(scales[channel] / limit, Float.MIN_NORMAL);
      if (least.length > 0) {
        scales[channel] = Math.max(scales[channel], least[channel]);
      }
    }

    byte[] values = new byte[weights.length];
    for (int i = 0; i < weights.length; i++) {
      double steps = Math.rint((double) weights[i] / scales[channels.of(i)]);
      values[i] = (byte) Math.max(-limit, Math.min(limit, steps));
    }
    return new Int8Weights(values, scales);
  }
}
