package dev.espalier.onnxruntime.quantize;

import dev.espalier.core.quantization.SymmetricInt8;
import java.util.List;

/**
 * Float weights as int8, symmetric: {@code w ≈ scale · q}, zero point 0, so that a zero weight
 * stays exactly zero.
 *
 * @param values q in the order of the weights, in [−127, 127], or [−64, 64] with a reduced range
 * @param scales one per channel, positive
 * @param channels which weights share one
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes of weights, never compared
public record Int8Weights(byte[] values, float[] scales, Channels channels) {
  /**
   * Which weights share a scale: weight i, row-major, is of channel {@code i / inner % count}.
   *
   * @param count number of channels
   * @param inner number of weights of one channel that lie side by side
   */
  public record Channels(int count, int inner) {
    /** All weights share one. */
    public static final Channels ONE = new Channels(1, 1);

    /** A scale for each index along an axis of a tensor of this shape. */
    public static Channels along(List<Long> shape, int axis) {
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
  public static Int8Weights of(
      float[] weights, Channels channels, boolean reduceRange, float... least) {
    int largest = SymmetricInt8.largest(reduceRange);
    float[] scales = new float[channels.count()];
    for (int i = 0; i < weights.length; i++) {
      if (!Float.isFinite(weights[i])) {
        throw new IllegalArgumentException("the value at index " + i + " is " + weights[i]);
      }
      int channel = channels.of(i);
      scales[channel] = Math.max(scales[channel], Math.abs(weights[i]));
    }
    for (int channel = 0; channel < scales.length; channel++) {
      // A scale so small that it would vanish becomes the least.
      scales[channel] = Math.max(SymmetricInt8.scale(scales[channel], largest), Float.MIN_NORMAL);
      if (least.length > 0) {
        scales[channel] = Math.max(scales[channel], least[channel]);
      }
    }

    byte[] values = new byte[weights.length];
    for (int i = 0; i < weights.length; i++) {
      values[i] = SymmetricInt8.level(weights[i], scales[channels.of(i)], largest);
    }
    return new Int8Weights(values, scales, channels);
  }

  /** What the weights stand for: {@code scale · q}. */
  public float[] dequantized() {
    float[] weights = new float[values.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = values[i] * scales[channels.of(i)];
    }
    return weights;
  }
}
