package dev.espalier.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.databind.JsonNode;

/** A stretch before or after the sparsity schedule: multiples of the warm-up, or an amount. */
public sealed interface Stretch {
  /** Multiples of the warm-up, as movement pruning's scripts count. */
  record Warmups(double times) implements Stretch {
    @Override
    public long of(Amount.Length run, long warmupSteps) {
      return Math.round(times * warmupSteps);
    }

    @Override
    public String toString() {
      return times + " x warm-up";
    }
  }

  /** Steps, epochs or a share of the run, whatever the warm-up is. */
  record Fixed(Amount amount) implements Stretch {
    @Override
    public long of(Amount.Length run, long warmupSteps) {
      return amount.of(run);
    }

    @Override
    public String toString() {
      return amount.toString();
    }
  }

  /**
   * The number of steps.
   *
   * @param run how long the run is
   * @param warmupSteps how long its warm-up is
   */
  long of(Amount.Length run, long warmupSteps);

  /** Whether the number of steps depends on how many examples there are. */
  default boolean isInEpochs() {
    return this instanceof Fixed fixed && fixed.amount().isInEpochs();
  }

  /**
   * Reads a number as multiples of the warm-up, and a text as an amount.
   *
   * @throws IllegalArgumentException when a text is no amount
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static Stretch of(JsonNode value) {
    return value.isNumber()
        ? new Warmups(value.doubleValue())
        : new Fixed(Amount.parse(value.asText()));
  }
}
