package dev.espalier.api.pruning;

/** How learned scores become a mask. */
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

    /**
     * The mask at one moment.
     *
     * @param threshold τ, in [0, 1]
     * @param scores S
     * @param selection for the floor
     * @param mask receives the mask
     * @throws IllegalArgumentException when a score is NaN
     */
    public void apply(double threshold, float[] scores, TopShare selection, float[] mask) {
      // σ(S) > τ without σ: exact, and much faster.
      double cut = Math.log(threshold / (1 - threshold));
      int kept = 0;
      for (int i = 0; i < scores.length; i++) {
        boolean keep = scores[i] > cut;
        mask[i] = keep ? 1f : 0f;
        kept += keep ? 1 : 0;
      }
      int least =
          floor == 0 ? 0 : (int) Math.min(scores.length, (long) (floor * scores.length) + 1);
      if (kept < least) {
        selection.select(scores, least, mask);
      } else {
        TopShare.requireNumbers(scores);
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
     * @param scores S, not to be changed
     * @param uniform independent numbers, uniform in (0, 1), not to be changed
     * @param mask receives the mask
     */
    void sample(float[] scores, float[] uniform, float[] mask);

    /**
     * The mask that is evaluated and exported; no chance in it.
     *
     * @param scores S, not to be changed
     * @param mask receives the mask
     */
    void decide(float[] scores, float[] mask);
  }
}
