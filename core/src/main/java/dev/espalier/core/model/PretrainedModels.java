package dev.espalier.core.model;

import dev.espalier.api.problem.Problem;
import java.util.List;

/** Finds the models that fine-tuning can start from. */
public interface PretrainedModels {
  /**
   * Loads a model with its tokenizer.
   *
   * @param reference as in the configuration, for instance {@code all-minilm-l6-v2}, the path of a
   *     folder, or {@code hf:organization/name}
   * @throws dev.espalier.api.problem.ProblemException when there is no such model, listing those
   *     that exist, or when it is broken
   */
  PretrainedModel load(String reference);

  /**
   * Whether a reference is the path of a folder, and not a name: it has a slash, or is a dot, and
   * does not begin with a word and a colon, as {@code hf:} does.
   */
  static boolean isFolder(String reference) {
    boolean slash = reference.indexOf('/') >= 0 || reference.indexOf('\\') >= 0;
    return (slash || reference.equals(".") || reference.equals("..")) && !isElsewhere(reference);
  }

  /** Whether a reference begins with a word and a colon, as {@code hf:} does. */
  static boolean isElsewhere(String reference) {
    return reference.matches("[A-Za-z0-9-]{2,}:.*");
  }

  /**
   * What can be said to be wrong with a model in milliseconds: without its weights, and without
   * fetching anything.
   */
  default List<Problem> check(String reference) {
    return List.of();
  }

  /** What {@link #load} knows; empty when that cannot be listed. */
  default List<String> references() {
    return List.of();
  }
}
