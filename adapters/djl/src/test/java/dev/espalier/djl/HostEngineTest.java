package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.GroupRule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.ScorePenalty;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.Units;
import dev.espalier.core.training.PrunedMatrix;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.UnitGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Steps on 2 x 2 matrices, worked out by hand. The loss is Σ cᵢ·w'ᵢ, so that G = c whatever the
 * weights are.
 */
class HostEngineTest {
  private static final long STEPS = 10;
  private static final float[] C = {-3f, 4f, 12f, 0f};
  private static final float[] W = {1f, -2f, 0.5f, 4f};
  private static final CubicSchedule HALF = new CubicSchedule(1, 0.5, 0, 1);

  private final NDManager manager = Torch.newManager();
  private final List<NDArray> leaves = new ArrayList<>();
  private final List<HostParameter> parameters = new ArrayList<>();
  private @Nullable HostEngine step;

  @AfterEach
  void free() {
    if (step != null) {
      step.close();
    }
    manager.close();
  }

  @Test
  @DisplayName("the norm is over masked weight gradients and straight-through score gradients")
  void norm() {
    prune("movement", Map.of(), HALF, W);
    parameters.get(0).mask()[2] = 0;
    // G⊙M = (−3, 4, 0, 0): 25. G⊙W = (−3, −8, 6, 0): 109.
    assertThat(gradients(0)).isCloseTo(Math.sqrt(25 + 109), within(1e-6));
  }

  @Test
  @DisplayName("negative gradients count and are clipped like positive ones")
  void clipsBothSigns() {
    prune("movement", Map.of(), new CubicSchedule(1, 1, 0, 1), W);
    gradients(0);
    // With Adam's first step, v = (1−β₂)g² and m = (1−β₁)g: the move is lr·√(1−β₂)/(1−β₁) ·
    // 0.1·g/(√0.001·|g| + ε) = lr·sign(g) up to ε, whatever the clipping.
    step().update(0, 1 / 13f, rates(0.1, 0));
    assertThat(parameters.get(0).weights)
        .usingComparatorWithPrecision(1e-5f)
        .containsExactly(1.1f, -2.1f, 0.4f, 4f);
  }

  @Test
  @DisplayName("scores move against G⊙W, also those of masked weights; the mask follows the scores")
  void movementMask() {
    prune("movement", Map.of(), HALF, W);
    parameters.get(0).mask()[1] = 0;
    gradients(0);
    // S moves by −lr·sign(G⊙W) = (+, +, −, 0)·0.01: half of the elements keeps 0 and 1.
    step().update(0, 1, rates(0, 0.01));
    assertThat(step().scores().get("w0").values())
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(0.01f, 0.01f, -0.01f, 0f);
    assertThat(effective(0)).containsExactly(1f, -2f, 0f, 0f);
    assertThat(parameters.get(0).weights).as("W itself is kept").containsExactly(W);
    assertThat(step().density()).isEqualTo(0.5);
  }

  @Test
  @DisplayName("a masked weight that moves by momentum stays zero in the forward pass")
  void maskHolds() {
    prune("movement", Map.of(), HALF, W);
    for (int number = 0; number < 2; number++) {
      gradients(number);
      step().update(number, 1, rates(0.1, 0.01));
    }
    assertThat(parameters.get(0).weights[2]).as("momentum moves it on").isLessThan(0.4f);
    assertThat(effective(0)[2]).as("but nobody sees it").isZero();
  }

  @Test
  @DisplayName("taking gradients clears them for the next backward pass")
  void clearsGradients() {
    prune("movement", Map.of(), HALF, W);
    gradients(0);
    gradients(0);
    assertThat(parameters.get(0).gradient).containsExactly(C);
  }

  @Test
  @DisplayName("magnitude keeps the largest of the weights that the step has left")
  void magnitude() {
    prune("magnitude", Map.of(), HALF, W);
    assertThat(effective(0)).as("dense at first").containsExactly(W);
    gradients(0);
    step().update(0, 1, rates(0, 0));
    assertThat(effective(0)).containsExactly(0f, -2f, 0f, 4f);
  }

  @Test
  @DisplayName("a pruner that ranks by gradients prunes nothing before it has seen one")
  void gradientFirst() {
    prune("snip", Map.of(), new CubicSchedule(0.5, 0.5, 0, 1), W);
    assertThat(effective(0)).containsExactly(W);
    gradients(0);
    step().update(0, 1, rates(0, 0));
    // |G⊙W| = (3, 8, 6, 0)
    assertThat(effective(0)).containsExactly(0f, -2f, 0.5f, 0f);
  }

