package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.tuner.plan.Planner;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What {@code espalier pruners} and {@code espalier pruners describe} say. */
class PrunersCommandTest {
  private static final PrunerCatalog PRUNERS =
      new PrunerCatalog(PrunersCommandTest.class.getClassLoader());

  @TempDir Path directory;

  private final StringWriter output = new StringWriter();
  private final StringWriter errors = new StringWriter();

  static Stream<PrunerDescriptor> pruners() {
    return PRUNERS.descriptors().stream();
  }

  @Test
  @DisplayName("pruners lists every pruner with what it needs, in lines that fit the terminal")
  void table() {
    assertThat(PrunerPages.table(PRUNERS.descriptors(), PRUNERS::needs, 80).lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80))
        .contains(
            "pruner         needs             what it does",
            "constant_mask  nothing           Keeps the zeros that the model comes with, and",
            "magnitude      target sparsity   Keeps the weights with the largest absolute",
            "movement       target sparsity,  Keeps the weights that fine-tuning moves away",
            "               learned scores    from zero, by scores that are trained with the");

    assertThat(execute("pruners")).isZero();
    assertThat(output.toString().lines().map(line -> line.split(" ", 2)[0]))
        .containsSubsequence(pruners().map(PrunerDescriptor::name).toList());
  }

  @Test
  @DisplayName("describe tells what a pruner does, needs and takes, and where it comes from")
  void page() {
    assertThat(execute("pruners", "describe", "l0")).isZero();
    assertThat(output.toString().replaceAll("\\s+", " ")) // whatever the width of the terminal
        .startsWith("l0 Trains a random gate for each weight")
        .contains("source Louizos et al. 2018")
        .contains("needs scores that are trained with the weights, by score_learning_rate")
        .contains("from dev.espalier.pruners.L0Pruner$Provider in")
        .contains("final_lambda a number in [0, 100000], default 125")
        .contains("score_init one of constant, uniform, kaiming, default constant")
        .contains("- prune_type: l0");
  }

  @Test
  @DisplayName("a pruner without parameters says so")
  void noParameters() {
    assertThat(execute("pruners", "describe", "magnitude")).isZero();
    assertThat(output.toString())
        .contains("It has no parameters.")
        .contains("      target_sparsity: 0.9")
        .doesNotContain("parameters:");
  }

  @ParameterizedTest
  @MethodSource("pruners")
  @DisplayName("what describe says to write into a configuration is one that works")
  void snippet(PrunerDescriptor pruner) throws IOException {
    Path file = directory.resolve("x.yaml");
    Files.writeString(
        file,
        PrunerPages.snippet(pruner, PRUNERS.needs(pruner.name()))
            + """

            model: {name: x, checkpoint: all-minilm-l6-v2}
            data: {task: sentiment-twin}
            tuning: {accuracy_criterion: {relative: 0.01}}
            """);

    Pruner created =
        new Planner(new ConfigurationLoader().load(file, List.of(), Map.of()), PRUNERS).pruner();

    assertThat(created).isNotNull();
  }

  @ParameterizedTest
  @MethodSource("pruners")
  @DisplayName("every page fits the terminal, but for names and paths that cannot be broken")
  void fits(PrunerDescriptor pruner) {
    assertThat(PrunerPages.page(pruner, PRUNERS.needs(pruner.name()), "a.B in b.jar", 80).lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
  }

  @Test
  @DisplayName("an unknown name is exit code 2, lists those that exist and names the nearest")
  void unknown() {
    assertThat(execute("pruners", "describe", "movment")).isEqualTo(2);
    assertThat(errors.toString())
        .startsWith("there is no pruner \"movment\"; there is constant_mask, gradient, ")
        .contains("Maybe \"movement\" is meant");
    assertThat(output.toString()).isEmpty();
  }

  private int execute(String... arguments) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(output, true));
    commandLine.setErr(new PrintWriter(errors, true));
    return commandLine.execute(arguments);
  }
}
