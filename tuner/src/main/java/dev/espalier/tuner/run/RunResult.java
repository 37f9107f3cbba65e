package dev.espalier.tuner.run;

import dev.espalier.api.problem.Problem;
import dev.espalier.tuner.result.RunFacts;
import dev.espalier.tuner.result.Status;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended.
 *
 * @param status met, missed or failed
 * @param directory the run directory, or null when the run failed before it had one
 * @param exitCode what the process should exit with
 * @param problems why the run failed, or what it misses beside the criterion
 * @param facts what the run found out, or null when it failed before it had a directory
 * @param summary the result as plain text for a terminal; empty without facts
 */
public record RunResult(
    Status status,
    @Nullable Path directory,
    int exitCode,
    List<Problem> problems,
    @Nullable RunFacts facts,
    String summary) {
  /** Exit code of a run that its user ended. */
  public static final int INTERRUPTED = 130;

  /** Copies the list. */
  public RunResult {
    problems = List.copyOf(problems);
  }
}
