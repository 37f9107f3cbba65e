package dev.espalier.core.text;

import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Globs over parameter names: {@code *} is any text, dots included, {@code ?} any character, {@code
 * [0-3]} any character of a set; everything else is itself.
 */
public final class Globs {
  private static final Pattern PART = Pattern.compile("\\*+|\\?|\\[[^\\[\\]\\\\&^]+\\]|.");

  private Globs() {}

  /** Whether a whole name fits {@code glob}. */
  public static Predicate<String> of(String glob) {
    StringBuilder regex = new StringBuilder();
    Matcher matcher = PART.matcher(glob);
    while (matcher.find()) {
      regex.append(part(matcher.group()));
    }
    return Pattern.compile(regex.toString()).asMatchPredicate();
  }

  private static String part(String part) {
    if (part.startsWith("*")) {
      return ".*";
    }
    if (part.equals("?")) {
      return ".";
    }
    // A set such as [3-0] is no set; then its brackets stand for themselves.
    return part.length() > 2 && isSet(part) ? part : Pattern.quote(part);
  }

  private static boolean isSet(String part) {
    try {
      Pattern.compile(part);
      return true;
    } catch (java.util.regex.PatternSyntaxException e) {
      return false;
    }
  }
}
