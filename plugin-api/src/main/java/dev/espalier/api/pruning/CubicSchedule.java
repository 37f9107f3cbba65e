package dev.espalier.api.pruning;

/**
 * Density over time: flat, then falling along a cubic, then flat.
 *
 * <p>With step t, the density is {@code initial} up to {@code start}, {@code final} after {@code
 * end}, and {@code final + (initial − final)·(1 − (t − start)/(end − start))³} in between (Zhu and
 * Gupta, "To prune, or not to prune", 2017, section 3; Sanh et al. 2020, section 4).
 *
 * @param initialDensity share of weights kept at the beginning, in [0, 1]
 * @param finalDensity share of weights kept at the end, in [0, 1]
 * @param start last step that still has the initial density
 * @param end first step that has the final density; greater than {@code start}
 */
public record CubicSchedule(double initialDensity, double finalDensity, long start, long end) {
  /** Checks the ranges. */
  public CubicSchedule {
    if (!(initialDensity >= 0 && initialDensity <= 1 && finalDensity >= 0 && finalDensity <= 1)) {
      throw new IllegalArgumentException(
          "densities must lie in [0, 1], found " + initialDensity + " and " + finalDensity);
    }
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException(
          "a schedule must end after it starts, found " + start + " to " + end);
    }
  }

  /** The share of weights to keep at {@code step}, counted from 0. */
  public double densityAt(long step) {
    if (step <= start) {
      return initialDensity;
    }
    if (step >= end) {
      return finalDensity;
    }
    double left = 1 - (double) (step - start) / (end - start);
    return finalDensity + (initialDensity - finalDensity) * left * left * left;
  }
}
