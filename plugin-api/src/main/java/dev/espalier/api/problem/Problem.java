package dev.espalier.api.problem;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a user can mend, said so that they can.
 *
 * @param kind what kind of problem, which also decides the exit code
 * @param code what it is about, which decides the page that explains it
 * @param location where it was found, or null when no file is concerned
 * @param key the configuration key that it is about, for instance {@code pruning.train.epochs}, or
 *     null when no key is concerned
 * @param what what was wrong, with the offending value and without the key, in one sentence
 * @param advice what to do about it, in one sentence, or null when the message already says it
 */
public record Problem(
    ProblemKind kind,
    ProblemCode code,
    @Nullable Location location,
    @Nullable String key,
    String what,
    @Nullable String advice) {

  /** Checks that kind, code and what is wrong are there. */
  public Problem {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(what, "what");
  }

  /** A problem that no key is concerned with. */
  public Problem(
      ProblemKind kind,
      ProblemCode code,
      @Nullable Location location,
      String what,
      @Nullable String advice) {
    this(kind, code, location, null, what, advice);
  }

  /** A problem of which no more than its kind is known. */
  public Problem(
      ProblemKind kind, @Nullable Location location, String what, @Nullable String advice) {
    this(kind, ProblemCode.of(Objects.requireNonNull(kind, "kind")), location, what, advice);
  }

  /** A CONFIGURATION problem with the value of {@code key}, which is {@link #at} no place yet. */
  public static Problem of(ProblemCode code, String key, String what, @Nullable String advice) {
    return new Problem(ProblemKind.CONFIGURATION, code, null, key, what, advice);
  }

  /** The same problem, found at {@code place}. */
  public Problem at(@Nullable Location place) {
    return new Problem(kind, code, place, key, what, advice);
  }

  /** The same problem, with a key below {@code section}, or with the section itself. */
  public Problem below(String section) {
    String whole = key == null ? section : section + "." + key;
    return new Problem(kind, code, location, whole, what, advice);
  }

  /** What was wrong, after the key that it is about. */
  public String message() {
    return key == null ? what : key + ": " + what;
  }

  /** The problem as printed: location, message, and the advice on a line of its own. */
  @Override
  public String toString() {
    String head = location == null ? message() : location + ": " + message();
    return advice == null ? head : head + System.lineSeparator() + "  " + advice;
  }
}
