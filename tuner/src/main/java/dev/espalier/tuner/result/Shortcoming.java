package dev.espalier.tuner.result;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemKind;
import java.util.Locale;

/**
 * A reason why a run counts as missed although it says nothing about the accuracy criterion.
 *
 * @param kind what is missed
 * @param sentence what was wanted and what was measured
 * @param advice what to do about it
 */
public record Shortcoming(Kind kind, String sentence, String advice) {
  /** What is missed. */
  public enum Kind {
    /** A dense model that is better than the trivial predictor. */
    TRIVIAL_BASELINE,
    /** The sparsity that λ was steered to. */
    TARGET_SPARSITY;

    /** As results name it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The shortcoming as a problem, for programs and for the end of the console's output. */
  public Problem toProblem() {
    return new Problem(ProblemKind.MISSED, null, sentence, advice);
  }
}
