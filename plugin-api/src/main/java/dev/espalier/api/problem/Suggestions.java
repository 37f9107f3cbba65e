package dev.espalier.api.problem;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds the names a user may have meant. */
public final class Suggestions {
  private static final int LONGEST = 100;

  private Suggestions() {}

  /**
   * The {@code limit} candidates nearest to {@code word}, nearest first, by edit distance that
   * counts a swap of neighbours as one edit (optimal string alignment) and ignores case.
   */
  public static List<String> nearest(String word, Collection<String> candidates, int limit) {
    String wanted = word.toLowerCase(Locale.ROOT);
    return candidates.stream()
        .sorted(
            Comparator.<String>comparingInt(c -> distance(wanted, c.toLowerCase(Locale.ROOT)))
                .thenComparing(Comparator.naturalOrder()))
        .limit(limit)
        .toList();
  }

  /**
   * What to do about {@code word} where one of {@code candidates} must stand, when the message
   * lists them: the {@linkplain #closest closest}, or else any.
   */
  public static String advice(String word, Collection<String> candidates) {
    return closest(word, candidates)
        .map(near -> "Maybe \"" + near + "\" is meant.")
        .orElse("Choose one of these.");
  }

  /**
   * The candidate that {@code word} is probably a slip of: the nearest one, when at most a third of
   * the word differs, or two characters of a word of four or five, or one of a shorter one; words
   * over 100 characters are no slips.
   */
  public static Optional<String> closest(String word, Collection<String> candidates) {
    if (word.length() > LONGEST) {
      return Optional.empty();
    }
    int most = word.length() < 4 ? 1 : Math.max(2, word.length() / 3);
    List<String> near =
        candidates.stream().filter(c -> Math.abs(c.length() - word.length()) <= most).toList();
    return nearest(word, near, 1).stream()
        .filter(c -> distance(word.toLowerCase(Locale.ROOT), c.toLowerCase(Locale.ROOT)) <= most)
        .findFirst();
  }

  /** The number of insertions, deletions, substitutions and neighbour swaps between two words. */
  public static int distance(String from, String to) {
    int[][] d = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      d[i][0] = i;
    }
    for (int j = 0; j <= to.length(); j++) {
      d[0][j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      for (int j = 1; j <= to.length(); j++) {
        int substitution = d[i - 1][j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        int best = Math.min(substitution, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
        boolean swapped =
            i > 1
                && j > 1
                && from.charAt(i - 1) == to.charAt(j - 2)
                && from.charAt(i - 2) == to.charAt(j - 1);
        d[i][j] = swapped ? Math.min(best, d[i - 2][j - 2] + 1) : best;
      }
    }
    return Arrays.stream(d[from.length()]).skip(to.length()).findFirst().orElseThrow();
  }
}
