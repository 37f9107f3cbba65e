package dev.espalier.tuner.strategy;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A Gaussian process with mean 0 and a Matérn 5/2 kernel of variance 1, one length scale for each
 * coordinate, and noise (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006,
 * algorithm 2.1 and section 4.2.1).
 */
final class GaussianProcess {
  private static final double LEAST_NOISE = 1e-6;
  private static final double JITTER = 1e-9;

  private final double[][] points;
  private final double[] lengths;
  private final double[][] factor;
  private final double[] weights;
  private final double evidence;

  private GaussianProcess(
      double[][] points, double[] lengths, double[][] factor, double[] weights, double evidence) {
    this.points = points;
    this.lengths = lengths;
    this.factor = factor;
    this.weights = weights;
    this.evidence = evidence;
  }

  /** What is expected at a point: mean, and standard deviation without noise. */
  record Prediction(double mean, double deviation) {}

  /**
   * The process with the largest marginal likelihood among {@code tries} at random.
   *
   * @param points coordinates in [0, 1], one row each
   * @param values standardized
   */
  static GaussianProcess fit(
      double[][] points, double[] values, int tries, SplittableRandom random) {
    GaussianProcess best = null;
    int dimensions = points[0].length;
    double[] center = new double[dimensions + 1];
    Arrays.fill(center, 0, dimensions, Math.log(0.4));
    center[dimensions] = Math.log(1e-3);
    for (int i = 0; i < tries; i++) {
      // The first half looks everywhere, the second around the best so far.
      boolean wide = i < tries / 2;
      double[] logs = new double[dimensions + 1];
      for (int d = 0; d < dimensions; d++) {
        logs[d] =
            wide
                ? Math.log(0.05) + random.nextDouble() * Math.log(60)
                : center[d] + 0.3 * random.nextGaussian();
      }
      logs[dimensions] =
          wide
              ? Math.log(LEAST_NOISE) + random.nextDouble() * Math.log(1e6)
              : center[dimensions] + 0.5 * random.nextGaussian();
      GaussianProcess candidate = of(points, values, logs);
      if (candidate != null && (best == null || candidate.evidence > best.evidence)) {
        best = candidate;
        center = logs;
      }
    }
    if (best == null) {
      throw new IllegalStateException("no kernel matrix was positive definite");
    }
    return best;
  }

  /** Null when rounding made the kernel matrix indefinite. */
  private static @Nullable GaussianProcess of(double[][] points, double[] values, double[] logs) {
    int n = points.length;
    double[] lengths = new double[logs.length - 1];
    for (int d = 0; d < lengths.length; d++) {
      lengths[d] = Math.exp(logs[d]);
    }
    double noise = Math.max(LEAST_NOISE, Math.exp(logs[lengths.length]));
    double[][] factor = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = kernel(points[i], points[j], lengths) + (i == j ? noise + JITTER : 0);
        for (int k = 0; k < j; k++) {
          sum -= factor[i][k] * factor[j][k];
        }
        if (i == j) {
          if (!(sum > 0)) {
            return null;
          }
          factor[i][i] = Math.sqrt(sum);
        } else {
          factor[i][j] = sum / factor[j][j];
        }
      }
    }
    double[] half = forward(factor, values);
    double[] weights = backward(factor, half);
    double evidence = -0.5 * n * Math.log(2 * Math.PI);
    for (int i = 0; i < n; i++) {
      evidence -= 0.5 * half[i] * half[i] + Math.log(factor[i][i]);
    }
    return new GaussianProcess(points, lengths, factor, weights, evidence);
  }

  /** What is expected at {@code point}. */
  Prediction at(double[] point) {
    double[] covariances = new double[points.length];
    double mean = 0;
    for (int i = 0; i < points.length; i++) {
      covariances[i] = kernel(point, points[i], lengths);
      mean += covariances[i] * weights[i];
    }
    double variance = 1;
    for (double each : forward(factor, covariances)) {
      variance -= each * each;
    }
    return new Prediction(mean, Math.sqrt(Math.max(variance, 1e-12)));
  }

  private static double kernel(double[] a, double[] b, double[] lengths) {
    double squares = 0;
    for (int d = 0; d < a.length; d++) {
      double distance = (a[d] - b[d]) / lengths[d];
      squares += distance * distance;
    }
    double r = Math.sqrt(5 * squares);
    return (1 + r + r * r / 3) * Math.exp(-r);
  }

  /** Solves L x = b. */
  private static double[] forward(double[][] lower, double[] b) {
    double[] x = new double[b.length];
    for (int i = 0; i < b.length; i++) {
      double sum = b[i];
      for (int k = 0; k < i; k++) {
        sum -= lower[i][k] * x[k];
      }
      x[i] = sum / lower[i][i];
    }
    return x;
  }

  /** Solves Lᵀ x = b. */
  private static double[] backward(double[][] lower, double[] b) {
    double[] x = new double[b.length];
    for (int i = b.length - 1; i >= 0; i--) {
      double sum = b[i];
      for (int k = i + 1; k < b.length; k++) {
        sum -= lower[k][i] * x[k];
      }
      x[i] = sum / lower[i][i];
    }
    return x;
  }
}
