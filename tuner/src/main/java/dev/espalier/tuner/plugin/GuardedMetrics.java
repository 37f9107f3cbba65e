package dev.espalier.tuner.plugin;

import dev.espalier.api.metric.AnswerMetric;
import dev.espalier.api.metric.AnsweredQuestion;
import dev.espalier.api.metric.ClassificationMetric;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.metric.RegressionMetric;
import java.util.List;
import java.util.function.Supplier;

/** Metrics of plugins, of each kind, so that what they throw names them. */
final class GuardedMetrics {
  private GuardedMetrics() {}

  /** {@code metric}, called {@code name}, with {@code code} to blame. */
  static Metric of(Metric metric, String name, PluginCode code) {
    boolean higher = code.call(metric, "higherIsBetter", metric::higherIsBetter);
    if (metric instanceof ClassificationMetric classes) {
      return new OfClasses(classes, name, higher, code);
    }
    return metric instanceof RegressionMetric values
        ? new OfValues(values, name, higher, code)
        : new OfAnswers((AnswerMetric) metric, name, higher, code);
  }

  private record OfClasses(
      ClassificationMetric metric, String name, boolean higherIsBetter, PluginCode code)
      implements ClassificationMetric {
    @Override
    public boolean fits(int classes) {
      return code.call(metric, "fits", () -> metric.fits(classes));
    }

    @Override
    public double compute(float[][] logits, int[] labels) {
      return value(metric, code, () -> metric.compute(logits, labels));
    }
  }

  private record OfValues(
      RegressionMetric metric, String name, boolean higherIsBetter, PluginCode code)
      implements RegressionMetric {
    @Override
    public double compute(double[] predicted, double[] expected) {
      return value(metric, code, () -> metric.compute(predicted, expected));
    }
  }

  private record OfAnswers(
      AnswerMetric metric, String name, boolean higherIsBetter, PluginCode code)
      implements AnswerMetric {
    @Override
    public double compute(List<AnsweredQuestion> questions) {
      return value(metric, code, () -> metric.compute(questions));
    }
  }

  /** NaN says that a value is not defined; nothing says what an infinite one is. */
  private static double value(Metric metric, PluginCode code, Supplier<Double> compute) {
    double value = code.call(metric, "compute", compute);
    if (Double.isInfinite(value)) {
      throw code.broken(metric, "compute returned " + value + ", neither a finite number nor NaN");
    }
    return value;
  }
}
