package dev.espalier.api.tuning;

import dev.espalier.api.pruning.ParameterDescriptor;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a user can know about a tuning strategy before it runs.
 *
 * @param name how configurations name it: snake_case, unique among all plugins
 * @param description one or two sentences: how it searches, and when to use it
 * @param source the paper or document it comes from
 * @param parameters what can be set, in the order it should be shown
 */
public record StrategyDescriptor(
    String name, String description, String source, List<ParameterDescriptor> parameters) {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  /** Checks the name and that the texts are there. */
  public StrategyDescriptor {
    if (name == null || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "a strategy's name must match "
              + NAME
              + ", found "
              + (name == null ? "null" : "\"" + name + "\""));
    }
    if (description == null || description.isBlank() || source == null || source.isBlank()) {
      throw new IllegalArgumentException("strategy " + name + " needs a description and a source");
    }
    parameters = ParameterDescriptor.listed("strategy " + name, parameters);
  }
}
