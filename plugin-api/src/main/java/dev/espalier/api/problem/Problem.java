package dev.espalier.api.problem;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a user can mend, said so that they can.
 *
 * @param kind what kind of problem, which also decides the exit code
 * @param location where it was found, or null when no file is concerned
 * @param message what was wrong, with the offending value, in one sentence
 * @param advice what to do about it, in one sentence, or null when the message already says it
 */
public record Problem(
    ProblemKind kind, @Nullable Location location, String message, @Nullable String advice) {

  /** Checks that kind and message are there. */
  public Problem {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(message, "message");
  }

  /** The problem as printed: location, message, and the advice on a line of its own. */
  @Override
  public String toString() {
    String head = location == null ? message : location + ": " + message;
    return advice == null ? head : head + System.lineSeparator() + "  " + advice;
  }
}
