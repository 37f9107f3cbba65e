package dev.espalier.tasks.squad;

import dev.espalier.api.metric.AnsweredQuestion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import java.util.regex.Pattern;

/**
 * How right one answer is, by the rules of SQuAD's evaluation: both texts are lower-cased, lose
 * ASCII punctuation and the words a, an and the, and whitespace is made one space.
 */
final class SquadScore {
  private static final Pattern PUNCTUATION = Pattern.compile("[!-/:-@\\[-`{-~]");

  // What Python's re and str.split take for letters and spaces, which is not what Java's \b and \s
  // do.
  private static final Pattern ARTICLES =
      Pattern.compile("(?<![\\p{L}\\p{N}_])(?:a|an|the)(?![\\p{L}\\p{N}_])");

  private static final Pattern WHITESPACE = Pattern.compile("[\\p{IsWhite_Space}\\x1c-\\x1f]+");

  private SquadScore() {}

  /** The text without what does not count. */
  static String normalized(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    String bare = PUNCTUATION.matcher(lower).replaceAll("");
    String plain = ARTICLES.matcher(bare).replaceAll(" ");
    return WHITESPACE.matcher(plain).replaceAll(" ").strip();
  }

  /** 1 when both are the same but for what does not count, else 0. */
  static double exact(String answer, String accepted) {
    return normalized(answer).equals(normalized(accepted)) ? 1 : 0;
  }

  /**
   * The harmonic mean of precision and recall of the words, as multisets; when one has no word, 1
   * if both have none.
   */
  static double f1(String answer, String accepted) {
    List<String> given = words(answer);
    List<String> wanted = words(accepted);
    if (given.isEmpty() || wanted.isEmpty()) {
      return given.isEmpty() && wanted.isEmpty() ? 1 : 0;
    }
    Map<String, Integer> left = new HashMap<>();
    wanted.forEach(word -> left.merge(word, 1, Integer::sum));
    int same = 0;
    for (String word : given) {
      if (left.merge(word, -1, Integer::sum) >= 0) {
        same++;
      }
    }
    if (same == 0) {
      return 0;
    }
    double precision = (double) same / given.size();
    double recall = (double) same / wanted.size();
    return 2 * precision * recall / (precision + recall);
  }

  /**
   * The best score over the accepted answers. Accepted answers of which nothing counts are dropped;
   * a question without any other accepts the empty answer.
   */
  static double best(
      ToDoubleBiFunction<String, String> score, String answer, AnsweredQuestion question) {
    List<String> accepted = new ArrayList<>(question.accepted());
    accepted.removeIf(each -> normalized(each).isEmpty());
    if (accepted.isEmpty()) {
      accepted.add("");
    }
    double best = 0;
    for (String each : accepted) {
      best = Math.max(best, score.applyAsDouble(answer, each));
    }
    return best;
  }

  private static List<String> words(String text) {
    String normalized = normalized(text);
    return normalized.isEmpty() ? List.of() : List.of(normalized.split(" ", -1));
  }
}