  @Test
  @DisplayName("soft movement: the penalty's gradient is λ/(K·n)·σ'(S) with λ following τ")
  void softMovementPenalty() {
    float[] zero = new float[4];
    prune("soft_movement", Map.of("final_lambda", 8.0), new CubicSchedule(0, 0.1, 0, 2), zero, W);
    // At step 1 the cubic has τ = 0.1·(1 − (1/2)³), so λ = 8·0.875 = 7. K = 2, n = 4, σ'(0) = 1/4:
    // 7/8/4 = 0.21875 on each of the four scores of w0, whose G⊙W is 0; w1 gets G⊙W on top of it.
    double price = 0.21875;
    double first = 4 * price * price;
    double second = squares(-3 + price, -8 + price, 6 + price, price);
    double weights = 2 * squares(-3, 4, 12, 0);
    assertThat(gradients(1)).isCloseTo(Math.sqrt(first + second + weights), within(1e-5));
  }

  @Test
  @DisplayName("soft movement keeps what has σ(S) > τ, and the floor when nothing has")
  void softMovementMask() {
    prune("soft_movement", Map.of("final_lambda", 0.0), new CubicSchedule(0, 0.1, 0, 1), W);
    gradients(0);
    // One step of 3 along (+, +, −, 0): σ(−3) = 0.047 falls below 0.1, σ(0) = 0.5 does not.
    step().update(0, 1, rates(0, 3));
    assertThat(effective(0)).containsExactly(1f, -2f, 0f, 4f);

    prune("soft_movement", Map.of("score_scale", 0.0), new CubicSchedule(0.9, 0.9, 0, 1), W);
    assertThat(effective(0)).as("⌊0.005·4⌋ + 1 of equals").containsExactly(1f, 0f, 0f, 0f);
  }

  @Test
  @DisplayName("L0 draws gates from the seed and the step while training, and decides at the end")
  void gates() {
    Map<String, ?> ajar = Map.of("score_scale", 0.0);
    prune("l0", ajar, new CubicSchedule(1, 1, 0, 1), W);
    float[] first = effective(0);
    gradients(0);
    step().update(0, 1, rates(0, 0));
    assertThat(effective(0)).as("another step, other gates").isNotEqualTo(first);
    step().finish();
    // σ(0)·1.2 − 0.1 = 0.5
    assertThat(effective(0))
        .usingComparatorWithPrecision(1e-5f)
        .containsExactly(0.5f, -1f, 0.25f, 2f);

    prune("l0", ajar, new CubicSchedule(1, 1, 0, 1), W);
    assertThat(effective(0)).as("the same seed, the same gates").isEqualTo(first);
  }

  @Test
  @DisplayName("L0: the price of a gate is σ'(S + 1.5986), and λ is constant")
  void gatesPenalty() {
    prune("l0", Map.of("final_lambda", 4.0, "score_scale", 0.0), new CubicSchedule(1, 1, 0, 1), W);
    parameters.get(0).mask()[0] = 1; // fully open: no gradient through the gate
    parameters.get(0).mask()[1] = 0;
    parameters.get(0).mask()[2] = 1;
    parameters.get(0).mask()[3] = 0.5f; // G = 0 there
    double open = 1 / (1 + Math.exp(ScorePenalty.HARD_CONCRETE_SHIFT));
    double price = 4.0 / 4 * open * (1 - open);
    double weights = squares(-3, 0, 12, 0);
    assertThat(gradients(0)).isCloseTo(Math.sqrt(4 * price * price + weights), within(1e-5));
  }

  @Test
  @DisplayName("group lasso adds strength·w/‖unit‖ to the gradient, unit by unit")
  void groupLasso() {
    prune("group_lasso", Map.of("strength", 1.0), HALF, List.of(unit("w0", 1, 2)), null, W);
    gradients(0);
    // Rows (1, −2) and (0.5, 4): norms √5 and √16.25.
    double[] norms = {Math.sqrt(5), Math.sqrt(5), Math.sqrt(16.25), Math.sqrt(16.25)};
    for (int i = 0; i < 4; i++) {
      assertThat(parameters.get(0).gradient[i])
          .isCloseTo((float) (C[i] + W[i] / norms[i]), within(1e-6f));
    }
  }

