package dev.espalier.tuner.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.data.TaskSource;
import dev.espalier.tuner.plugin.PrunerCatalog;
import dev.espalier.tuner.plugin.StrategyCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PreflightTest {
  @TempDir Path folder;

  @Test
  void everything_is_reported_at_once_and_where_it_stands() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("x.yaml"),
            """
            model: {name: x, checkpoint: y}
            data: {task: sst2}
            pruning:
              train: {max_steps: 100, warmup: 100}
              approach: {weight_compression: {pruners: [{prune_type: movment}]}}
            evaluation: {accuracy: {metric: accuracy}}
            """);
    List<Problem> problems = new ArrayList<>();
    try {
      ResolvedConfiguration unused =
          new ConfigurationLoader()
              .load(
                  List.of(file),
                  List.of(),
                  Map.of(),
                  Preflight.ofNames(
                      new PrunerCatalog(List.of()),
                      new StrategyCatalog(PreflightTest.class.getClassLoader(), List.of()),
                      List.of(),
                      new Named()));
    } catch (ProblemException e) {
      problems.addAll(e.problems());
    }

    assertThat(problems)
        .extracting(Problem::toString)
        .satisfiesExactly(
            warmup -> assertThat(warmup).contains(":4:35: ", "a training of 100 steps"),
            pruner -> assertThat(pruner).contains(":5:58: ", "there is no pruner \"movment\""),
            task ->
                assertThat(task)
                    .isEqualTo(
                        file
                            + ":2:14: data.task: there is no task \"sst2\"; there is sst-2, squad"
                            + System.lineSeparator()
                            + "  Maybe \"sst-2\" is meant."),
            metric -> assertThat(metric).contains("no metric \"accuracy\"; there is none at all"));
  }

  /** Knows two tasks by name, and reads nothing. */
  private static final class Named implements TaskSource {
    @Override
    public TaskData load(Request request, byte[] tokenizerJson) {
      throw new IllegalStateException("nothing is read");
    }

    @Override
    public List<String> names() {
      return List.of("sst-2", "squad");
    }
  }
}
