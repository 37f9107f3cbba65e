package dev.espalier.api.pruning;

/**
 * Announces a pruner to Espalier. Implementations are found by {@link java.util.ServiceLoader}: a
 * public class with a public constructor without arguments, named in {@code
 * META-INF/services/dev.espalier.api.pruning.PrunerProvider}. Loading and describing a provider
 * must be cheap; what is expensive belongs into {@link #create}.
 */
public interface PrunerProvider {
  /** Name and parameters, without creating the pruner. */
  PrunerDescriptor descriptor();

  /**
   * Creates the pruner.
   *
   * @param parameters a value for each parameter that the descriptor declares, already checked
   *     against type and range
   * @throws IllegalArgumentException when they do not go together; the user is told its message
   */
  Pruner create(ParameterValues parameters);
}
