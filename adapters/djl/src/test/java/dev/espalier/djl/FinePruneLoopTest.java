package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.data.Batch;
import dev.espalier.api.data.Batching;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.core.model.BertNames;
import dev.espalier.core.model.Heads;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.StopSignal;
import dev.espalier.core.training.TrainingPlan;
import dev.espalier.pruners.MagnitudePruner;
import dev.espalier.pruners.MovementPruner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FinePruneLoopTest {
  private static final long SEED = 7;
  private static final EncodedSet TRAIN = RandomBert.parity(640, SEED);
  private static final List<String> LINEARS =
      BertNames.encoderLinears(2).stream().map(prefix -> prefix + ".weight").toList();

  @TempDir Path directory;

  static Stream<Arguments> pruners() {
    return Stream.of(
        Arguments.of("magnitude", new MagnitudePruner()),
        Arguments.of("movement", new MovementPruner()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pruners")
  @DisplayName("a fine-pruned model has learnt the task at exactly the density asked for")
  void learnsAtDensity(String name, Pruner pruner) {
    FinePruner.Outcome outcome = train(plan(400, 3e-3), pruning(name, pruner, 0.25, 400));

    assertThat(accuracy(outcome.weights())).as("seed %d", SEED).isGreaterThan(0.78);
    for (String linear : LINEARS) {
      int size = outcome.weights().get(linear).values().length;
      assertThat(size - outcome.weights().get(linear).zeros())
          .as(linear)
          .isEqualTo(TopShare.count(0.25, size));
      assertThat(outcome.densities().get(linear)).as(linear).isEqualTo(0.25);
    }
  }

  /** Factors of two, so that nothing is rounded otherwise: what KeysWithoutEffect says. */
  @ParameterizedTest(name = "{0}, {1}")
  @CsvSource({"movement, constant, true", "movement, uniform, false"})
  @DisplayName("movement with equal starts prunes the same at every score learning rate")
  void scoreLearningRate(String name, String start, boolean same) {
    List<float[]> weights = new ArrayList<>();
    for (double rate : new double[] {1.0 / 128, 8}) {
      Pruner pruner =
          Pruners.named(
              name,
              Map.of("score_init", start, "score_scale", start.equals("constant") ? 0.0 : 0.01));
      TrainingPlan training = new TrainingPlan(60, 16, 3e-3, rate, 0.01, 6, 1, 1e-8, SEED, 1);
      weights.add(
          train(training, pruning(name, pruner, 0.25, 60)).weights().get(LINEARS.get(0)).values());
    }

    assertThat(Arrays.equals(weights.get(0), weights.get(1))).isEqualTo(same);
  }

  /** Every kind, those without a density among them. */
  static Stream<Arguments> allPruners() {
    return Stream.of("magnitude", "movement", "soft_movement", "l0", "snip_momentum", "group_lasso")
        .map(name -> Arguments.of(name, Pruners.named(name, Map.of())));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"soft_movement, 60", "l0, 1"})
  @DisplayName(
      "a penalty on scores leaves few weights, and the model has learnt the task with them")
  void penaltyPrunes(String name, double lambda) {
    Pruner pruner = Pruners.named(name, Map.of("final_lambda", lambda));
    CubicSchedule schedule =
        name.equals("l0") ? new CubicSchedule(1, 1, 40, 280) : new CubicSchedule(0, 0.1, 40, 280);
    PruningPlan plan =
        PruningPlan.weightByWeight(
            name, pruner, RandomBert.pretrained(SEED).weights(), LINEARS, schedule);
    List<RunEvent.StepDone> steps = new ArrayList<>();
    TrainingPlan training = new TrainingPlan(400, 16, 3e-3, 5e-2, 0.01, 40, 1, 1e-8, SEED, 1);
    FinePruner.Outcome outcome =
        new DjlFinePruner(new SafeTensorsStore())
            .run(request(training, plan), e -> steps.add((RunEvent.StepDone) e));

    assertThat(steps.get(20).sparsity()).as("at the beginning").isLessThan(0.5);
    assertThat(outcome.densities().values().stream().mapToDouble(d -> d).average().orElseThrow())
        .as("at the end")
        .isBetween(0.005, 0.6);
    assertThat(accuracy(outcome.weights())).as("seed %d", SEED).isGreaterThan(0.78);
    assertThat(outcome.scores()).hasSize(LINEARS.size());
  }

  @ParameterizedTest(name = "{0} to {1}")
  @CsvSource({"soft_movement, 0.3", "soft_movement, 0.1", "l0, 0.3", "l0, 0.1"})
  @DisplayName("a penalty whose lambda is steered leaves the share that was asked for")
  void penaltyReachesItsTarget(String name, double target) {
    PruningPlan byLambda =
        PruningPlan.weightByWeight(
            name,
            Pruners.named(name, Map.of()),
            RandomBert.pretrained(SEED).weights(),
            LINEARS,
            new CubicSchedule(name.equals("l0") ? 1 : 0, name.equals("l0") ? 1 : 0.1, 40, 280));
    PruningPlan plan =
        new PruningPlan(
            name,
            byLambda.pruner(),
            byLambda.scopes(),
            null,
            byLambda.schedule(),
            byLambda.schedule().between(1, target));
    TrainingPlan training = new TrainingPlan(400, 16, 3e-3, 5e-2, 0.01, 40, 1, 1e-8, SEED, 1);

    FinePruner.Outcome outcome =
        new DjlFinePruner(new SafeTensorsStore()).run(request(training, plan), e -> {});

    long kept = 0;
    long all = 0;
    for (String parameter : LINEARS) {
      for (float value : outcome.weights().get(parameter).values()) {
        kept += value == 0f ? 0 : 1;
        all++;
      }
    }
    // Few weights and few steps: half a point is asked for where there are many of both.
    assertThat((double) kept / all)
        .as("seed %d, %d weights", SEED, all)
        .isCloseTo(target, within(0.03));
  }

  @Test
  @DisplayName("what is not asked to be pruned is not pruned, and embeddings stay as they were")
  void leavesTheRestAlone() {
    String only = LINEARS.get(3);
    PruningPlan pruning =
        PruningPlan.weightByWeight(
            "movement",
            new MovementPruner(),
            RandomBert.pretrained(SEED).weights(),
            List.of(only),
            new CubicSchedule(1, 0.1, 5, 40));
    FinePruner.Outcome outcome = train(plan(50, 1e-3), pruning);

    TransformerWeights start = RandomBert.pretrained(SEED).weights();
    outcome
        .weights()
        .tensors()
        .forEach(
            (name, tensor) -> {
              if (name.equals(only)) {
                assertThat(tensor.zeros()).isPositive();
              } else if (name.startsWith(BertNames.EMBEDDINGS)) {
                assertThat(tensor.values()).isEqualTo(start.get(name).values());
              } else if (name.endsWith("weight")) {
                assertThat(tensor.zeros()).as(name).isZero();
              }
            });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("allPruners")
  @DisplayName("the same seed gives the same weights to the last bit, another seed does not")
  void deterministic(String name, Pruner pruner) {
    PruningPlan pruning = pruning(name, pruner, 0.3, 60);
    TransformerWeights first = train(plan(60, 1e-3), pruning).weights();
    TransformerWeights second = train(plan(60, 1e-3), pruning).weights();
    TransformerWeights other = train(plan(60, 1e-3, 6, SEED + 1), pruning).weights();

    first
        .tensors()
        .forEach(
            (parameter, tensor) ->
                assertThat(second.get(parameter).values())
                    .as(parameter)
                    .isEqualTo(tensor.values()));
    assertThat(other.get(LINEARS.get(0)).values()).isNotEqualTo(first.get(LINEARS.get(0)).values());
  }

  @Test
  @DisplayName("native arrays stay constant in number from step 50 to step 500")
  void constantArrays() {
    FinePruner.Request request =
        request(plan(500, 1e-4), pruning("movement", new MovementPruner(), 0.3, 500));
    List<int[]> batches = Batching.shuffled(TRAIN, 16, SEED, 0);
    List<Integer> counts = new ArrayList<>();
    try (FinePruneLoop loop = loop(request)) {
      for (int step = 0; step < 500; step++) {
        loop.trainStep(step, batches.get(step % batches.size()));
        if (step >= 50) {
          counts.add(loop.longLivedArrays());
        }
      }
    }
    assertThat(counts).containsOnly(counts.get(0));
  }

  @Test
  @DisplayName("a diverging training stops, says where, and keeps the last good weights")
  void divergence() {
    FinePruner.Request request = request(plan(50, 1e30, 0, SEED), null);

    assertThatThrownBy(
            () -> new DjlFinePruner(new SafeTensorsStore()).run(request, RunListener.SILENT))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problems().get(0).kind()).isEqualTo(ProblemKind.TRAINING);
              assertThat(e.exitCode()).isEqualTo(4);
              assertThat(e)
                  .hasMessageContaining("training diverged at step 2 of 50")
                  .hasMessageContaining("the weights before step 1 are in")
                  .hasMessageContaining("learning_rate (1.0E30)")
                  .hasMessageContaining("last-good");
            });
    TransformerWeights kept =
        new SafeTensorsStore().read(request.lastGood(), RandomBert.TWO_LAYERS);
    TransformerWeights start = request.model().weights();
    start
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(kept.get(name).values()).as(name).isEqualTo(tensor.values()));
  }

  @Test
  @DisplayName("each step is reported, with the sparsity of the schedule")
  void progress() {
    List<RunEvent.StepDone> steps = new ArrayList<>();
    FinePruner.Request request =
        request(plan(30, 1e-3), pruning("magnitude", new MagnitudePruner(), 0.5, 30));
    new DjlFinePruner(new SafeTensorsStore()).run(request, e -> steps.add((RunEvent.StepDone) e));

    assertThat(steps).hasSize(30).extracting(RunEvent.StepDone::totalSteps).containsOnly(30L);
    assertThat(steps).extracting(RunEvent.StepDone::sparsity).isSorted().endsWith(0.5);
    assertThat(steps)
        .allSatisfy(step -> assertThat(step.gradientNorm()).isPositive().isFinite())
        .allSatisfy(step -> assertThat(step.lambda()).isEmpty());
  }

  @Test
  @DisplayName("each step is reported with its learning rate and the penalty's λ")
  void rates() {
    List<RunEvent.StepDone> steps = new ArrayList<>();
    PruningPlan movement =
        PruningPlan.weightByWeight(
            "soft_movement",
            Pruners.named("soft_movement", Map.of("final_lambda", 3.0)),
            RandomBert.pretrained(SEED).weights(),
            LINEARS,
            new CubicSchedule(0, 0.1, 0, 20));
    TrainingPlan plan = new TrainingPlan(20, 8, 1e-3, 1e-2, 0, 4, 1, 1e-8, SEED, 1);

    new DjlFinePruner(new SafeTensorsStore())
        .run(request(plan, movement), e -> steps.add((RunEvent.StepDone) e));

    // Four steps of warm-up, then down to 0 after step 20; the first step's λ is that of 0.
    assertThat(steps.get(0).learningRate()).isEqualTo(0);
    assertThat(steps.get(2).learningRate()).isCloseTo(0.5e-3, within(1e-12));
    assertThat(steps.get(4).learningRate()).isCloseTo(1e-3, within(1e-12));
    assertThat(steps.get(12).learningRate()).isCloseTo(0.5e-3, within(1e-12));
    // λ follows the threshold: 1 - (1 - t / 20)^3 of the final one.
    assertThat(steps.get(0).lambda().orElseThrow()).isZero();
    assertThat(steps.get(10).lambda().orElseThrow()).isCloseTo(3 * 0.875, within(1e-9));
  }

  private FinePruner.Outcome train(TrainingPlan plan, @Nullable PruningPlan pruning) {
    return new DjlFinePruner(new SafeTensorsStore())
        .run(request(plan, pruning), RunListener.SILENT);
  }

  private FinePruner.Request request(TrainingPlan plan, @Nullable PruningPlan pruning) {
    return new FinePruner.Request(
        1,
        RandomBert.pretrained(SEED),
        TRAIN,
        plan,
        pruning,
        directory.resolve("last-good.safetensors"));
  }

  private static FinePruneLoop loop(FinePruner.Request request) {
    return new FinePruneLoop(
        request,
        Heads.with(
            request.model().weights(), new Head.Classification(List.of("even", "odd")), SEED),
        null,
        RunListener.SILENT,
        new StopSignal(),
        new SafeTensorsStore());
  }

  private static PruningPlan pruning(String name, Pruner pruner, double density, long steps) {
    return PruningPlan.weightByWeight(
        name,
        pruner,
        RandomBert.pretrained(SEED).weights(),
        LINEARS,
        new CubicSchedule(1, density, steps / 10, steps * 7 / 10));
  }

  private static TrainingPlan plan(long steps, double rate) {
    return plan(steps, rate, steps / 10, SEED);
  }

  private static TrainingPlan plan(long steps, double rate, long warmup, long seed) {
    return new TrainingPlan(steps, 16, rate, 1e-2, 0.01, warmup, 1, 1e-8, seed, 1);
  }

  private static double accuracy(TransformerWeights weights) {
    EncodedSet evaluation = RandomBert.parity(400, SEED + 100);
    int right = 0;
    try (BertModel model = BertModel.load(weights)) {
      Batch batch = Batch.of(evaluation.examples());
      float[] logits = model.logits(batch);
      for (int row = 0; row < batch.rows(); row++) {
        int answer = logits[2 * row] >= logits[2 * row + 1] ? 0 : 1;
        if (answer == evaluation.examples().get(row).label()) {
          right++;
        }
      }
    }
    return right / 400.0;
  }
}
