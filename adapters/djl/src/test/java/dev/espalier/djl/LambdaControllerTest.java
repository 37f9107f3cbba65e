package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.ScorePenalty;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.api.pruning.Units;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The controller against simulated scores: each is pulled up by a constant of its own and pushed
 * about by noise, by a real optimizer, a real penalty and a real mask rule.
 */
class LambdaControllerTest {
  private static final int SIZE = 4_000;
  private static final long SEED = 11;

  @ParameterizedTest(name = "{0}, {1} steps, pulls of {2} x {3} noise: {4} is kept")
  @CsvSource({
    "soft_movement, 1500, 1e-6, 0.05, 0.10",
    "soft_movement, 1500, 1e-6, 0.05, 0.03",
    "soft_movement, 1500, 1e-9, 0.30, 0.10",
    "soft_movement, 1500, 1e-3, 0.30, 0.03",
    "soft_movement, 3000, 1e-6, 0.05, 0.50",
    "l0, 600, 1e-6, 0.05, 0.03",
    "l0, 1500, 1e-3, 0.30, 0.10",
    "l0, 1500, 1e-9, 0.05, 0.03",
    "l0, 3000, 1e-6, 0.30, 0.10",
  })
  @DisplayName("the density ends within half a percentage point of the target")
  void reaches(String pruner, int steps, double noise, double pull, double target) {
    assertThat(simulate(pruner, steps, noise, pull, target))
        .as("seed %d", SEED)
        .isCloseTo(target, within(0.005));
  }

  @Test
  @DisplayName("nothing happens before the schedule starts, whatever the density")
  void waits() {
    LambdaController controller = new LambdaController(new CubicSchedule(1, 0.1, 100, 200));
    controller.observePull(1);
    controller.observeDensity(50, 0.9, 1);

    assertThat(controller.lambda()).isZero();
  }

  @Test
  @DisplayName("lambda is positive above the goal, and negative once too little is left")
  void hasBothSigns() {
    LambdaController controller = new LambdaController(new CubicSchedule(0.1, 0.1, 0, 1));
    controller.observePull(1);

    controller.observeDensity(5, 0.2, 1);
    assertThat(controller.lambda()).isPositive();
    controller.observeDensity(10, 0, 1);
    assertThat(controller.lambda()).isNegative().isGreaterThan(Double.NEGATIVE_INFINITY);
  }

  private static final Step START = new Step(new Units("w", 1, SIZE), 0, 1, SEED);

  /** Trains the scores of one matrix, and returns the density of the mask at the end. */
  private static double simulate(String name, int steps, double noise, double pull, double target) {
    ScorePruner pruner = (ScorePruner) Pruners.named(name, Map.of());
    boolean gates = pruner.maskRule() instanceof MaskRule.Gates;
    ScorePenalty penalty = pruner.penalty().orElseThrow();
    LinearWarmup warmup = new LinearWarmup(steps / 20, steps);
    CubicSchedule goal = new CubicSchedule(1, target, 3L * steps / 20, steps - steps / 5);
    CubicSchedule thresholds = goal.between(0, 0.1);
    LambdaController controller = new LambdaController(goal);
    SplittableRandom random = new SplittableRandom(SEED);
    float[] scores = new float[SIZE];
    pruner.initializeScores(START, (function, out) -> {}, scores);
    double[] pulls = new double[SIZE];
    for (int i = 0; i < SIZE; i++) {
      pulls[i] = pull * random.nextGaussian() * Math.abs(random.nextGaussian());
    }
    AdamW optimizer = new AdamW(SIZE);
    float[] gradient = new float[SIZE];
    float[] mask = new float[SIZE];
    TopShare selection = new TopShare();
    for (int step = 0; step < steps; step++) {
      for (int i = 0; i < SIZE; i++) {
        double task = noise * (random.nextGaussian() - pulls[i]);
        gradient[i] = (float) (gates && !ajar(scores[i], random) ? 0 : task);
      }
      if (LambdaController.looksAt(step)) {
        controller.observePull(Math.sqrt(HostEngine.sumOfSquares(gradient) * SIZE));
      }
      penalty.addGradient(scores, controller.lambda() / SIZE, gradient);
      double factor = warmup.factor(step);
      optimizer.update(
          scores, gradient, 1, AdamW.Step.of(step + 1, (gates ? 0.1 : 0.01) * factor, 0, 1e-15));
      decide(pruner.maskRule(), thresholds.at(step + 1), scores, selection, mask);
      if (LambdaController.looksAt(step + 1)) {
        controller.observeDensity(step + 1, density(mask), factor);
      }
    }
    return density(mask);
  }

  /** Whether a gate lets a gradient through: by chance, where it is neither open nor closed. */
  private static boolean ajar(float score, SplittableRandom random) {
    double shift = ScorePenalty.HARD_CONCRETE_SHIFT;
    double open = 1 / (1 + Math.exp(shift - score));
    double wideOpen = 1 / (1 + Math.exp(-shift - score));
    return random.nextDouble() < open - wideOpen;
  }

  private static void decide(
      MaskRule rule, double threshold, float[] scores, TopShare selection, float[] mask) {
    if (rule instanceof MaskRule.Threshold cut) {
      selection.selectAbove(scores, threshold, cut.floor(), mask);
    } else {
      ((MaskRule.Gates) rule).decide(START, scores, mask);
    }
  }

  private static double density(float[] mask) {
    int kept = 0;
    for (float value : mask) {
      kept += value == 0f ? 0 : 1;
    }
    return (double) kept / mask.length;
  }
}
