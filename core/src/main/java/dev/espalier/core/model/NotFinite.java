package dev.espalier.core.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds NaN and infinity among weights. Nothing that is trained from such weights, or measured
 * against them, means anything.
 */
public final class NotFinite {
  /** What a user can do about it. */
  public static final String ADVICE =
      "Maybe the file is damaged, or its training diverged: take an earlier checkpoint.";

  private static final int NAMED = 3;

  private NotFinite() {}

  /**
   * Which tensors hold such values, for the end of a sentence: {@code NaN in a.weight at [3, 7]}.
   *
   * @param tensors by the name that a user knows
   * @return empty when every value is finite
   */
  public static Optional<String> in(Map<String, Tensor> tensors) {
    List<String> found =
        tensors.entrySet().parallelStream()
            .map(entry -> in(entry.getKey(), entry.getValue()))
            .flatMap(Optional::stream)
            .toList();
    if (found.isEmpty()) {
      return Optional.empty();
    }
    int more = found.size() - NAMED;
    String named = String.join(", ", found.subList(0, Math.min(NAMED, found.size())));
    return Optional.of(
        more > 0 ? named + " and in " + more + " more tensor" + (more == 1 ? "" : "s") : named);
  }

  private static Optional<String> in(String name, Tensor tensor) {
    float[] values = tensor.values();
    int at = Elements.firstNotFinite(values);
    return at < 0
        ? Optional.empty()
        : Optional.of(values[at] + " in " + name + " at " + place(at, tensor.shape()));
  }

  private static String place(int index, int[] shape) {
    StringBuilder place = new StringBuilder();
    int rest = index;
    for (int dimension = shape.length - 1; dimension >= 0; dimension--) {
      place.insert(0, rest % shape[dimension]).insert(0, dimension == 0 ? "" : ", ");
      rest /= shape[dimension];
    }
    return "[" + place + "]";
  }
}
