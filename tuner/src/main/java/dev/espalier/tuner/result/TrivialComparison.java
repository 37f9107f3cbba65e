package dev.espalier.tuner.result;

import dev.espalier.api.metric.Metric;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.TrivialPredictor;
import dev.espalier.tuner.result.Shortcoming.Kind;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The dense model beside the trivial predictor. A dense model that is no better has learned
 * nothing, and a criterion that compares with it says nothing.
 *
 * @param predictors the best trivial predictor by each judged metric, the leading one first
 * @param dense the dense model's leading metric
 * @param allowed whether a dense model that is no better is accepted
 */
public record TrivialComparison(List<TrivialPredictor> predictors, double dense, boolean allowed) {
  /** Copies the list and checks that the leading metric is there. */
  public TrivialComparison {
    predictors = List.copyOf(predictors);
    if (predictors.isEmpty()) {
      throw new IllegalArgumentException("a criterion has a metric");
    }
  }

  /**
   * Scores the trivial predictors by every judged metric.
   *
   * @param criterion what is judged
   * @param evaluations the sets that the metrics are measured on
   * @param metrics at least those that are judged
   * @param dense the dense model's metrics
   * @param allowed whether a dense model that is no better is accepted
   */
  public static TrivialComparison of(
      Criterion criterion,
      List<EvaluationSet> evaluations,
      List<Metric> metrics,
      Verdict.Metrics dense,
      boolean allowed) {
    return new TrivialComparison(
        criterion.metrics().stream().map(name -> predictor(name, evaluations, metrics)).toList(),
        dense.metric(criterion.metric()),
        allowed);
  }

  private static TrivialPredictor predictor(
      String name, List<EvaluationSet> evaluations, List<Metric> metrics) {
    for (EvaluationSet evaluation : evaluations) {
      for (Metric metric : metrics) {
        if (name.equals(metric.name() + evaluation.suffix())) {
          return TrivialPredictor.of(evaluation, metric);
        }
      }
    }
    throw new IllegalStateException("the metric " + name + " is measured on no set");
  }

  /** Whether the dense model is better by the leading metric; a tie is not better. */
  public boolean better() {
    return leading().isBeatenBy(dense);
  }

  /** Both scores, for a dense model that is no better. */
  public String sentence() {
    return String.format(
        Locale.ROOT,
        "Baseline no better than the trivial predictor: the dense model's %s is %.4f, the trivial"
            + " predictor's %.4f (%s). The dense model has learned nothing, so the criterion says"
            + " nothing about pruning.",
        leading().metric(),
        dense,
        leading().score(),
        leading().predictor());
  }

  /**
   * What to say of a shipped model that is no better than the trivial predictor though the dense
   * one is: a criterion may be that generous. Empty for a better one.
   *
   * @param shipped its leading metric
   */
  Optional<String> sentenceOfShipped(double shipped) {
    return leading().isBeatenBy(shipped)
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "The shipped model is no better than the trivial predictor: its %s is %.4f, the"
                    + " trivial predictor's %.4f (%s).",
                leading().metric(),
                shipped,
                leading().score(),
                leading().predictor()));
  }

  /** What a run with this dense model lacks; only for one that is no better. */
  Shortcoming shortcoming() {
    return new Shortcoming(
        Kind.TRIVIAL_BASELINE,
        sentence(),
        "Train the dense model longer (tuning.baseline.epochs or max_steps), or check its learning"
            + " rate, its labels and, if it is given, the checkpoint. To accept it, set"
            + " tuning.baseline.allow_trivial to true.");
  }

  private TrivialPredictor leading() {
    return predictors.get(0);
  }
}
