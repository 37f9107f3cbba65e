package dev.espalier.tasks;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How far an evaluation set is held out of what a model is fitted to, by the texts, whatever their
 * labels and whatever files they are in.
 *
 * @param shared how many evaluation examples have a text that the other set has, too
 * @param judged the number of evaluation examples
 * @param chance the share of them that independent examples of the same source would have in common
 *     with it: 0 where no text repeats, 1 where each does (Good and Turing's estimate)
 */
record HeldOut(int shared, int judged, double chance) {
  /** Fewer rows may all be in common without telling anything. */
  private static final int FEWEST = 10;

  private static final double STANDARD_DEVIATIONS = 3;

  /**
   * Compares two sets.
   *
   * @param <T> a text, two of them, or a question with its paragraph
   */
  static <T> HeldOut of(List<T> fitted, List<T> judged) {
    Map<T, Integer> times = new HashMap<>();
    fitted.forEach(each -> times.merge(each, 1, Integer::sum));
    long once = times.values().stream().filter(count -> count == 1).count();
    int shared = (int) judged.stream().filter(times::containsKey).count();
    return new HeldOut(shared, judged.size(), 1 - (double) once / fitted.size());
  }

  /**
   * Whether it is no evaluation set: of the examples that chance does not account for, more than
   * half are in common, and that is not the luck of a small set.
   */
  boolean isCopy() {
    double expected = judged * chance;
    double luck = STANDARD_DEVIATIONS * Math.sqrt(expected * (1 - chance));
    return judged >= FEWEST
        && shared > expected + (judged - expected) / 2
        && shared > expected + luck;
  }
}
