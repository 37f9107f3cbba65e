package dev.espalier.api.pruning;

/** How learned scores become a mask; the engine applies it. */
public sealed interface MaskRule permits MaskRule.Share, MaskRule.Threshold, MaskRule.Gates {
  /** {@link Share}; it has no parameters. */
  MaskRule SHARE = new Share();

  /** Keeps exactly the share that the schedule asks for, of those with the highest scores. */
  record Share() implements MaskRule {}

  /**
   * Keeps what has {@code σ(S) > τ}, where τ follows the schedule from its initial to its final
   * value.
   *
   * <p>So that no matrix dies out, at least {@code ⌊floor·n⌋ + 1} of n scores are kept, those that
   * are highest; a floor of 0 switches this off. Sanh et al. 2020, section 4 (soft movement); the
   * floor is the reference implementation's, made exact under ties.
   *
   * @param initial τ at the beginning, in [0, 1]
   * @param last τ at the end, in [0, 1]
   * @param floor least share kept of each matrix, in [0, 1]
   */
  record Threshold(double initial, double last, double floor) implements MaskRule {
    /** Checks the ranges. */
    public Threshold {
      if (!(isShare(initial) && isShare(last) && isShare(floor))) {
        throw new IllegalArgumentException(
            "thresholds and floor must lie in [0, 1], found "
                + initial
                + ", "
                + last
                + " and "
                + floor);
      }
    }

    private static boolean isShare(double value) {
      return value >= 0 && value <= 1;
    }
  }

  /**
   * Opens and closes gates by chance while training, and for good afterwards. Masks may hold any
   * value in [0, 1].
   */
  non-sealed interface Gates extends MaskRule {
    /**
     * A mask for one training step.
     *
     * @param step the units, and the number of steps done
     * @param scores S, not to be changed
     * @param uniform independent numbers, uniform in (0, 1), not to be changed
     * @param mask receives the mask
     */
    void sample(Step step, float[] scores, float[] uniform, float[] mask);

    /**
     * The mask that is evaluated and exported; no chance in it.
     *
     * @param step the units, and the number of steps done
     * @param scores S, not to be changed
     * @param mask receives the mask
     */
    void decide(Step step, float[] scores, float[] mask);

    /** {@link #sample} on whole arrays. The default computes on the host. */
    default Vec sample(Step step, Vec scores, Vec uniform, Ops ops) {
      return ops.written(
          scores.size(), out -> sample(step, ops.toHost(scores), ops.toHost(uniform), out));
    }

    /** {@link #decide} on whole arrays. The default computes on the host. */
    default Vec decide(Step step, Vec scores, Ops ops) {
      return ops.written(scores.size(), out -> decide(step, ops.toHost(scores), out));
    }
  }
}
