package dev.espalier.api.pruning;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a user can know about a pruner before it runs.
 *
 * @param name how configurations and saved files name it: snake_case, unique among all plugins
 * @param description one or two sentences: what it keeps, and when to use it
 * @param source the paper or document it comes from, with section
 * @param needs what it needs beside the weights
 * @param parameters what can be set, in the order it should be shown
 */
public record PrunerDescriptor(
    String name,
    String description,
    String source,
    Set<Need> needs,
    List<ParameterDescriptor> parameters) {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  /** What a pruner needs beside the weights. */
  public enum Need {
    /** The target sparsity decides how much is removed; without it the run cannot be planned. */
    TARGET_SPARSITY,
    /** The gradient of each step. */
    GRADIENTS,
    /** Scores that are trained with the weights, and so {@code score_learning_rate}. */
    LEARNED_SCORES
  }

  /** Checks the name and that the texts are there. */
  public PrunerDescriptor {
    if (name == null || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "a pruner's name must match "
              + NAME
              + ", found "
              + (name == null ? "null" : "\"" + name + "\""));
    }
    if (description == null || description.isBlank() || source == null || source.isBlank()) {
      throw new IllegalArgumentException("pruner " + name + " needs a description and a source");
    }
    if (needs == null || needs.stream().anyMatch(Objects::isNull)) {
      throw new IllegalArgumentException("the needs of pruner " + name + " must not be null");
    }
    EnumSet<Need> copy = EnumSet.noneOf(Need.class);
    copy.addAll(needs);
    needs = Collections.unmodifiableSet(copy);
    parameters = ParameterDescriptor.listed("pruner " + name, parameters);
  }
}
