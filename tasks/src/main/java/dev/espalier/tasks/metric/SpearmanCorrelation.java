package dev.espalier.tasks.metric;

import dev.espalier.api.metric.RegressionMetric;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Spearman's correlation, Pearson's of the ranks: GLUE's second metric for STS-B. Equal values
 * share the mean of their ranks. Not defined, and NaN, when one series is constant or has a NaN.
 */
public final class SpearmanCorrelation implements RegressionMetric {
  /** For {@link java.util.ServiceLoader}. */
  public SpearmanCorrelation() {}

  @Override
  public String name() {
    return "spearman";
  }

  @Override
  public boolean higherIsBetter() {
    return true;
  }

  @Override
  public double compute(double[] predicted, double[] expected) {
    for (double value : predicted) {
      if (Double.isNaN(value)) {
        return Double.NaN; // which has no rank
      }
    }
    return PearsonCorrelation.correlation(ranks(predicted), ranks(expected));
  }

  /** From 1, in the order of the values. */
  static double[] ranks(double[] values) {
    List<Integer> order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .toList();
    double[] ranks = new double[values.length];
    for (int from = 0; from < values.length; ) {
      int to = from + 1;
      while (to < values.length && values[order.get(to)] == values[order.get(from)]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order.get(i)] = (from + 1 + to) / 2.0;
      }
      from = to;
    }
    return ranks;
  }
}
