package dev.espalier.tuner.prepare;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Checks that do not need each other, of which each is made whatever the others have found. */
final class Attempts {
  private final List<Problem> problems = new ArrayList<>();
  private final List<ProblemException> failed = new ArrayList<>();

  /** Makes a check that throws what it finds. */
  void check(Runnable check) {
    Object unused =
        get(
            () -> {
              check.run();
              return null;
            });
  }

  /** Notes what a check has found. */
  void add(List<Problem> found) {
    problems.addAll(found);
  }

  /** What {@code attempt} returns; null when it has found problems. */
  <T> @Nullable T get(Supplier<? extends @Nullable T> attempt) {
    try {
      return attempt.get();
    } catch (ProblemException e) {
      problems.addAll(e.problems());
      failed.add(e);
      return null;
    }
  }

  /**
   * Ends here if there are problems.
   *
   * @throws ProblemException with all of them
   */
  void finish() {
    if (!problems.isEmpty()) {
      ProblemException all = new ProblemException(List.copyOf(new LinkedHashSet<>(problems)));
      failed.forEach(all::addSuppressed);
      throw all;
    }
  }
}
