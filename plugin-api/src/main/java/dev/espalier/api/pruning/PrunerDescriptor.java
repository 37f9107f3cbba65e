package dev.espalier.api.pruning;

import java.util.List;
import java.util.regex.Pattern;

/**
 * What a user can know about a pruner before it runs.
 *
 * @param name how configurations and saved files name it: snake_case, unique among all plugins
 * @param description one or two sentences: what it keeps, and when to use it
 * @param source the paper or document it comes from, with section
 * @param parameters what can be set, in the order it should be shown
 */
public record PrunerDescriptor(
    String name, String description, String source, List<ParameterDescriptor> parameters) {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,63}");

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
    parameters = ParameterDescriptor.listed("pruner " + name, parameters);
  }
}
