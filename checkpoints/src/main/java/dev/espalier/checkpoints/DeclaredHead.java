package dev.espalier.checkpoints;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a {@code config.json} says of the classifier: how many outputs it has ({@code num_labels},
 * {@code id2label}), and what they mean ({@code problem_type}). Each may be missing; what is there
 * must agree, and with the rows that are stored.
 */
final class DeclaredHead {
  private static final String COUNT = "num_labels";
  private static final String NAMES = "id2label";
  private static final String TYPE = "problem_type";
  private static final String REGRESSION = "regression";
  private static final String ONE_OF_SEVERAL = "single_label_classification";
  private static final List<String> TYPES =
      List.of(REGRESSION, ONE_OF_SEVERAL, "multi_label_classification");

  private DeclaredHead() {}

  /** How many outputs the names count, or else the number itself. */
  private static OptionalInt outputs(JsonNode config) {
    if (config.path(NAMES).isObject() && !config.path(NAMES).isEmpty()) {
      return OptionalInt.of(config.path(NAMES).size());
    }
    return config.path(COUNT).isIntegralNumber()
        ? OptionalInt.of(config.path(COUNT).intValue())
        : OptionalInt.empty();
  }

  /** How the number of outputs is written. */
  private static String written(JsonNode config) {
    return config.path(NAMES).isObject() && !config.path(NAMES).isEmpty()
        ? NAMES + " " + config.path(NAMES)
        : COUNT + " " + config.path(COUNT);
  }

  /** Where the keys contradict each other. */
  static List<Problem> problems(Path file, JsonNode config) {
    List<Problem> problems = new ArrayList<>();
    OptionalInt outputs = outputs(config);
    if (outputs.isEmpty() && !config.path(COUNT).isMissingNode() && !config.path(COUNT).isNull()) {
      problems.add(problem(file, COUNT + " should be a whole number, found " + config.path(COUNT)));
    } else if (outputs.isPresent()
        && config.path(COUNT).isNumber()
        && config.path(COUNT).doubleValue() != outputs.getAsInt()) {
      problems.add(
          problem(file, COUNT + " " + config.path(COUNT) + " contradicts " + written(config)));
    }
    String type = config.path(TYPE).asText("");
    if (config.path(TYPE).isMissingNode() || config.path(TYPE).isNull()) {
      return problems;
    }
    if (!TYPES.contains(type)) {
      problems.add(
          problem(
              file,
              TYPE
                  + " should be one of "
                  + String.join(", ", TYPES)
                  + ", found "
                  + config.path(TYPE)));
    } else if (outputs.isPresent()
        && ((type.equals(REGRESSION) && outputs.getAsInt() > 1)
            || (type.equals(ONE_OF_SEVERAL) && outputs.getAsInt() == 1))) {
      problems.add(problem(file, TYPE + " \"" + type + "\" contradicts " + written(config)));
    }
    return problems;
  }

  /**
   * Checks the keys.
   *
   * @throws ProblemException of kind INPUT when they contradict each other
   */
  static void check(Path file, JsonNode config) {
    List<Problem> problems = problems(file, config);
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  /**
   * Checks the number of outputs against the classifier that is stored, if there is one.
   *
   * @throws ProblemException of kind INPUT when it has another number of rows
   */
  static void checkRows(Path file, JsonNode config, TransformerWeights weights) {
    String name = weights.bert().family().classifier().out() + ".weight";
    Tensor last = weights.tensors().get(name);
    OptionalInt outputs = outputs(config);
    if (last != null && outputs.isPresent() && last.shape()[0] != outputs.getAsInt()) {
      throw new ProblemException(
          List.of(
              problem(
                  file,
                  written(config)
                      + " contradicts "
                      + name
                      + ", which has "
                      + last.shape()[0]
                      + " rows")));
    }
  }

  private static Problem problem(Path file, String message) {
    return new Problem(
        ProblemKind.INPUT,
        ProblemCode.CONTRADICTION,
        Location.ofFile(file.toString()),
        message,
        "Correct the file: the one that is wrong may be left out.");
  }
}
