package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/**
 * What {@code espalier run} says to mistakes; {@code RunIT} holds what it does when all is well.
 */
class RunCommandTest {
  private static final String QUICKSTART = "../yaml-configs/quickstart.yaml";

  @TempDir Path directory;

  private final StringWriter errors = new StringWriter();

  static Stream<Arguments> mistakes() {
    String task = "data.task=sst-2";
    String pruners = "pruning.approach.weight_compression.pruners=";
    return Stream.of(
        Arguments.of(
            "a data file that is not there",
            2,
            List.of(task, "data.train=DIR/no.tsv", "data.evaluation=DIR/no-dev.tsv"),
            "no-dev.tsv"),
        Arguments.of(
            "a broken row, by file and line",
            2,
            List.of(task, "data.train=DIR/good.tsv", "data.evaluation=DIR/broken.tsv"),
            "broken.tsv:3"),
        Arguments.of(
            "an unknown pruner, listing those that exist",
            2,
            List.of(pruners + "[{prune_type: movment}]"),
            "magnitude, movement"),
        Arguments.of(
            "a target that matches no parameter, with the nearest names",
            2,
            List.of(pruners + "[{prune_type: movement, names: [bert.encodr.*]}]"),
            "bert.encoder.layer."),
        Arguments.of(
            "a checkpoint that does not exist, listing those that do",
            2,
            List.of("model.checkpoint=bert-base"),
            "all-minilm-l6-v2"),
        Arguments.of(
            "a workspace that cannot be a folder",
            2,
            List.of("tuning.workspace.path=DIR/good.tsv/runs"),
            "good.tsv"));
  }

  @ParameterizedTest(name = "{0}: exit {1}")
  @MethodSource("mistakes")
  @DisplayName("mistakes are told in a sentence, before anything is trained or written")
  void mistake(String name, int exitCode, List<String> assignments, String told)
      throws IOException {
    Files.writeString(directory.resolve("good.tsv"), "sentence\tlabel\na fine film\t1\n");
    Files.writeString(
        directory.resolve("broken.tsv"), "sentence\tlabel\na fine film\t1\nno label\n");
    assertThat(execute(run(assignments))).isEqualTo(exitCode);
    assertThat(errors.toString()).contains(told).doesNotContain("\tat ");
    assertThat(directory.resolve("runs/quickstart")).doesNotExist();
  }

  @Test
  @DisplayName("a configuration that is not there is exit code 2")
  void noConfiguration() {
    assertThat(execute(List.of("run", directory.resolve("no.yaml").toString()))).isEqualTo(2);
    assertThat(errors.toString()).contains("no.yaml");
  }

  @Test
  @DisplayName("an unknown option and a missing command are exit code 2, with the usage")
  void usage() {
    assertThat(execute(List.of("run", QUICKSTART, "--frobnicate"))).isEqualTo(2);
    assertThat(execute(List.of())).isEqualTo(2);
    assertThat(errors.toString()).contains("--frobnicate").contains("a command is missing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"magnitude", "movement", "soft-movement", "l0"})
  @DisplayName("what a SQuAD configuration lacks here is told, exit 2")
  void squadIsNotAtHand(String pruner) {
    assertThat(execute(run(squad(pruner), List.of()))).isEqualTo(2);
    assertThat(errors.toString())
        .contains("data.train: the file ", "train-v1.1.json does not exist")
        .contains("data.evaluation: the file ", "dev-v1.1.json does not exist")
        .doesNotContain("\tat ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"magnitude", "movement", "soft-movement", "l0"})
  @DisplayName("with SQuAD's files there, the checkpoint is what a SQuAD configuration lacks")
  void bertBaseIsNotAtHand(String pruner) throws IOException {
    Files.writeString(directory.resolve("squad.json"), "{}");

    assertThat(
            execute(
                run(
                    squad(pruner),
                    List.of("data.train=DIR/squad.json", "data.evaluation=DIR/squad.json"))))
        .isEqualTo(2);
    assertThat(errors.toString())
        .contains("there is no pretrained model \"bert-base-uncased\"")
        .doesNotContain("\tat ");
  }

  private static String squad(String pruner) {
    return "../yaml-configs/bert-base-squad-" + pruner + ".yaml";
  }

  private List<String> run(List<String> assignments) {
    return run(QUICKSTART, assignments);
  }

  private List<String> run(String configuration, List<String> assignments) {
    List<String> arguments = new ArrayList<>(List.of("run", configuration, "--no-progress"));
    List<String> all = new ArrayList<>(assignments);
    all.add(0, "tuning.workspace.path=" + directory.resolve("runs"));
    for (String assignment : all) {
      arguments.add("--set");
      arguments.add(assignment.replace("DIR", directory.toString()));
    }
    return arguments;
  }

  private int execute(List<String> arguments) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setErr(new PrintWriter(errors, true));
    return commandLine.execute(arguments.toArray(String[]::new));
  }
}
