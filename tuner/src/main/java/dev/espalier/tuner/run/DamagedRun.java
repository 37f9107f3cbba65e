package dev.espalier.tuner.run;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemKind;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file of the run's own cannot be read, or is not what a finished stage wrote. The resume stops;
 * no trial is to blame, and nothing is written or deleted.
 */
final class DamagedRun extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Problem problem;

  DamagedRun(Path file, String what, @Nullable Throwable cause) {
    this(
        file.toString(),
        what,
        "Restore the file from a copy, or start the run anew; nothing was changed.",
        cause);
  }

  DamagedRun(String place, String what, String advice, @Nullable Throwable cause) {
    super(place + ": " + what, cause);
    this.problem =
        new Problem(ProblemKind.INPUT, ProblemCode.BAD_DATA, null, place + ": " + what, advice);
  }

  /** What to tell the user. */
  Problem problem() {
    return problem;
  }
}
