package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that cannot change the result: said where they are set, and not searched. */
class KeysWithoutEffectTest {
  private static final String QUICKSTART = "../yaml-configs/quickstart.yaml";
  private static final String COMPRESSION = "pruning.approach.weight_compression.";
  private static final String RATE = "pruning.train.score_learning_rate";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{prune_type: movement} | movement keeps the highest scores, and all of them start at the"
            + " same value: another rate scales them all alike",
        "{prune_type: movement, pattern: 4x1, prune_domain: global} | another rate scales them all",
        "{prune_type: movement, parameters: {score_scale: 2}} | another rate scales them all alike",
        "{prune_type: magnitude} | magnitude trains no scores",
        "{prune_type: snip_momentum} | snip_momentum trains no scores",
      })
  @DisplayName("a score learning rate without effect is said, with its place")
  void rate(String pruner, String reason) {
    Executed validate = validate(pruner, RATE + "=0.5");

    assertThat(validate.exitCode()).isZero();
    assertThat(validate.out())
        .contains("--set " + RATE + "=0.5: " + RATE + ": has no effect: ")
        .contains(reason);
  }

  @Test
  @DisplayName("a constant that scores start at has no effect, either")
  void scale() {
    assertThat(validate("{prune_type: movement, parameters: {score_scale: 2}}").out())
        .contains(".parameters.score_scale: has no effect: movement keeps the highest scores")
        .doesNotContain(RATE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{prune_type: movement, parameters: {score_init: uniform, score_scale: 0.1}}",
        "{prune_type: movement, parameters: {score_init: kaiming}}",
        "{prune_type: soft_movement, parameters: {final_lambda: 100}}",
        "{prune_type: l0}",
      })
  @DisplayName("where it has an effect, nothing is said")
  void effect(String pruner) {
    Executed validate = validate(pruner, RATE + "=0.5");

    assertThat(validate.exitCode()).isZero();
    assertThat(validate.out()).doesNotContain("has no effect");
  }

  @ParameterizedTest
  @CsvSource({
    "tuning.baseline.metrics={}, tuning.baseline.metrics",
    "tuning.multi_objectives=[], tuning.multi_objectives",
    "tuning.search_space=[], tuning.search_space",
    "evaluation.accuracy.multi_metrics=[], evaluation.accuracy.multi_metrics",
    "tuning.exit_policy={}, tuning.exit_policy",
    "tuning.strategy={parameters: {}}, tuning.strategy.parameters",
  })
  @DisplayName("an empty map or list that says nothing is told, with its place")
  void empty(String assignment, String key) {
    Executed validate = validate("{prune_type: magnitude}", assignment);

    assertThat(validate.exitCode()).isZero();
    assertThat(validate.out())
        .contains("--set " + assignment + ": " + key + ": has no effect: it is empty");
  }

  @Test
  @DisplayName("an empty list that takes the place of another one has an effect")
  void emptied() {
    assertThat(
            validate(
                    "{prune_type: magnitude}",
                    "tuning.multi_objectives=[{objective: density}]",
                    "tuning.multi_objectives=[]",
                    "pruning.approach.weight_compression.pruners[0].parameters={}")
                .out())
        .doesNotContain("tuning.multi_objectives: has no effect")
        .contains("pruners[0].parameters: has no effect");
  }

  @Test
  @DisplayName("what is not set is not told of")
  void unset() {
    assertThat(validate("{prune_type: movement}").out()).doesNotContain("has no effect");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{key: pruning.train.score_learning_rate}",
        "{key: pruning.train.score_learning_rate, low: 0.001, high: 0.1}",
        "{key: 'pruning.approach.weight_compression.pruners[0].parameters.score_scale', options: [1, 2]}",
      })
  @DisplayName("it is not searched: exit code 2")
  void searched(String dimension) {
    Executed validate =
        validate("{prune_type: movement}", "tuning.search_space=[" + dimension + "]");

    assertThat(validate.exitCode()).isEqualTo(2);
    assertThat(validate.err())
        .contains("tuning.search_space[0].key: pruning.")
        .contains(" has no effect, so all trials would be equal: movement keeps the highest");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{prune_type: movement, parameters: {score_init: uniform, score_scale: 0.1}} |",
        "{prune_type: soft_movement} |",
        "{prune_type: l0} |",
        "{prune_type: movement} | , {key: 'pruning.approach.weight_compression.pruners[0].parameters"
            + ".score_init'}",
      })
  @DisplayName("it is searched where it has an effect, or where the search decides that")
  void searchable(String pruner, String more) {
    String space = "[{key: " + RATE + "}" + (more == null ? "" : more) + "]";

    assertThat(validate(pruner, "tuning.search_space=" + space).err()).isEmpty();
  }

  private static Executed validate(String pruner, String... assignments) {
    List<String> arguments = new ArrayList<>(List.of("validate", QUICKSTART));
    arguments.addAll(List.of("--set", COMPRESSION + "pruners=[" + pruner + "]"));
    if (pruner.contains("final_lambda")) {
      arguments.addAll(List.of("--set", COMPRESSION + "target_sparsity=null"));
    }
    for (String assignment : assignments) {
      arguments.addAll(List.of("--set", assignment));
    }
    return Executed.of(arguments.toArray(String[]::new));
  }
}
