package dev.espalier.tuner.plan;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.model.Architecture;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.text.Globs;
import dev.espalier.tuner.plan.PruningPattern.Matrix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which matrices the globs of a configuration mean. */
final class Targets {
  private static final int NAMED = 5;

  private final Map<String, Matrix> prunable;
  private final ResolvedConfiguration resolved;
  private final String choice;

  /**
   * @param choice the path of the pruner whose globs are resolved
   */
  Targets(TransformerWeights weights, ResolvedConfiguration resolved, String choice) {
    this.resolved = resolved;
    this.choice = choice;
    Architecture architecture = weights.architecture();
    prunable = new LinkedHashMap<>();
    weights
        .tensors()
        .forEach(
            (name, tensor) -> {
              if (tensor.isMatrix() && architecture.isPrunable(name)) {
                prunable.put(name, new Matrix(name, tensor.rows(), tensor.columns()));
              }
            });
  }

  /**
   * The matrices that match one of {@code names} and none of {@code excluded}, by name.
   *
   * @throws ProblemException of kind CONFIGURATION for every glob that matches nothing, and when
   *     nothing is left
   */
  List<Matrix> resolve(List<String> names, List<String> excluded) {
    List<Problem> problems = new ArrayList<>();
    names.forEach(glob -> checkMatches("names", glob, problems));
    excluded.forEach(glob -> checkMatches("excluded_names", glob, problems));
    List<Matrix> chosen =
        prunable.values().stream()
            .filter(p -> matchesAny(p.name(), names) && !matchesAny(p.name(), excluded))
            .toList();
    if (problems.isEmpty() && chosen.isEmpty()) {
      problems.add(
          problem(
              "names",
              "names and excluded_names together leave nothing to prune",
              "Maybe an exclusion is too wide."));
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    return chosen;
  }

  private void checkMatches(String key, String glob, List<Problem> problems) {
    if (prunable.keySet().stream().anyMatch(Globs.of(glob))) {
      return;
    }
    problems.add(
        problem(
            key,
            "\""
                + glob
                + "\" matches none of the model's "
                + prunable.size()
                + " prunable parameters",
            "The nearest names are "
                + String.join(", ", Suggestions.nearest(glob, prunable.keySet(), NAMED))
                + "."));
  }

  private static boolean matchesAny(String name, List<String> globs) {
    return globs.stream().anyMatch(glob -> Globs.of(glob).test(name));
  }

  private Problem problem(String key, String what, String advice) {
    return resolved.problem(ProblemCode.NO_MATCH, choice + "." + key, what, advice);
  }
}
