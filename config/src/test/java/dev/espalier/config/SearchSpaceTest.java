package dev.espalier.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.tuning.Dimension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SearchSpaceTest {
  private static final String SPARSITY = "pruning.approach.weight_compression.target_sparsity";
  private static final String LAMBDA =
      "pruning.approach.weight_compression.pruners[0].parameters.final_lambda";

  @TempDir Path folder;

  @Test
  void ranges_and_options_have_the_types_of_their_keys() throws IOException {
    ResolvedConfiguration loaded =
        load(
            """
            - {key: %s, low: 0.5, high: 0.97}
            - {key: pruning.train.learning_rate, low: 1e-5, high: 1e-3, scale: log}
            - {key: pruning.train.batch_size, low: 8, high: 64}
            - {key: "%s", low: 1, high: 100, scale: log}
            - key: pruning.approach.weight_compression.pruners[0].prune_type
              options: [l0, movement]
            - {key: pruning.train.max_steps, options: [100, 200]}
            """
                .formatted(SPARSITY, LAMBDA));

    assertThat(loaded.searchSpace(key -> Optional.empty()).dimensions())
        .containsExactly(
            new Dimension.Real(SPARSITY, 0.5, 0.97, false),
            new Dimension.Real("pruning.train.learning_rate", 1e-5, 1e-3, true),
            new Dimension.Whole("pruning.train.batch_size", 8, 64),
            new Dimension.Real(LAMBDA, 1, 100, true),
            new Dimension.Choice(
                "pruning.approach.weight_compression.pruners[0].prune_type",
                List.of("l0", "movement")),
            new Dimension.Choice("pruning.train.max_steps", List.of(100L, 200L)));
  }

  @Test
  void a_bare_key_has_the_range_or_the_options_that_are_declared_next_to_it() throws IOException {
    ResolvedConfiguration loaded =
        load(
            """
            - {key: %s}
            - {key: pruning.train.learning_rate}
            - {key: pruning.train.start_from}
            - {key: "%s"}
            """
                .formatted(SPARSITY, LAMBDA));

    assertThat(
            loaded
                .searchSpace(key -> Optional.of(new Dimension.Real(key, 1, 2, false)))
                .dimensions())
        .containsExactly(
            new Dimension.Real(SPARSITY, 0.5, 0.97, false),
            new Dimension.Real("pruning.train.learning_rate", 1e-5, 3e-4, true),
            new Dimension.Choice("pruning.train.start_from", List.of("pretrained", "baseline")),
            new Dimension.Real(LAMBDA, 1, 2, false));
  }

  @Test
  void without_it_nothing_is_varied() throws IOException {
    assertThat(load("").searchSpace(key -> Optional.empty()).dimensions()).isEmpty();
  }

  @Test
  void a_configuration_varies_in_what_it_is_told_and_in_nothing_else() throws IOException {
    ResolvedConfiguration base = load("");
    ResolvedConfiguration varied =
        base.with(
            List.of(SPARSITY + "=0.75", LAMBDA + "=3", "pruning.train.learning_rate=1.0E-4"),
            draft -> List.of());

    assertThat(varied.configuration().pruning().approach().weightCompression().targetSparsity())
        .isEqualTo(0.75);
    assertThat(varied.configuration().pruning().train().learningRate()).isEqualTo(1e-4);
    assertThat(
            varied
                .configuration()
                .pruning()
                .approach()
                .weightCompression()
                .pruners()
                .get(0)
                .parameters())
        .isEqualTo(Map.of("final_lambda", 3.0));
    assertThat(varied.configuration().data()).isEqualTo(base.configuration().data());
    assertThat(varied.configuration().tuning()).isEqualTo(base.configuration().tuning());
    assertThat(varied.files()).isEqualTo(base.files());
    assertThat(varied.locate("tuning.random_seed")).isEqualTo(base.locate("tuning.random_seed"));
    assertThat(varied.isDefault("pruning.train.epochs")).isTrue();
  }

  @Test
  void a_trial_means_what_it_says_and_may_be_wrong() throws IOException {
    ResolvedConfiguration base = load("");

    assertThat(
            base.with(List.of("quantization.excluded_names=${model.name}"), draft -> List.of())
                .configuration()
                .quantization()
                .excludedNames())
        .as("no reference")
        .containsExactly("${model.name}");
    assertThatThrownBy(() -> base.with(List.of(SPARSITY + "=1.5"), draft -> List.of()))
        .isInstanceOf(ProblemException.class)
        .hasMessageStartingWith("--set " + SPARSITY + "=1.5: " + SPARSITY + ": must be");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{low: 1, high: 2} | tuning.search_space[0].key: is missing",
        "{key: pruning.train.learning_rat, low: 1, high: 2}"
            + " | pruning.train.learning_rat is no single value below pruning, quantization,"
            + " distillation  Maybe \"pruning.train.learning_rate\" is meant.",
        "{key: data.task, options: [a]} | data.task is no single value below",
        "{key: pruning.train, options: [a]} | pruning.train is no single value below",
        "{key: pruning.train.epochs, low: 1} | must hold low and high, or options",
        "{key: pruning.train.epochs} | must hold low and high, or options",
        "{key: pruning.train.learning_rate, scale: log, high: 1} | must hold low and high",
        "{key: pruning.train.epochs, low: 2, high: 1} | must be above low, which is 2.0, found 1.0",
        "{key: pruning.train.epochs, low: 1, high: 2, options: [3]}"
            + " | must hold either a range or options, found both",
        "{key: pruning.train.epochs, options: [3, 3]} | two options are the same: [3, 3]",
        "{key: pruning.train.epochs, low: 0, high: 2, scale: log}"
            + " | must be above 0 on a logarithmic scale, found 0.0",
        "{key: pruning.train.batch_size, low: 1, high: 2.5} | is a whole number, found a range",
        "{key: pruning.train.start_from, low: 1, high: 2} | is not a number, so it has no range",
        "{key: pruning.train.epochs, options: 3} | must be a list of at most 500 numbers or texts",
        "{key: pruning.train.epochs, options: [[1]]} | each entry must be a number, a text, true",
      })
  void what_is_wrong_is_said_with_its_place(String dimension, String message) {
    assertThatThrownBy(() -> load("- " + dimension))
        .isInstanceOf(ProblemException.class)
        .satisfies(
            e ->
                assertThat(((ProblemException) e).problems())
                    .hasSize(1)
                    .first()
                    .satisfies(
                        problem -> {
                          assertThat(problem.location().line()).isGreaterThan(5);
                          assertThat(
                                  problem.message()
                                      + (problem.advice() == null ? "" : "  " + problem.advice()))
                              .startsWith("tuning.search_space[0]")
                              .contains(message);
                        }));
  }

  @Test
  void a_key_is_varied_once() {
    assertThatThrownBy(
            () ->
                load(
                    """
                    - {key: pruning.train.epochs, low: 1, high: 2}
                    - {key: pruning.train.epochs, low: 1, high: 2}
                    """))
        .hasMessageContaining("tuning.search_space[1].key: pruning.train.epochs is varied twice");
  }

  private ResolvedConfiguration load(String space) throws IOException {
    Path yaml = folder.resolve("x.yaml");
    Files.writeString(
        yaml,
        """
        model: {name: tiny, checkpoint: all-minilm-l6-v2}
        data: {task: sentiment-twin}
        pruning:
          approach: {weight_compression: {target_sparsity: 0.5, pruners: [{prune_type: movement}]}}
        tuning:
          random_seed: 1
        """
            + (space.isEmpty() ? "" : "  search_space:\n" + space.indent(4)));
    return new ConfigurationLoader().load(yaml, List.of(), Map.of());
  }
}
