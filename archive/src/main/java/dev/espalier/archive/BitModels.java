package dev.espalier.archive;

import java.util.Arrays;

/**
 * Adaptive probabilities of bits, each learned from the bits that it was asked about: after n bits
 * it moves towards the next one by 1 / (n + 1.5), so it is the mean of what it saw (with a quarter
 * of a bit of each kind beforehand), until {@link #MOST} bits, from where on older bits fade.
 *
 * <p>A probability has {@link #BITS} bits, because matrices of half a percent and less must not
 * cost the resolution of their probability.
 */
final class BitModels {
  /** Resolution of a probability. */
  static final int BITS = 22;

  /** From this number of bits on, a probability moves no slower. */
  static final int MOST = 1023;

  private static final int ONE = 1 << BITS;
  private static final int COUNT_BITS = 10;
  private static final int COUNT = (1 << COUNT_BITS) - 1;
  private static final int HALF = (ONE >> 1) << COUNT_BITS;
  private static final int[] RATES = rates();

  /**
   * Probability that the bit is 1 in the upper 22 bits, the number of bits seen in the lower 10.
   */
  private final int[] states;

  BitModels(int count) {
    states = new int[count];
    Arrays.fill(states, HALF);
  }

  private static int[] rates() {
    int[] rates = new int[MOST + 1];
    for (int n = 0; n <= MOST; n++) {
      rates[n] = (1 << 17) / (2 * n + 3);
    }
    return rates;
  }

  /** The probability of a 1, in (0, 2^22). */
  int ofOne(int model) {
    return states[model] >>> COUNT_BITS;
  }

  /** Learns from a bit. */
  void learn(int model, int bit) {
    int state = states[model];
    int p = state >>> COUNT_BITS;
    int seen = state & COUNT;
    int target = bit == 0 ? 0 : ONE;
    // Shifted and not divided: rounds down for both signs, and a reader must do the same.
    int moved = p + (int) (((long) (target - p) * RATES[seen]) >> 16);
    moved = Math.max(1, Math.min(ONE - 1, moved));
    states[model] = (moved << COUNT_BITS) | Math.min(MOST, seen + 1);
  }
}
