package dev.espalier.tuner.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.TuningStrategy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The model-based strategies against random search on functions whose minimum is known: the regret,
 * which is the true value at the best point seen minus the minimum, after 50 evaluations (for asha:
 * budgets that sum up to 20).
 */
final class TestFunctionsTest {
  private static final int EVALUATIONS = 50;
  private static final double WHOLE_BUDGETS = 20;

  /** A function to be minimized on the unit cube, and its minimum there. */
  private enum Problem {
    /** Branin and Hoo: three minima of the same depth. */
    BRANIN(2, 0.397887) {
      @Override
      double at(double[] u) {
        return branin(u);
      }
    },
    /** Hartmann, six coordinates. */
    HARTMANN_6(6, -3.32237) {
      @Override
      double at(double[] u) {
        double sum = 0;
        for (int i = 0; i < 4; i++) {
          double squares = 0;
          for (int j = 0; j < 6; j++) {
            squares += A[i][j] * (u[j] - P[i][j]) * (u[j] - P[i][j]);
          }
          sum -= ALPHA[i] * Math.exp(-squares);
        }
        return sum;
      }
    },
    /** Branin with normal noise of standard deviation 5 on what is observed. */
    NOISY_BRANIN(2, 0.397887) {
      @Override
      double at(double[] u) {
        return branin(u);
      }

      @Override
      double noise() {
        return 5;
      }
    };

    private static final double[] ALPHA = {1.0, 1.2, 3.0, 3.2};
    private static final double[][] A = {
      {10, 3, 17, 3.5, 1.7, 8},
      {0.05, 10, 17, 0.1, 8, 14},
      {3, 3.5, 1.7, 10, 17, 8},
      {17, 8, 0.05, 10, 0.1, 14}
    };
    private static final double[][] P = {
      {0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
      {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
      {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
      {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}
    };

    private final int dimensions;
    private final double minimum;

    Problem(int dimensions, double minimum) {
      this.dimensions = dimensions;
      this.minimum = minimum;
    }

    abstract double at(double[] u);

    double noise() {
      return 0;
    }

    SearchSpace space() {
      return new SearchSpace(
          IntStream.range(0, dimensions)
              .<Dimension>mapToObj(i -> new Dimension.Real("x" + i, 0, 1, false))
              .toList());
    }

    double regret(Proposal proposal) {
      return at(coordinates(proposal.values())) - minimum;
    }

    private double[] coordinates(Map<String, Object> values) {
      return IntStream.range(0, dimensions)
          .mapToDouble(i -> (Double) values.get("x" + i))
          .toArray();
    }

    private static double branin(double[] u) {
      double x = 15 * u[0] - 5;
      double y = 15 * u[1];
      double bowl = y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6;
      return bowl * bowl + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
    }
  }

  @ParameterizedTest
  @EnumSource(Problem.class)
  void models_find_better_points_than_chance(Problem problem) {
    // Noise hides what a few seeds would show.
    boolean noisy = problem.noise() > 0;
    int seeds = noisy ? 21 : 7;
    double goal = median(regrets(problem, new RandomStrategy(), seeds)) * (noisy ? 0.9 : 0.6);

    assertThat(median(regrets(problem, new BayesianStrategy(6), seeds)))
        .as("bayesian, %s, seeds 1 to %d", problem, seeds)
        .isLessThan(goal);
    assertThat(median(regrets(problem, new TpeStrategy(10, 0.25, 24), seeds)))
        .as("tpe, %s, seeds 1 to %d", problem, seeds)
        .isLessThan(goal);
  }

  @Test
  void halving_finds_better_points_than_whole_budgets_at_random() {
    int seeds = 21;

    assertThat(median(budgeted(new AshaStrategy(3, 0.1, false), seeds)))
        .as("asha, Hartmann-6, seeds 1 to %d", seeds)
        .isLessThan(median(budgeted(new RandomStrategy(), seeds)));
  }

  @Test
  @Tag("slow")
  void the_table() {
    int seeds = 30;
    for (Problem problem : Problem.values()) {
      print(problem + " random", regrets(problem, new RandomStrategy(), seeds));
      print(problem + " tpe", regrets(problem, new TpeStrategy(10, 0.25, 24), seeds));
      print(problem + " bayesian", regrets(problem, new BayesianStrategy(6), seeds));
    }
    print("budgeted HARTMANN_6 random", budgeted(new RandomStrategy(), seeds));
    print("budgeted HARTMANN_6 asha", budgeted(new AshaStrategy(3, 0.1, false), seeds));
    assertThat(seeds).isEqualTo(30);
  }

  /** The regret at the point that looked best, for each of the seeds from 1 on. */
  private static double[] regrets(Problem problem, TuningStrategy strategy, int seeds) {
    double[] regrets = new double[seeds];
    for (int seed = 1; seed <= seeds; seed++) {
      SplittableRandom noise = new SplittableRandom(1_000 + seed);
      List<Observation> history = new ArrayList<>();
      for (int trial = 1; trial <= EVALUATIONS; trial++) {
        Proposal next = strategy.next(problem.space(), history, seed).orElseThrow();
        double seen =
            problem.regret(next) + problem.minimum + problem.noise() * noise.nextGaussian();
        history.add(new Observation(trial, next, seen, false));
      }
      regrets[seed - 1] = problem.regret(Observations.best(history).orElseThrow().proposal());
    }
    return regrets;
  }

  /**
   * The same on Hartmann-6 where a part b of the budget shows the value with a bias of 0.5·(1 − b)
   * and normal noise of 0.3·(1 − b), until budgets of {@value #WHOLE_BUDGETS} are spent; only
   * trials with the whole budget can win.
   */
  private static double[] budgeted(TuningStrategy strategy, int seeds) {
    Problem problem = Problem.HARTMANN_6;
    double[] regrets = new double[seeds];
    for (int seed = 1; seed <= seeds; seed++) {
      SplittableRandom noise = new SplittableRandom(1_000 + seed);
      List<Observation> history = new ArrayList<>();
      double spent = 0;
      while (spent < WHOLE_BUDGETS) {
        Proposal next = strategy.next(problem.space(), history, seed).orElseThrow();
        double missing = 1 - next.budget();
        double seen = problem.regret(next) + 0.5 * missing + 0.3 * missing * noise.nextGaussian();
        history.add(new Observation(history.size() + 1, next, seen, false));
        spent += next.budget();
      }
      List<Observation> whole = history.stream().filter(o -> o.proposal().budget() == 1).toList();
      regrets[seed - 1] = problem.regret(Observations.best(whole).orElseThrow().proposal());
    }
    return regrets;
  }

  private static double median(double[] values) {
    return quantile(values, 0.5);
  }

  private static double quantile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.round(share * (sorted.length - 1))];
  }

  private static void print(String name, double[] regrets) {
    System.out.printf(
        Locale.ROOT,
        "%s: median %.4f, quartiles %.4f and %.4f%n",
        name,
        median(regrets),
        quantile(regrets, 0.25),
        quantile(regrets, 0.75));
  }
}
