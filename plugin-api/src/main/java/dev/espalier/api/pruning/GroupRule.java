package dev.espalier.api.pruning;

import java.util.Arrays;

/**
 * N:M sparsity: of each M consecutive weights along the input, at most N are removed.
 *
 * <p>Within each group of M the N least important weights are candidates, the earlier ones staying
 * among equals; of all candidates the least important are removed until the count is met. At a
 * density of {@code 1 − N/M} all candidates are gone, and each group keeps exactly M − N.
 *
 * @param removed N, at least 1
 * @param of M, greater than N
 */
public record GroupRule(int removed, int of) {
  /** Checks the range. */
  public GroupRule {
    if (removed < 1 || of <= removed) {
      throw new IllegalArgumentException("N:M needs 1 <= N < M, found " + removed + ":" + of);
    }
  }

  /** The lowest density that the rule allows, {@code 1 − N/M}. */
  public double lowestDensity() {
    return 1 - (double) removed / of;
  }

  /**
   * Copies {@code importance}, with that of every weight that must stay raised to infinity.
   *
   * @param importance what to rank by; its length is a multiple of M
   * @param out receives the copy; may be {@code importance} itself
   * @throws IllegalArgumentException when an importance is NaN
   */
  public void protect(float[] importance, float[] out) {
    TopShare.requireNumbers(importance);
    float[] group = new float[of];
    for (int start = 0; start < importance.length; start += of) {
      System.arraycopy(importance, start, group, 0, of);
      Arrays.fill(out, start, start + of, Float.POSITIVE_INFINITY);
      for (int n = 0; n < removed; n++) {
        int least = lastOfTheLeast(group);
        out[start + least] = group[least];
        group[least] = Float.NaN; // taken
      }
    }
  }

  private static int lastOfTheLeast(float[] group) {
    int least = -1;
    for (int i = 0; i < group.length; i++) {
      if (!Float.isNaN(group[i]) && (least < 0 || group[i] <= group[least])) {
        least = i;
      }
    }
    return least;
  }
}