  @Test
  @DisplayName("scores may start from the weights of their units, whatever the matrices")
  void scoresFromWeights() {
    UnitGroup pair =
        new UnitGroup(
            "ffn", List.of(new PrunedMatrix("w0", 2, 2, 1, 2), new PrunedMatrix("w1", 2, 2, 2, 1)));
    Pruner pruner = new Strangers.FromMagnitude();
    prune(pruner, HALF, List.of(List.of(pair)), null, W, new float[] {1, 7, -2, 8});
    // Unit 0: row (1, −2) of w0 and column (1, −2) of w1. Unit 1: (0.5, 4) and (7, 8).
    assertThat(step().scores().get("ffn").values()).containsExactly(1.5f, 4.875f);

    prune(pruner, HALF, List.of(unit("w0", 1, 1)), null, W);
    assertThat(step().scores().get("w0").values()).containsExactly(1f, 2f, 0.5f, 4f);
  }

  @Test
  @DisplayName("a pruner is told the matrix, the step and how many there will be")
  void moments() {
    List<Step> told = new ArrayList<>();
    GradientPruner pruner = (step, gradient, weights, statistics) -> told.add(step);
    prune(pruner, HALF, List.of(unit("w0", 1, 2)), null, W);
    for (int number = 0; number < 2; number++) {
      gradients(number);
      step().update(number, 1, rates(0, 0));
    }
    Units matrix = new Units("w0", 2, 2);
    assertThat(told).containsExactly(new Step(matrix, 0, STEPS, 1), new Step(matrix, 1, STEPS, 1));
  }

