package dev.espalier.tuner.port;

import java.util.List;

/** Finds the models that fine-tuning can start from. */
public interface PretrainedModels {
  /**
   * Loads a model with its tokenizer.
   *
   * @param reference as in the configuration, for instance {@code all-minilm-l6-v2}
   * @throws dev.espalier.api.problem.ProblemException when there is no such model, listing those
   *     that exist
   */
  PretrainedModel load(String reference);

  /** What {@link #load} knows; empty when that cannot be listed. */
  default List<String> references() {
    return List.of();
  }
}
