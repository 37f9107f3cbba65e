package dev.espalier.tuner.strategy;

import dev.espalier.api.tuning.Observation;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What strategies ask of a history. */
final class Observations {
  private Observations() {}

  /** The trial with the smallest loss, of equal ones the first; nothing when all failed. */
  static Optional<Observation> best(List<Observation> history) {
    return history.stream()
        .filter(observation -> observation.loss() != null)
        .min(Comparator.comparingDouble(Observations::loss));
  }

  /** The loss of a trial that did not fail. */
  static double loss(Observation observation) {
    return Objects.requireNonNull(observation.loss());
  }
}