  @Test
  @DisplayName("a state of other arrays is refused, and nothing of it taken over")
  void loadsWholeStatesOnly() {
    prune("movement", Map.of(), HALF, W);
    StepEngine.State own = step().save();
    SortedMap<String, float[]> fewer = new TreeMap<>(own.arrays());
    fewer.remove("w0:score");
    assertThatThrownBy(() -> step().load(1, new StepEngine.State(fewer, null)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("it does not hold what is trained: it lacks w0:score");
    SortedMap<String, float[]> shorter = new TreeMap<>(own.arrays());
    shorter.replaceAll((name, values) -> new float[values.length]);
    shorter.put("w0:variance", new float[3]);
    assertThatThrownBy(() -> step().load(1, new StepEngine.State(shorter, null)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("w0:variance has 3 values");
    assertThat(parameters.get(0).weights).containsExactly(W);
  }

  @Test
  @DisplayName("a constant mask keeps the zeros that are there, wherever the weights move")
  void constant() {
    prune("constant_mask", Map.of(), new CubicSchedule(1, 1, 0, 1), new float[] {1, 0, 0.5f, 0});
    gradients(0);
    step().update(0, 1, rates(0.1, 0));
    assertThat(effective(0))
        .usingComparatorWithPrecision(1e-5f)
        .containsExactly(1.1f, 0f, 0.4f, 0f);
    assertThat(step().density()).isEqualTo(0.5);
  }

  @Test
  @DisplayName("a block is kept or removed by the mean of its weights' importance")
  void blocks() {
    prune("magnitude", Map.of(), HALF, List.of(unit("w0", 1, 2)), null, W);
    gradients(0);
    step().update(0, 1, rates(0, 0));
    // Rows (1, −2) with mean 1.5, and (0.5, 4) with mean 2.25.
    assertThat(effective(0)).containsExactly(0f, 0f, 0.5f, 4f);
  }

  @Test
  @DisplayName("the score of a unit over two matrices gets the sum of G⊙W over both")
  void pairs() {
    UnitGroup pair =
        new UnitGroup(
            "ffn", List.of(new PrunedMatrix("w0", 2, 2, 1, 2), new PrunedMatrix("w1", 2, 2, 2, 1)));
    prune("movement", Map.of(), HALF, List.of(List.of(pair)), null, W, new float[] {1, 1, 1, 1});
    // Unit 0: row 0 of w0, −3 − 8 = −11, and column 0 of w1, −3 + 12 = 9. Unit 1: row 1 of w0,
    // 6 + 0, and column 1 of w1, 4 + 0. So ∂L/∂S = (−2, 10).
    double norm = Math.sqrt(4 + 100 + 2 * squares(-3, 4, 12, 0));
    assertThat(gradients(0)).isCloseTo(norm, within(1e-5));
    step().update(0, 1, rates(0, 0.01));
    assertThat(effective(0)).containsExactly(1f, -2f, 0f, 0f);
    assertThat(effective(1)).containsExactly(1f, 0f, 1f, 0f);
  }

  @Test
  @DisplayName("1:2 removes the lesser of each two, whatever a count over the matrix would remove")
  void groupRule() {
    prune("magnitude", Map.of(), HALF, List.of(unit("w0", 1, 1)), new GroupRule(1, 2), W);
    gradients(0);
    step().update(0, 1, rates(0, 0));
    assertThat(effective(0)).containsExactly(0f, -2f, 0f, 4f);
  }

  @ParameterizedTest(name = "global: {0}")
  @CsvSource({"false, 2, 2", "true, 0, 4"})
  @DisplayName("units compete within their scope")
  void scopes(boolean global, int keptOfFirst, int keptOfSecond) {
    UnitGroup first = UnitGroup.of(new PrunedMatrix("w0", 2, 2, 1, 1));
    UnitGroup second = UnitGroup.of(new PrunedMatrix("w1", 2, 2, 1, 1));
    prune(
        "magnitude",
        Map.of(),
        HALF,
        global ? List.of(List.of(first, second)) : List.of(List.of(first), List.of(second)),
        null,
        W,
        new float[] {10, 20, 30, 40});
    gradients(0);
    step().update(0, 1, rates(0, 0));
    assertThat(step().densities())
        .containsEntry("w0", keptOfFirst / 4.0)
        .containsEntry("w1", keptOfSecond / 4.0);
  }

  @Test
  @DisplayName("scores that are not numbers are reported with the parameter's name")
  void notANumber() {
    prune("movement", Map.of(), HALF, W);
    gradients(0);
    assertThatThrownBy(() -> step().update(0, 1, rates(0, Double.NaN)))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("the pruner cannot rank w0: the importance of element 0 is NaN");
  }

  private void prune(
      String name, Map<String, ?> values, CubicSchedule schedule, float[]... weights) {
    List<List<UnitGroup>> scopes = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      scopes.add(unit("w" + i, 1, 1));
    }
    prune(name, values, schedule, scopes, null, weights);
  }

  private void prune(
      String name,
      Map<String, ?> values,
      CubicSchedule schedule,
      List<List<UnitGroup>> scopes,
      @Nullable GroupRule rule,
      float[]... weights) {
    prune(Pruners.named(name, values), schedule, scopes, rule, weights);
  }

  private void prune(
      Pruner pruner,
      CubicSchedule schedule,
      List<List<UnitGroup>> scopes,
      @Nullable GroupRule rule,
      float[]... weights) {
    if (step != null) {
      step.close();
    }
    leaves.clear();
    parameters.clear();
    for (int i = 0; i < weights.length; i++) {
      NDArray leaf =
          NativeArrays.create(manager, new Shape(2, 2), DataType.FLOAT32, weights[i].clone());
      leaves.add(leaf);
      parameters.add(new HostParameter("w" + i, leaf, weights[i].clone(), true));
    }
    step =
        new HostEngine(
            parameters, new PruningPlan("any", pruner, scopes, rule, schedule, null), 1, STEPS, 1);
  }

  private static List<UnitGroup> unit(String name, int blockRows, int blockColumns) {
    return List.of(UnitGroup.of(new PrunedMatrix(name, 2, 2, blockRows, blockColumns)));
  }

  /**
   * Runs the model backward, with the same gradient C for every matrix, and takes the gradients.
   */
  private double gradients(long number) {
    try (NDManager arrays = manager.newSubManager();
        GradientCollector collector = Torch.engine().newGradientCollector()) {
      NDArray c = NativeArrays.create(arrays, new Shape(2, 2), DataType.FLOAT32, C);
      NDArray loss = c.mul(leaves.get(0)).sum();
      for (NDArray leaf : leaves.subList(1, leaves.size())) {
        loss = loss.add(c.mul(leaf).sum());
      }
      collector.backward(loss);
    }
    return step().takeGradients(number);
  }

  private HostEngine step() {
    if (step == null) {
      throw new IllegalStateException("nothing to step");
    }
    return step;
  }

  private float[] effective(int matrix) {
    return leaves.get(matrix).toFloatArray();
  }

  private static double squares(double... values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return sum;
  }

  private static StepEngine.Rates rates(double weights, double scores) {
    AdamW.Step plain = AdamW.Step.of(1, weights, 0, 1e-8);
    return new StepEngine.Rates(plain, plain, AdamW.Step.of(1, scores, 0, 1e-8), 1);
  }
}
