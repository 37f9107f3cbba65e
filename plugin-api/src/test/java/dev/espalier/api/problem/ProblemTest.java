package dev.espalier.api.problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProblemTest {
  @ParameterizedTest(name = "{0}, {1}, {2}: {3}")
  @CsvSource({
    "run.yaml, 0, 0, run.yaml",
    "run.yaml, 12, 0, run.yaml:12",
    "run.yaml, 12, 3, run.yaml:12:3",
    "run.yaml, 0, 3, run.yaml", // a column without a line says nothing
  })
  void locationsLeaveOutWhatIsNotKnown(String file, int line, int column, String text) {
    assertThat(new Location(file, line, column)).hasToString(text);
  }

  @Test
  void locationsHaveShorthands() {
    assertThat(Location.ofFile("a.tsv")).isEqualTo(new Location("a.tsv", 0, 0));
    assertThat(Location.ofLine("a.tsv", 4)).isEqualTo(new Location("a.tsv", 4, 0));
  }

  @Test
  void saysWhereWhatAndWhatToDo() {
    Problem problem =
        new Problem(
            ProblemKind.INPUT,
            Location.ofLine("train.tsv", 17),
            "label \"5\" is not a class",
            "Use 0 or 1.");
    assertThat(problem.toString().lines())
        .containsExactly("train.tsv:17: label \"5\" is not a class", "  Use 0 or 1.");
  }

  @Test
  void saysTheKeyFirst() {
    Problem problem = Problem.of(ProblemCode.OUT_OF_RANGE, "epochs", "must be above 0", null);

    assertThat(problem.message()).isEqualTo("epochs: must be above 0");
    assertThat(problem.below("pruning.train").at(Location.ofLine("x.yaml", 3)))
        .hasToString("x.yaml:3: pruning.train.epochs: must be above 0");
    assertThat(new Problem(ProblemKind.INPUT, null, "no rows", null).below("data.train"))
        .hasToString("data.train: no rows");
  }

  @Test
  void saysOnlyWhatIsKnown() {
    assertThat(new Problem(ProblemKind.ENVIRONMENT, null, "the disk is full", null))
        .hasToString("the disk is full");
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({"CONFIGURATION, 2", "INPUT, 2", "ENVIRONMENT, 4", "TRAINING, 4", "MISSED, 3"})
  void decidesTheExitCode(ProblemKind kind, int exitCode) {
    assertThat(kind.exitCode()).isEqualTo(exitCode);
    assertThat(ProblemException.of(kind, "message", null).exitCode()).isEqualTo(exitCode);
    assertThat(ProblemException.at(kind, Location.ofFile("f"), "message", null).exitCode())
        .isEqualTo(exitCode);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "CONFIGURATION, contradiction",
    "INPUT, bad-data",
    "ENVIRONMENT, environment",
    "TRAINING, training",
    "MISSED, missed",
    "PLUGIN, plugin"
  })
  void withoutACodeTheKindDecidesThePage(ProblemKind kind, String code) {
    Problem problem = new Problem(kind, null, "message", null);

    assertThat(problem.code().text()).isEqualTo(code);
    assertThat(problem.code().page()).isEqualTo("docs/errors/" + code + ".md");
  }

  @Test
  void everyKindHasADocumentedExitCode() {
    assertThat(ProblemKind.values()).extracting(ProblemKind::exitCode).containsOnly(2, 3, 4);
  }

  @Test
  void exitsWithTheCodeOfTheFirstProblem() {
    Problem disk = new Problem(ProblemKind.ENVIRONMENT, null, "the disk is full", null);
    Problem key = new Problem(ProblemKind.CONFIGURATION, null, "unknown key prunner", null);

    assertThat(new ProblemException(List.of(disk, key)).exitCode()).isEqualTo(4);
    assertThat(new ProblemException(List.of(key, disk)).exitCode()).isEqualTo(2);
  }

  @Test
  void anExceptionSaysAllOfItsProblems() {
    Problem disk = new Problem(ProblemKind.ENVIRONMENT, null, "the disk is full", null);
    Problem key = new Problem(ProblemKind.CONFIGURATION, null, "unknown key prunner", null);
    IllegalStateException cause = new IllegalStateException("below");

    ProblemException exception = new ProblemException(List.of(disk, key), cause);

    assertThat(exception).hasMessage("the disk is full\nunknown key prunner").hasCause(cause);
    assertThat(exception.problems()).containsExactly(disk, key);
  }

  @Test
  void anExceptionNeedsAProblem() {
    assertThatThrownBy(() -> new ProblemException(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a ProblemException needs at least one problem");
  }
}
