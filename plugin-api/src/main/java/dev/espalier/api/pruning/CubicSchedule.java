package dev.espalier.api.pruning;

/**
 * A value over time, a density or a threshold: flat, then along a cubic, then flat.
 *
 * <p>With step t, the value is {@code initial} up to {@code start}, {@code last} from {@code end}
 * on, and {@code last + (initial − last)·(1 − (t − start)/(end − start))³} in between (Zhu and
 * Gupta, "To prune, or not to prune", 2017, section 3; Sanh et al. 2020, section 4).
 *
 * @param initial the value at the beginning, in [0, 1]
 * @param last the value at the end, in [0, 1]
 * @param start last step that still has the initial value
 * @param end first step that has the last value; greater than {@code start}
 */
public record CubicSchedule(double initial, double last, long start, long end) {
  /** Checks the ranges. */
  public CubicSchedule {
    if (!(initial >= 0 && initial <= 1 && last >= 0 && last <= 1)) {
      throw new IllegalArgumentException(
          "a schedule's values must lie in [0, 1], found " + initial + " and " + last);
    }
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException(
          "a schedule must end after it starts, found " + start + " to " + end);
    }
  }

  /** The value at {@code step}, counted from 0. */
  public double at(long step) {
    if (step <= start) {
      return initial;
    }
    if (step >= end) {
      return last;
    }
    double left = 1 - (double) (step - start) / (end - start);
    return last + (initial - last) * left * left * left;
  }

  /** The same stretch of time with other values. */
  public CubicSchedule between(double initial, double last) {
    return new CubicSchedule(initial, last, start, end);
  }
}
