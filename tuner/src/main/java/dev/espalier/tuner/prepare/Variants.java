package dev.espalier.tuner.prepare;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.tuner.plan.Plan;
import dev.espalier.tuner.plan.Planner;
import dev.espalier.tuner.plan.SearchSpaces;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Turns proposals into configurations and plans. */
public final class Variants {
  private final ResolvedConfiguration base;
  private final RunServices services;
  private final TransformerWeights weights;
  private final int trainExamples;

  Variants(
      ResolvedConfiguration base,
      RunServices services,
      TransformerWeights weights,
      int trainExamples) {
    this.base = base;
    this.services = services;
    this.weights = weights;
    this.trainExamples = trainExamples;
  }

  /**
   * The configuration and plan of {@code proposal}.
   *
   * @throws ProblemException of kind CONFIGURATION when its values do not go together
   */
  public Variant of(Proposal proposal) {
    ResolvedConfiguration varied =
        proposal.values().isEmpty()
            ? base
            : base.with(assignments(proposal.values()), Preflight.of(services).ofTrial());
    Planner planner = new Planner(varied, services.pruners());
    Plan plan = planner.plan(planner.pruner(), weights, trainExamples, proposal.budget());
    return new Variant(varied, plan);
  }

  /**
   * What is wrong with the ends of each range and with each option by itself, told of the search
   * space.
   */
  List<Problem> problems() {
    List<Problem> problems = new ArrayList<>();
    SearchSpace space = SearchSpaces.of(base, services.pruners());
    for (int i = 0; i < space.dimensions().size(); i++) {
      Dimension dimension = space.dimensions().get(i);
      String path = "tuning.search_space[" + i + "]";
      Location at = base.locate(path);
      for (Object value : edges(dimension)) {
        try {
          of(Proposal.of(Map.of(dimension.name(), value)));
        } catch (ProblemException e) {
          Problem first = e.problems().get(0);
          problems.add(
              new Problem(
                  first.kind(),
                  first.code(),
                  at,
                  path,
                  "" + value + " cannot be tried: " + first.message(),
                  first.advice()));
        }
      }
    }
    return problems;
  }

  private static List<Object> edges(Dimension dimension) {
    if (dimension instanceof Dimension.Real real) {
      return List.of(real.low(), real.high());
    }
    if (dimension instanceof Dimension.Whole whole) {
      return List.of(whole.low(), whole.high());
    }
    return ((Dimension.Choice) dimension).options();
  }

  private static List<String> assignments(Map<String, Object> values) {
    List<String> assignments = new ArrayList<>();
    values.forEach((key, value) -> assignments.add(key + "=" + text(value)));
    return assignments;
  }

  /** Whole numbers without a decimal point, so that they go where whole numbers are asked for. */
  private static String text(Object value) {
    return value instanceof Double number && number == Math.rint(number) && Math.abs(number) < 1e15
        ? Long.toString(number.longValue())
        : value.toString();
  }
}
