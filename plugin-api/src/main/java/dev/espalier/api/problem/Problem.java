package dev.espalier.api.problem;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a user can mend, said so that they can.
 *
 * @param kind what kind of problem, which also decides the exit code
 * @param code what it is about, which decides the page that explains it
 * @param location where it was found, or null when no file is concerned
 * @param message what was wrong, with the offending value, in one sentence
 * @param advice what to do about it, in one sentence, or null when the message already says it
 */
public record Problem(
    ProblemKind kind,
    ProblemCode code,
    @Nullable Location location,
    String message,
    @Nullable String advice) {

  /** Checks that kind, code and message are there. */
  public Problem {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(message, "message");
  }

  /** A problem of which no more than its kind is known. */
  public Problem(
      ProblemKind kind, @Nullable Location location, String message, @Nullable String advice) {
    this(kind, ProblemCode.of(Objects.requireNonNull(kind, "kind")), location, message, advice);
  }

  /** The problem as printed: location, message, and the advice on a line of its own. */
  @Override
  public String toString() {
    String head = location == null ? message : location + ": " + message;
    return advice == null ? head : head + System.lineSeparator() + "  " + advice;
  }
}
