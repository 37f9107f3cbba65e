package dev.espalier.tuner.directory;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemKind;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file of the run's own cannot be read, or is not what a finished stage wrote. The resume stops;
 * no trial is to blame, and nothing is written or deleted.
 */
public final class DamagedRun extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Problem problem;

  /** A file that is to be restored. */
  public DamagedRun(Path file, String what, @Nullable Throwable cause) {
    this(
        file.toString(),
        what,
        "Restore the file from a copy, or start the run anew; nothing was changed.",
        cause);
  }

  /** Anything else, with what to do about it. */
  public DamagedRun(String place, String what, String advice, @Nullable Throwable cause) {
    super(place + ": " + what, cause);
    this.problem =
        new Problem(ProblemKind.INPUT, ProblemCode.BAD_DATA, null, place + ": " + what, advice);
  }

  private DamagedRun(Problem problem, Throwable cause) {
    super(problem.message(), cause);
    this.problem = problem;
  }

  /** A file that cannot be read: for want of the right to, which is no damage, or damaged. */
  public static DamagedRun unreadable(Path file, IOException cause) {
    if (!(cause instanceof AccessDeniedException)) {
      return new DamagedRun(file, "the file cannot be read: " + cause, cause);
    }
    return new DamagedRun(
        new Problem(
            ProblemKind.ENVIRONMENT,
            ProblemCode.ENVIRONMENT,
            null,
            file + ": permission denied",
            "Resume as the user that the run belongs to, or make the file readable."),
        cause);
  }

  /** What to tell the user. */
  public Problem problem() {
    return problem;
  }
}
