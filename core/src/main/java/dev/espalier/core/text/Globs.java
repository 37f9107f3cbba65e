package dev.espalier.core.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Globs over names, the one dialect of every option that takes them: {@code *} is any text, dots
 * and slashes included, {@code ?} any character, {@code [0-3]} or {@code [ab]} one character of a
 * set, {@code [!ab]} one of none; everything else is itself. A name always matches itself, whatever
 * it holds. Matching takes time of the product of both lengths at most.
 */
public final class Globs {
  private Globs() {}

  /** Whether a whole name matches {@code glob}. */
  public static Predicate<String> of(String glob) {
    List<Token> tokens = tokens(glob);
    return name -> name.equals(glob) || matches(tokens, name);
  }

  /** Any text, or else one character that {@code one} accepts. */
  private record Token(@Nullable IntPredicate one) {
    boolean accepts(char found) {
      return one != null && one.test(found);
    }
  }

  private static boolean matches(List<Token> tokens, String name) {
    int token = 0;
    int at = 0;
    int star = -1;
    int resume = 0;
    while (at < name.length()) {
      if (token < tokens.size() && tokens.get(token).one() == null) {
        star = token++;
        resume = at;
      } else if (token < tokens.size() && tokens.get(token).accepts(name.charAt(at))) {
        token++;
        at++;
      } else if (star >= 0) {
        token = star + 1;
        at = ++resume;
      } else {
        return false;
      }
    }
    return tokens.subList(token, tokens.size()).stream().allMatch(rest -> rest.one() == null);
  }

  private static List<Token> tokens(String glob) {
    List<Token> tokens = new ArrayList<>();
    int at = 0;
    while (at < glob.length()) {
      char c = glob.charAt(at);
      int end = glob.indexOf(']', at + 2);
      IntPredicate set = c == '[' && end > 0 ? set(glob.substring(at + 1, end)) : null;
      if (set != null) {
        tokens.add(new Token(set));
        at = end;
      } else if (c == '*') {
        tokens.add(new Token(null));
      } else if (c == '?') {
        tokens.add(new Token(found -> true));
      } else {
        tokens.add(new Token(found -> found == c));
      }
      at++;
    }
    return tokens;
  }

  /** A set without its brackets; null when it is none, so that the brackets mean themselves. */
  private static @Nullable IntPredicate set(String written) {
    boolean negated = written.startsWith("!");
    String members = negated ? written.substring(1) : written;
    IntPredicate any = found -> false;
    for (int i = 0; i < members.length(); i++) {
      char first = members.charAt(i);
      boolean range = i + 2 < members.length() && members.charAt(i + 1) == '-';
      char last = range ? members.charAt(i + 2) : first;
      if (first == '[' || last < first) {
        return null;
      }
      i += range ? 2 : 0;
      any = any.or(found -> found >= first && found <= last);
    }
    return members.isEmpty() ? null : negated ? any.negate() : any;
  }
}
