package dev.espalier.tasks.squad;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** SQuAD's rules a second time, character by character and without regular expressions. */
final class PlainSquad {
  private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

  private PlainSquad() {}

  static double exact(String answer, List<String> accepted) {
    return accepted.stream().anyMatch(each -> words(each).equals(words(answer))) ? 100 : 0;
  }

  static double f1(String answer, List<String> accepted) {
    double best = 0;
    for (String each : accepted) {
      List<String> given = words(answer);
      List<String> wanted = words(each);
      if (given.isEmpty() || wanted.isEmpty()) {
        best = Math.max(best, given.equals(wanted) ? 100 : 0);
        continue;
      }
      Collections.sort(given);
      Collections.sort(wanted);
      int same = 0;
      for (int i = 0, j = 0; i < given.size() && j < wanted.size(); ) {
        int order = given.get(i).compareTo(wanted.get(j));
        same += order == 0 ? 1 : 0;
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
      }
      // 2pr / (p + r) with p = same / given and r = same / wanted
      best = Math.max(best, 100.0 * 2 * same / (given.size() + wanted.size()));
    }
    return best;
  }

  private static List<String> words(String text) {
    StringBuilder bare = new StringBuilder();
    text.toLowerCase(Locale.ROOT)
        .codePoints()
        .filter(c -> PUNCTUATION.indexOf(c) < 0)
        .forEach(bare::appendCodePoint);
    // articles go where no letter, digit or underscore touches them
    int[] points = bare.codePoints().toArray();
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < points.length; ) {
      int article = i > 0 && isWord(points[i - 1]) ? 0 : articleAt(points, i);
      plain.appendCodePoint(article > 0 ? ' ' : points[i]);
      i += Math.max(article, 1);
    }
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    for (int c : (plain + " ").codePoints().toArray()) {
      boolean space = Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
      if (!space) {
        word.appendCodePoint(c);
      } else if (word.length() > 0) {
        words.add(word.toString());
        word.setLength(0);
      }
    }
    return words;
  }

  private static int articleAt(int[] points, int from) {
    for (String article : List.of("the", "an", "a")) {
      int to = from + article.length();
      if (to <= points.length
          && new String(points, from, article.length()).equals(article)
          && (to == points.length || !isWord(points[to]))) {
        return article.length();
      }
    }
    return 0;
  }

  private static boolean isWord(int c) {
    int type = Character.getType(c);
    return Character.isLetterOrDigit(c)
        || c == '_'
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }
}
