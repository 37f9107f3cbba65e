package dev.espalier.tasks.table;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemKind;
import org.jspecify.annotations.Nullable;

/**
 * Something that is wrong with what is asked of a task, whatever its files hold.
 *
 * @param code what it is about
 * @param key the key of the configuration that is to be changed, such as {@code data.columns}
 * @param message what is wrong, without the key
 * @param advice what to do, or null
 */
public record Mistake(ProblemCode code, String key, String message, @Nullable String advice) {
  /** A key that does not go with another one. */
  public static Mistake contradiction(String key, String message, String advice) {
    return new Mistake(ProblemCode.CONTRADICTION, key, message, advice);
  }

  /** The same, where nobody knows where the key stands. */
  public Problem problem() {
    return new Problem(ProblemKind.CONFIGURATION, code, null, key + ": " + message, advice);
  }

  /** A key that is missing. */
  public static Mistake missing(String key, String message, String advice) {
    return new Mistake(ProblemCode.MISSING_KEY, key, message, advice);
  }
}
