package dev.espalier.tuner.plan;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.config.Configuration.OpWise;
import dev.espalier.config.Configuration.Quantization;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.text.Globs;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Whether what a configuration says of single operators is about any. */
public final class OperatorNames {
  private static final int NAMED = 5;

  private OperatorNames() {}

  /** Whether {@code section} names single operators at all. */
  public static boolean areNamed(Quantization section) {
    return !section.excludedNames().isEmpty() || !section.opWise().isEmpty();
  }

  /**
   * Checks every name and glob.
   *
   * @param section of {@code resolved}
   * @param known names of a model's operators and of their weights
   * @throws ProblemException of kind CONFIGURATION for every one that matches nothing
   */
  public static void check(
      ResolvedConfiguration resolved, Quantization section, Set<String> known) {
    List<Problem> problems = new ArrayList<>();
    section
        .excludedNames()
        .forEach(glob -> check(resolved, "quantization.excluded_names", glob, known, problems));
    for (int i = 0; i < section.opWise().size(); i++) {
      OpWise each = section.opWise().get(i);
      String key = "quantization.op_wise[" + i + "].names";
      each.names().forEach(glob -> check(resolved, key, glob, known, problems));
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  private static void check(
      ResolvedConfiguration resolved,
      String key,
      String glob,
      Set<String> known,
      List<Problem> problems) {
    if (known.contains(glob) || known.stream().anyMatch(Globs.of(glob))) {
      return;
    }
    List<String> nearest = Suggestions.nearest(glob, new TreeSet<>(known), NAMED);
    problems.add(
        resolved.problem(
            ProblemCode.NO_MATCH,
            key,
            "\""
                + glob
                + "\" matches none of the model's "
                + known.size()
                + " names of operators and weights",
            nearest.isEmpty()
                ? "The model has no operator with a weight."
                : "The nearest names are " + String.join(", ", nearest) + "."));
  }
}
