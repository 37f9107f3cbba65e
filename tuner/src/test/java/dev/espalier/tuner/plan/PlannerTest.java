package dev.espalier.tuner.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.tuner.fixture.TestPruner;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PlannerTest {
  private static final String COMPRESSION = "pruning.approach.weight_compression.";
  private static final String CHOICE = COMPRESSION + "pruners[0].";

  @TempDir Path folder;

  @ParameterizedTest(name = "{0} x {1} examples in batches of {2}: {3} steps, {4} to {5}")
  @CsvSource({
    // epochs, examples, batch, steps, start, end: 10% warm-up, 1 and 2 multiples
    "3, 67349, 32, 6315, 632, 5051",
    "1, 100, 10, 10, 1, 8",
    "0.5, 100, 10, 5, 1, 3",
    "2, 101, 10, 22, 2, 18",
  })
  void epochs_become_steps_and_the_schedule_fits_between_the_warmups(
      String epochs, int examples, int batch, long steps, long start, long end) {
    Plan plan =
        plan(examples, "pruning.train.epochs=" + epochs, "pruning.train.batch_size=" + batch);

    assertThat(plan.training().totalSteps()).isEqualTo(steps);
    assertThat(plan.pruning().schedule().start()).isEqualTo(start);
    assertThat(plan.pruning().schedule().end()).isEqualTo(end);
    assertThat(plan.baseline()).isEqualTo(plan.training());
  }

  @Test
  void a_schedule_in_epochs_knows_how_long_an_epoch_is() {
    Plan plan =
        plan(
            100,
            "pruning.train.epochs=10",
            "pruning.train.batch_size=10",
            "pruning.train.warmup=1 epoch",
            COMPRESSION + "initial_warmup=2 epochs",
            COMPRESSION + "final_warmup=10%");

    assertThat(plan.training().warmupSteps()).isEqualTo(10);
    assertThat(plan.pruning().schedule().start()).isEqualTo(20);
    assertThat(plan.pruning().schedule().end()).isEqualTo(90);
  }

  @Test
  void the_last_step_already_has_the_target_density() {
    Plan plan = plan(100, "pruning.train.max_steps=50", COMPRESSION + "final_warmup=0");

    assertThat(plan.pruning().schedule().at(49)).isEqualTo(1 - 0.85);
    assertThat(plan.pruning().schedule().at(0)).isEqualTo(1);
  }

  @Test
  void a_schedule_without_room_names_its_numbers() {
    assertThatThrownBy(() -> plan(100, "pruning.train.max_steps=117", "pruning.train.warmup=50"))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(
            "the sparsity schedule has no room: it would start after 50 steps (initial_warmup 1.0 x"
                + " warm-up) and end at step 17 (total 117 - final_warmup 2.0 x warm-up; the"
                + " warm-up has 50)")
        .hasMessageContaining("Train for more epochs or max_steps");
  }

  @Test
  void a_schedule_without_effect_is_an_error() {
    assertThatThrownBy(() -> plan(100, COMPRESSION + "initial_sparsity=0.85"))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(
            "target_sparsity: is the same as initial_sparsity, so the schedule would change"
                + " nothing, found 0.85")
        .hasMessageContaining("Maybe initial_sparsity: 0.0 is meant, with initial_warmup: 0");
    assertThatThrownBy(() -> plan(100, COMPRESSION + "target_sparsity=0"))
        .hasMessageContaining("so the schedule would change nothing, found 0.0")
        .hasMessageContaining("constant_mask removes nothing on purpose");
    assertThatThrownBy(() -> plan(100, COMPRESSION + "target_sparsity=0.01"))
        .hasMessageContaining("target_sparsity: removes nothing: with the pattern 1x1 at most ")
        .hasMessageContaining("units compete under prune_domain local, and 0.01 of them rounds to");
  }

  @Test
  void a_warmup_longer_than_the_training_is_named() {
    assertThatThrownBy(() -> plan(100, "pruning.train.max_steps=117", "pruning.train.warmup=500"))
        .hasMessageContaining("a warm-up of 500 steps does not fit into a training of 117 steps");
  }

  @Test
  void a_baseline_may_have_a_budget_of_its_own() {
    assertThat(plan(100, "tuning.baseline.max_steps=7").baseline().totalSteps()).isEqualTo(7);
    assertThat(plan(320, "tuning.baseline.epochs=1").baseline().totalSteps()).isEqualTo(10);
    Plan slower = plan(320, "tuning.baseline.learning_rate=1e-5");
    assertThat(slower.baseline().learningRate()).isEqualTo(1e-5);
    assertThat(slower.baseline().totalSteps()).isEqualTo(slower.training().totalSteps());
    assertThat(slower.training().learningRate()).isNotEqualTo(1e-5);
  }

  @Test
  void only_matrices_of_the_encoder_are_prunable() {
    assertThat(plan(100).pruning().parameters())
        .containsExactly(
            "bert.encoder.layer.0.attention.self.query.weight",
            "bert.encoder.layer.1.output.dense.weight");
    assertThat(plan(100, CHOICE + "excluded_names=*.query.*").pruning().parameters()).hasSize(1);
    assertThat(plan(100, CHOICE + "names=*.query.*,*.1.*").prunableWeights()).isEqualTo(12);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "names=bert.encoder.layer.7.*|names: \"bert.encoder.layer.7.*\" matches none of the model's"
            + " 2 prunable parameters",
        "names=bert.embeddings.*|names: \"bert.embeddings.*\" matches none",
        "excluded_names=*LayerNorm*|excluded_names: \"*LayerNorm*\" matches none",
        "excluded_names=*|names and excluded_names together leave nothing to prune",
      })
  void a_glob_that_matches_nothing_is_an_error(String assignment, String message) {
    assertThatThrownBy(() -> plan(100, CHOICE + assignment))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(message);
  }

  @Test
  void the_nearest_names_are_suggested() {
    assertThatThrownBy(() -> plan(100, CHOICE + "names=bert.encoder.layer.1.output.dence.weight"))
        .hasMessageContaining("The nearest names are bert.encoder.layer.1.output.dense.weight,");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "target_sparsity=null|target_sparsity: is missing; movement removes as much as it says",
        "pruners[0].prune_type=soft|target_sparsity: soft does not follow a target sparsity, found"
            + " 0.85",
        "pruners=[{prune_type: priced, parameters: {final_lambda: 2}}]|parameters.final_lambda:"
            + " target_sparsity is set, too, found 2",
        "pruners[0].prune_type=fixed|Remove it: the zeros that are there decide.",
        "pruners[0].pattern=3by3|pruners[0].pattern: must be 1x1, RxC (blocks), N:M (N removed of"
            + " each M), ffn_pairs or heads, found \"3by3\"",
        "pruners[0].pattern=2:2|pruners[0].pattern: N:M needs 1 <= N < M, found 2:2",
        "pruners[0].pattern=1:4|target_sparsity: the pattern 1:4 removes at most 0.25, found 0.85",
      })
  void what_does_not_go_together_is_found_before_the_model_is_read(
      String assignment, String message) {
    assertThatThrownBy(() -> plan(100, COMPRESSION + assignment))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fixed|pattern=4x1|fixed supports single weights only, found 4x1",
        "soft|pattern=2:4|soft does not support N:M patterns, found 2:4",
        "soft|prune_domain=global|nothing competes under soft, found global",
      })
  void a_pruner_that_follows_no_target_refuses_what_needs_one(
      String pruner, String assignment, String message) {
    assertThatThrownBy(
            () ->
                plan(
                    100,
                    COMPRESSION + "target_sparsity=null",
                    CHOICE + "prune_type=" + pruner,
                    CHOICE + assignment))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(message);
  }

  @Test
  void a_threshold_follows_the_schedule_in_place_of_the_density() {
    Plan plan = plan(3200, COMPRESSION + "target_sparsity=null", CHOICE + "prune_type=soft");

    assertThat(plan.pruning().schedule().at(0)).isZero();
    assertThat(plan.pruning().schedule().at(300)).isEqualTo(0.1);
    assertThat(plan.table()).contains("threshold from step 240           -           0.1");
  }

  @Test
  void a_penalty_is_steered_to_the_target_beside_the_threshold() {
    Plan plan = plan(3200, CHOICE + "prune_type=priced");

    assertThat(plan.pruning().schedule().at(300)).isEqualTo(0.1);
    assertThat(plan.pruning().densityGoal()).isNotNull();
    assertThat(plan.pruning().densityGoal().at(0)).isEqualTo(1);
    assertThat(plan.pruning().densityGoal().at(300)).isCloseTo(0.15, within(1e-12));
    assertThat(plan.table()).contains("steered to the sparsity", "sparsity from step 240");
  }

  @Test
  void a_penalty_keeps_its_own_lambda_without_a_target() {
    Plan plan = plan(3200, COMPRESSION + "target_sparsity=null", CHOICE + "prune_type=priced");

    assertThat(plan.pruning().densityGoal()).isNull();
  }

  @Test
  void a_pruner_that_ranks_follows_its_target_whatever_its_penalty_is() {
    Plan plan = plan(3200, CHOICE + "prune_type=taxed", CHOICE + "parameters={final_lambda: 2}");

    assertThat(plan.pruning().densityGoal()).isNull();
    assertThat(plan.pruning().schedule().at(300)).isCloseTo(0.15, within(1e-12));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({"local, 2", "groups, 2", "global, 1"})
  void the_domain_says_what_competes(String domain, int scopes) {
    assertThat(plan(100, CHOICE + "prune_domain=" + domain).pruning().scopes()).hasSize(scopes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "3x1|3x1 does not fit: bert.encoder.layer.0.attention.self.query.weight: blocks of 3 x 1 do"
            + " not fill a matrix of 2 x 2",
        "ffn_pairs|ffn_pairs does not fit: layer 1 is only pruned as a whole, but"
            + " bert.encoder.layer.1.intermediate.dense.weight is left out",
        "heads|heads does not fit: layer 0 is only pruned as a whole, but"
            + " bert.encoder.layer.0.attention.self.key.weight is left out",
      })
  void a_pattern_that_does_not_fit_names_the_matrix(String pattern, String message) {
    assertThatThrownBy(() -> plan(100, CHOICE + "pattern=" + pattern))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(message);
  }

  @Test
  void the_table_is_aligned() {
    String table = plan(3200, "pruning.train.threads=2", "tuning.baseline.epochs=1").table();

    assertThat(table)
        .isEqualTo(
            """
            Plan                      baseline  fine-pruning
            training examples             3200          3200
            batch size                      32            32
            steps                          100           300
            warm-up steps                   10            30
            learning rate               5.0E-5        5.0E-5
            score learning rate              -          0.01
            threads                          2             2
            starts from             pretrained    pretrained
            pruner                           -      movement
            matrices                         -             2
            prunable weights                 -            12
            sparsity until step 30           -         0.00%
            sparsity from step 240           -        85.00%""");
  }

  private Plan plan(int examples, String... assignments) {
    Path yaml = folder.resolve("x.yaml");
    try {
      Files.writeString(
          yaml,
          """
          model: {name: tiny, checkpoint: x}
          data: {task: sentiment-twin}
          pruning:
            approach:
              weight_compression: {target_sparsity: 0.85, pruners: [{prune_type: movement}]}
          """);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Planner planner =
        new Planner(
            new ConfigurationLoader().load(yaml, new ArrayList<>(List.of(assignments)), Map.of()),
            new PrunerCatalog(
                List.of(
                    TestPruner.ranking("movement"),
                    TestPruner.thresholding("soft"),
                    TestPruner.penalized("priced"),
                    TestPruner.rankingPenalized("taxed"),
                    TestPruner.constant("fixed"))));
    return planner.plan(planner.pruner(), weights(), examples, 1);
  }

  private static TransformerWeights weights() {
    TreeMap<String, Tensor> tensors = new TreeMap<>();
    tensors.put("bert.embeddings.word_embeddings.weight", Tensor.matrix(2, 2, new float[4]));
    tensors.put(
        "bert.encoder.layer.0.attention.self.query.weight", Tensor.matrix(2, 2, new float[4]));
    tensors.put("bert.encoder.layer.0.attention.self.query.bias", Tensor.vector(0, 0));
    tensors.put("bert.encoder.layer.1.output.LayerNorm.weight", Tensor.vector(0, 0));
    tensors.put("bert.encoder.layer.1.output.dense.weight", Tensor.matrix(2, 4, new float[8]));
    BertArchitecture tiny = new BertArchitecture(2, 2, 2, 1, 4, 8, 2, 1e-12, 0, 0);
    return new TransformerWeights(tiny, tensors);
  }
}
