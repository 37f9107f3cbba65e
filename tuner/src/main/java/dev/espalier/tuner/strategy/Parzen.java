package dev.espalier.tuner.strategy;

import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.Observation;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A density on [0, 1] made of one bump for each trial and a flat one for what is not known: normal
 * bumps as wide as the distance to the next trial for numbers, counts for options.
 */
final class Parzen {
  private static final int DRAWS = 100;

  private final double[] centers;
  private final double[] widths;
  private final int options;

  private Parzen(double[] centers, double[] widths, int options) {
    this.centers = centers;
    this.widths = widths;
    this.options = options;
  }

  /** The density of a dimension's positions in {@code trials}. */
  static Parzen of(Dimension dimension, List<Observation> trials) {
    double[] centers =
        trials.stream()
            .map(trial -> trial.proposal().values().get(dimension.name()))
            .filter(value -> value != null)
            .mapToDouble(value -> Values.position(dimension, value))
            .sorted()
            .toArray();
    int options = dimension instanceof Dimension.Choice choice ? choice.options().size() : 0;
    return new Parzen(centers, widths(centers), options);
  }

  private static double[] widths(double[] sorted) {
    double[] widths = new double[sorted.length];
    double narrowest = 1.0 / Math.min(100, sorted.length + 1);
    for (int i = 0; i < sorted.length; i++) {
      double left = sorted[i] - (i == 0 ? 0 : sorted[i - 1]);
      double right = (i == sorted.length - 1 ? 1 : sorted[i + 1]) - sorted[i];
      widths[i] = Math.max(narrowest, Math.min(1, Math.max(left, right)));
    }
    return widths;
  }

  /** A position at random. */
  double draw(SplittableRandom random) {
    int bump = random.nextInt(centers.length + 1);
    if (bump == centers.length) {
      return random.nextDouble();
    }
    if (options > 0) {
      return centers[bump];
    }
    for (int i = 0; i < DRAWS; i++) {
      double position = centers[bump] + widths[bump] * random.nextGaussian();
      if (position >= 0 && position <= 1) {
        return position;
      }
    }
    return centers[bump];
  }

  /** The logarithm of the density at {@code position}. */
  double logDensity(double position) {
    if (options > 0) {
      int option = Math.min(options - 1, (int) (position * options));
      long same = Arrays.stream(centers).filter(c -> (int) (c * options) == option).count();
      return Math.log((same + 1.0 / options) / (centers.length + 1.0));
    }
    double sum = 1;
    for (int i = 0; i < centers.length; i++) {
      double mass = normal((1 - centers[i]) / widths[i]) - normal(-centers[i] / widths[i]);
      double z = (position - centers[i]) / widths[i];
      sum += Math.exp(-z * z / 2) / (Math.sqrt(2 * Math.PI) * widths[i] * mass);
    }
    return Math.log(sum / (centers.length + 1));
  }

  /** The distribution function of the standard normal, to 1e-7 (Abramowitz and Stegun, 26.2.17). */
  static double normal(double x) {
    double t = 1 / (1 + 0.2316419 * Math.abs(x));
    double tail =
        Math.exp(-x * x / 2)
            / Math.sqrt(2 * Math.PI)
            * t
            * (0.319381530
                + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
    return x >= 0 ? 1 - tail : tail;
  }
}
