package dev.espalier.djl;

/**
 * Uniform numbers that depend on a seed and a position alone, so that any thread may draw any part
 * of them, and a resumed run draws the same.
 *
 * <p>A counter goes through the finalizer of MurmurHash3, twice, with the halves of the seed in
 * between: plain integer arithmetic, which vectorizes.
 */
final class UniformNoise {
  private static final int GOLDEN = 0x9E3779B9;
  private static final float TO_UNIT = 0x1p-23f;

  private UniformNoise() {}

  /** Fills {@code out} with multiples of 2⁻²⁴ in (0, 1). */
  static void fill(long seed, float[] out) {
    int low = (int) seed;
    int high = (int) (seed >>> 32);
    for (int i = 0; i < out.length; i++) {
      int h = mix(mix(i * GOLDEN + low) ^ high);
      out[i] = ((h >>> 9) + 0.5f) * TO_UNIT;
    }
  }

  private static int mix(int value) {
    int h = value;
    h = (h ^ (h >>> 16)) * 0x85EBCA6B;
    h = (h ^ (h >>> 13)) * 0xC2B2AE35;
    return h ^ (h >>> 16);
  }
}
