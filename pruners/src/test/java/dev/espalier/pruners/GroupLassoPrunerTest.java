package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.pruning.WeightPruner;
import dev.espalier.testkit.PrunerContract;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class GroupLassoPrunerTest extends PrunerContract {
  GroupLassoPrunerTest() {
    super("group_lasso");
  }

  @Test
  void ranksByMagnitude() {
    float[] importance = new float[4];
    create(Map.of()).importance(Created.STEP, new float[] {0.5f, -2f, 0f, -0.25f}, importance);
    assertThat(importance).containsExactly(0.5f, 2f, 0f, 0.25f);
  }

  /** By hand: the unit (3, −4) has the norm 5; at strength 0.1 its gradient is (0.06, −0.08). */
  @Test
  void pullsAUnitTowardsZero() {
    WeightPruner pruner = create(Map.of("strength", 0.1));
    assertThat(pruner.shrinks()).isTrue();
    assertThat(pruner.shrinkage(Created.STEP, 5) * 3).isCloseTo(0.06, within(1e-15));
    assertThat(pruner.shrinkage(Created.STEP, 5) * -4).isCloseTo(-0.08, within(1e-15));
  }

  @Test
  void isAsStrongAsItIsTold() {
    assertThat(create(Map.of()).shrinkage(Created.STEP, 2)).isEqualTo(0.003); // 0.006 by default
    assertThat(create(Map.of("strength", 0)).shrinkage(Created.STEP, 2)).isZero();
    assertThat(create(Map.of("strength", 1)).shrinkage(Created.STEP, 2)).isEqualTo(0.5);
  }

  /** Against central differences of strength · ‖u‖₂, weight by weight. */
  @Test
  void isTheGradientOfTheNorm() {
    WeightPruner pruner = create(Map.of("strength", 0.5));
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    double[] unit = random.doubles(6, -1, 1).toArray();
    double step = 1e-5;
    double shrinkage = pruner.shrinkage(Created.STEP, norm(unit));
    for (int i = 0; i < unit.length; i++) {
      double weight = unit[i];
      unit[i] = weight + step;
      double above = 0.5 * norm(unit);
      unit[i] = weight - step;
      double below = 0.5 * norm(unit);
      unit[i] = weight;
      assertThat(shrinkage * weight)
          .as("seed %d", seed)
          .isCloseTo((above - below) / (2 * step), within(1e-8));
    }
  }

  private static double norm(double[] unit) {
    double sum = 0;
    for (double weight : unit) {
      sum += weight * weight;
    }
    return Math.sqrt(sum);
  }

  private static WeightPruner create(Map<String, ?> given) {
    return Created.by(new GroupLassoPruner.Provider(), WeightPruner.class, given);
  }
}
