package dev.espalier.tuner.prepare;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.PerfectPredictor;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.core.data.TrivialPredictor;
import dev.espalier.tuner.result.LossLimit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What is wrong with sets that are well-formed, row by row, before hours are spent on them. */
public final class DataChecks {
  private final ResolvedConfiguration resolved;

  /** Checks of the sets that a configuration names. */
  public DataChecks(ResolvedConfiguration resolved) {
    this.resolved = resolved;
  }

  /** Why a model would learn nothing from the training set. */
  List<Problem> training(TaskData data) {
    return constant(data.train())
        .map(
            constant ->
                problem(
                    "data.train",
                    constant + ", so a model learns nothing but that",
                    "Check the file; where it is sorted, data.train_part may have cut off the"
                        + " rest."))
        .stream()
        .toList();
  }

  /**
   * Why nothing can be judged on an evaluation set: a constant predictor is right everywhere, or a
   * metric is undefined even for a perfect one.
   */
  public List<Problem> evaluation(TaskData data, EvaluationPlan plan) {
    Set<String> judged =
        plan.criterion().limits().stream().map(LossLimit::metric).collect(Collectors.toSet());
    List<Problem> problems = new ArrayList<>();
    for (EvaluationSet evaluation : data.evaluations()) {
      List<Metric> metrics =
          plan.measured().stream()
              .filter(metric -> judged.contains(metric.name() + evaluation.suffix()))
              .toList();
      if (metrics.isEmpty()) {
        continue; // what is only measured may be undefined
      }
      String key = "data.evaluation" + evaluation.suffix();
      Optional<String> constant = constant(evaluation.set());
      if (constant.isPresent()) {
        problems.add(
            problem(
                key,
                constant.get() + ", so a model that never looks at its input is right",
                "Use a file with different ones; where it is sorted, data.evaluation_part may have"
                    + " cut off the rest."));
        continue;
      }
      for (Metric metric : metrics) {
        double perfect = PerfectPredictor.score(evaluation, metric);
        if (!Double.isFinite(perfect)) {
          problems.add(
              problem(
                  key,
                  metric.name()
                      + " is undefined on "
                      + evaluation.set().source()
                      + ", even for a perfect model",
                  "Judge by another metric (evaluation.accuracy.metric), or use another file."));
        } else if (evaluation.decoder() != null
            && !TrivialPredictor.of(evaluation, metric).isBeatenBy(perfect)) {
          problems.add(
              problem(
                  key,
                  "no answer is as good as every answer by "
                      + metric.name()
                      + " on "
                      + evaluation.set().source(),
                  "Use a file with questions that have an answer."));
        } else {
          impossible(metric, metric.name() + evaluation.suffix(), perfect).ifPresent(problems::add);
        }
      }
    }
    return problems;
  }

  /** A baseline's metric that is given but that no model can have: in percent, say. */
  private Optional<Problem> impossible(Metric metric, String name, double perfect) {
    Double given = resolved.configuration().tuning().baseline().metrics().get(name);
    if (given == null || !metric.higherIsBetter() || given <= perfect) {
      return Optional.empty();
    }
    double share = given / 100;
    return Optional.of(
        problem(
            "tuning.baseline.metrics." + name,
            given + " is more than a perfect model's " + perfect,
            share <= perfect
                ? "Metrics are shares: " + share + " for a percentage."
                : "Correct it."));
  }

  /** What a user should know: of the sets, and classes that no training example is of. */
  static List<String> notes(TaskData data) {
    List<String> notes = new ArrayList<>(data.notes());
    notes.addAll(untrained(data));
    return notes;
  }

  private static List<String> untrained(TaskData data) {
    if (!(data.head() instanceof Head.Classification classes)) {
      return List.of();
    }
    Set<Integer> trained = indices(data.train());
    Set<Integer> judged = new HashSet<>();
    data.evaluations().forEach(each -> judged.addAll(indices(each.set())));
    List<String> untrained = new ArrayList<>();
    for (int i = 0; i < classes.labels().size(); i++) {
      if (!trained.contains(i)) {
        untrained.add(
            "\"" + classes.labels().get(i) + "\"" + (judged.contains(i) ? ", judged" : ""));
      }
    }
    return untrained.isEmpty()
        ? List.of()
        : List.of("No training example is of the class " + String.join(" or ", untrained) + ".");
  }

  private static Set<Integer> indices(EncodedSet set) {
    return set.examples().stream().map(EncodedExample::label).collect(Collectors.toSet());
  }

  /** That all examples of a set have the same target; empty when they do not. */
  private static Optional<String> constant(EncodedSet set) {
    Target first = set.examples().get(0).target();
    if (!set.examples().stream().map(EncodedExample::target).allMatch(first::equals)) {
      return Optional.empty();
    }
    String all = set.size() == 1 ? "the only example of " : "all " + set.size() + " examples of ";
    String are = set.size() == 1 ? " is" : " are";
    if (set.head() instanceof Head.Classification classes && first instanceof Target.Label label) {
      return Optional.of(
          all
              + set.source()
              + are
              + " of the class \""
              + classes.labels().get(label.index())
              + "\"");
    }
    if (first instanceof Target.Value value) {
      return Optional.of(all + set.source() + are + " " + value.value());
    }
    // the first token stands for no answer, and is all that a set to be judged on has
    return first.equals(new Target.Span(0, 0)) && set.name().equals("train")
        ? Optional.of(all + set.source() + are + " without an answer")
        : Optional.empty();
  }

  private Problem problem(String key, String message, String advice) {
    return new Problem(
        ProblemKind.INPUT, ProblemCode.BAD_DATA, resolved.locate(key), key, message, advice);
  }
}
