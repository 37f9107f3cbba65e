package dev.espalier.tasks.twin;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Choices of a twin's grammar. */
final class RandomChoice {
  private static final int MOST_EXAMPLES = 1_000_000;

  private RandomChoice() {}

  static <T> T one(List<T> from, Random random) {
    return from.get(random.nextInt(from.size()));
  }

  /** Another one of a list than {@code not}. */
  static <T> T other(List<T> from, T not, Random random) {
    T picked = not;
    while (picked.equals(not)) {
      picked = one(from, random);
    }
    return picked;
  }

  /** Several different ones. */
  static <T> List<T> some(int count, List<T> from, Random random) {
    List<T> shuffled = new ArrayList<>(from);
    Collections.shuffle(shuffled, random);
    return List.copyOf(shuffled.subList(0, count));
  }

  /**
   * The size of a set.
   *
   * @param asked 0 for {@code otherwise}
   * @throws ProblemException of kind configuration when it is too large
   */
  static int size(String twin, int asked, int otherwise) {
    if (asked < 0 || asked > MOST_EXAMPLES) {
      throw ProblemException.of(
          ProblemKind.CONFIGURATION,
          twin + " generates 1 to " + MOST_EXAMPLES + " examples, asked for " + asked,
          "0 stands for the default, " + otherwise);
    }
    return asked == 0 ? otherwise : asked;
  }

  /** What a set is called where its file would be. */
  static String source(String twin, String set, int size, String what, long seed) {
    return twin + ", " + set + ", " + size + " " + what + ", seed " + seed;
  }
}
