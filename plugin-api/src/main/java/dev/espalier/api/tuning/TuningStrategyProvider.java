package dev.espalier.api.tuning;

import dev.espalier.api.pruning.ParameterValues;

/**
 * Announces a tuning strategy to Espalier. Implementations are found by {@link
 * java.util.ServiceLoader}: a public class with a public constructor without arguments, named in
 * {@code META-INF/services/dev.espalier.api.tuning.TuningStrategyProvider}.
 */
public interface TuningStrategyProvider {
  /** Name and parameters, without creating the strategy. */
  StrategyDescriptor descriptor();

  /**
   * Creates the strategy.
   *
   * @param parameters a value for each parameter that the descriptor declares, already checked
   *     against type and range
   * @throws IllegalArgumentException when they do not go together; the user is told its message
   */
  TuningStrategy create(ParameterValues parameters);
}
