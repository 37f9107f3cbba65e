package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.ScorePenalty;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.testkit.PrunerContract;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class L0PrunerTest extends PrunerContract {
  private final ScorePruner pruner =
      Created.by(new L0Pruner.Provider(), ScorePruner.class, Map.of());
  private final MaskRule.Gates gates = (MaskRule.Gates) pruner.maskRule();

  L0PrunerTest() {
    super("l0");
  }

  /**
   * By hand. With 1/b = 3/2, s = x/(1 + x) for x = (u/(1 − u)·e^S)^(3/2), M = 1.2·s − 0.1 and ∂M/∂S
   * = 1.8·s·(1 − s): at x = 8 that is s = 8/9, M = 29/30, and 1.8·8/81 = 8/45.
   */
  @ParameterizedTest(name = "S = {0}, u = {1}: M = {2}, slope {3}")
  @CsvSource({
    "0,       0.5,  0.5,       0.45", // x = 1
    "0,       0.8,  0.9666667, 0.1777778", // x = 4^1.5 = 8
    "0,       0.2,  0.0333333, 0.1777778", // x = 1/8
    "1.386294, 0.5, 0.9666667, 0.1777778", // e^S = 4
    "-1.386294, 0.8, 0.5,      0.45", // 4 · 1/4
    "0,       0.9,  1,         0", // x = 27, 1.2·27/28 − 0.1 > 1
    "0,       0.1,  0,         0",
    "9.21024, 0,    0.5,       0.45", // u is taken for 0.0001, and e^S = 9999
    "-9.21024, 1,   0.5,       0.45",
    "100,     0.5,  1,         0",
    "-100,    0.5,  0,         0",
  })
  void samplesByHand(float score, float u, float mask, float slope) {
    float[] sampled = new float[1];
    gates.sample(Created.STEP, new float[] {score}, new float[] {u}, sampled);
    assertThat(sampled[0]).isCloseTo(mask, within(1e-4f));

    float[] gradient = new float[1];
    pruner.scoreGradient(Created.STEP, new float[] {-2}, new float[] {score}, sampled, gradient);
    assertThat(gradient[0]).isCloseTo(-2 * slope, within(1e-4f));
  }

  /** By hand: 1.2·σ(S) − 0.1 with σ(±ln 9) = 0.9, 0.1; it reaches 0 and 1 at ∓ln 11. */
  @ParameterizedTest(name = "S = {0}: M = {1}")
  @CsvSource({
    "0, 0.5",
    "2.197225, 0.98",
    "-2.197225, 0.02",
    "2.3980, 1",
    "-2.3980, 0",
    "50, 1",
    "-50, 0",
  })
  void decidesByHand(float score, float mask) {
    float[] decided = new float[1];
    gates.decide(Created.STEP, new float[] {score}, decided);
    assertThat(decided[0]).isCloseTo(mask, within(1e-5f));
  }

  @Test
  void closesGatesForGood() {
    float[] decided = new float[2];
    gates.decide(Created.STEP, new float[] {-2.398f, -2.397f}, decided); // −ln 11 = −2.39790
    assertThat(decided[0]).isZero();
    assertThat(decided[1]).isPositive();
  }

  @Test
  void agreesWithDoublePrecision() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    float[] scores = new float[20_000];
    float[] uniform = new float[scores.length];
    float[] ones = new float[scores.length];
    Arrays.fill(ones, 1);
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) (3 * random.nextGaussian());
      uniform[i] = random.nextFloat();
    }
    float[] sampled = new float[scores.length];
    float[] decided = new float[scores.length];
    float[] gradient = new float[scores.length];

    gates.sample(Created.STEP, scores, uniform, sampled);
    gates.decide(Created.STEP, scores, decided);
    pruner.scoreGradient(Created.STEP, ones, scores, sampled, gradient);

    for (int i = 0; i < scores.length; i++) {
      String where = "S = " + scores[i] + ", u = " + uniform[i] + ", seed " + seed;
      double stretched = HardConcreteReference.stretched(scores[i], uniform[i]);
      assertThat((double) sampled[i])
          .as(where)
          .isCloseTo(HardConcreteReference.clamp(stretched, 0, 1), within(1e-4));
      assertThat((double) decided[i])
          .as(where)
          .isCloseTo(HardConcreteReference.decide(scores[i]), within(1e-5));
      if (Math.min(Math.abs(stretched), Math.abs(stretched - 1)) > 1e-3) { // not on an edge
        assertThat((double) gradient[i])
            .as(where)
            .isCloseTo(HardConcreteReference.slope(scores[i], uniform[i]), within(2e-4));
      }
    }
  }

  /** Central differences through sample() with fixed u. */
  @Test
  void hasTheGradientOfItsSamples() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int size = 5_000;
    float step = 1f / 64;
    float[] scores = new float[size];
    float[] above = new float[size];
    float[] below = new float[size];
    float[] uniform = new float[size];
    float[] maskGradient = new float[size];
    for (int i = 0; i < size; i++) {
      scores[i] = Math.round(2 * random.nextGaussian() * 1024) / 1024f;
      above[i] = scores[i] + step;
      below[i] = scores[i] - step;
      uniform[i] = random.nextFloat();
      maskGradient[i] = (float) random.nextGaussian();
    }
    float[] mask = new float[size];
    float[] maskAbove = new float[size];
    float[] maskBelow = new float[size];
    gates.sample(Created.STEP, scores, uniform, mask);
    gates.sample(Created.STEP, above, uniform, maskAbove);
    gates.sample(Created.STEP, below, uniform, maskBelow);

    float[] gradient = new float[size];
    pruner.scoreGradient(Created.STEP, maskGradient, scores, mask, gradient);

    int compared = 0;
    for (int i = 0; i < size; i++) {
      boolean ajar = maskBelow[i] > 0 && maskAbove[i] < 1;
      boolean clamped = maskAbove[i] == 0 || maskBelow[i] == 1;
      if (ajar || clamped) { // not on the edge between the two
        double expected = maskGradient[i] * (maskAbove[i] - maskBelow[i]) / (2 * step);
        assertThat((double) gradient[i])
            .as("S = %s, u = %s, seed %d", scores[i], uniform[i], seed)
            .isCloseTo(expected, within(5e-3));
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(size * 9 / 10);
  }

  /** The penalty is the share of the numbers u for which the gate is not closed. */
  @ParameterizedTest
  @ValueSource(floats = {-3, -1.5986f, 0, 2.197f})
  void punishesTheExpectedShareOfOpenGates(float score) {
    ScorePenalty penalty = pruner.penalty().orElseThrow();
    float[] scores = new float[100_000];
    float[] uniform = new float[scores.length];
    Arrays.fill(scores, score);
    for (int i = 0; i < uniform.length; i++) {
      uniform[i] = (i + 0.5f) / uniform.length;
    }
    float[] mask = new float[scores.length];
    gates.sample(Created.STEP, scores, uniform, mask);
    int open = 0;
    for (float value : mask) {
      open += value > 0 ? 1 : 0;
    }

    double expected = HardConcreteReference.open(score);
    assertThat(penalty.value(new float[] {score})).isCloseTo(expected, within(1e-9));
    assertThat((double) open / mask.length).isCloseTo(expected, within(1e-4));
  }

  /** The reference's recipe: σ(2.197) = 0.9, so a mask of 0.98 and a penalty of 0.978. */
  @Test
  void startsWithGatesOpen() {
    float[] scores = new float[6];
    pruner.initializeScores(Created.STEP, Created.NO_WEIGHTS, scores);
    assertThat(scores).containsOnly(2.197f);

    float[] mask = new float[6];
    gates.decide(Created.STEP, scores, mask);
    assertThat(mask[0]).isCloseTo(0.98f, within(1e-4f));
    ScorePenalty penalty = pruner.penalty().orElseThrow();
    assertThat(penalty.finalLambda()).isEqualTo(125);
    assertThat(penalty.value(scores)).isCloseTo(0.978, within(5e-4));
  }
}
