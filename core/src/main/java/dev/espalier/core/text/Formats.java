package dev.espalier.core.text;

import java.util.Locale;

/** How messages, tables and reports print values. */
public final class Formats {
  private static final int LONGEST_QUOTE = 60;

  private Formats() {}

  /** A share between 0 and 1 as a percentage, {@code 0.1234} as {@code 12.34%}. */
  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f%%", 100 * share);
  }

  /**
   * Somebody's text in double quotes, on one line: control characters are blanks, and what is
   * longer than 60 characters ends in an ellipsis.
   */
  public static String quoted(String text) {
    boolean fits = text.codePointCount(0, text.length()) <= LONGEST_QUOTE;
    String start = fits ? text : text.substring(0, text.offsetByCodePoints(0, LONGEST_QUOTE)) + "…";
    return "\"" + start.replaceAll("\\p{Cntrl}", " ") + "\"";
  }
}
