package dev.espalier.api.problem;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Ends a run because of one or more {@link Problem}s; never used for bugs. */
public final class ProblemException extends RuntimeException {
  private final transient List<Problem> problems;

  /** Ends the run because of {@code problems}, which must not be empty. */
  public ProblemException(List<Problem> problems) {
    this(problems, null);
  }

  /** Ends the run because of {@code problems}, keeping what the library below threw. */
  public ProblemException(List<Problem> problems, @Nullable Throwable cause) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")), cause);
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("a ProblemException needs at least one problem");
    }
    this.problems = List.copyOf(problems);
  }

  /** Ends the run because of {@code problem}. */
  public static ProblemException of(Problem problem) {
    return new ProblemException(List.of(problem));
  }

  /** One problem that concerns no particular place in a file. */
  public static ProblemException of(ProblemKind kind, String message, @Nullable String advice) {
    return new ProblemException(List.of(new Problem(kind, null, message, advice)));
  }

  /** One problem at one place. */
  public static ProblemException at(
      ProblemKind kind, Location location, String message, @Nullable String advice) {
    return new ProblemException(List.of(new Problem(kind, location, message, advice)));
  }

  /** What went wrong, in the order it was found; never empty. */
  public List<Problem> problems() {
    return problems;
  }

  /** The exit code of the first problem: root causes come first. */
  public int exitCode() {
    return problems.get(0).kind().exitCode();
  }
}
