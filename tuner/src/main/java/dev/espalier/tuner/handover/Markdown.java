package dev.espalier.tuner.handover;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Texts of others inside of Markdown, where they mean nothing but themselves. */
public final class Markdown {
  /**
   * What begins something wherever it stands. An underscore between letters begins nothing, and
   * names are full of them.
   */
  private static final Pattern SPECIAL =
      Pattern.compile("[\\\\`*\\[\\]|~$]|(?<![\\p{L}\\p{N}])_|_(?![\\p{L}\\p{N}])");

  private static final Pattern UNSEEN = Pattern.compile("[\\p{Cntrl}\\u2028\\u2029\\s]+");
  private static final Pattern TICKS = Pattern.compile("`+");

  private Markdown() {}

  /** {@code text} on one line, for the middle of a line or of a table's cell. */
  static String escape(String text) {
    String line = UNSEEN.matcher(text).replaceAll(" ");
    String entities = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    return SPECIAL.matcher(entities).replaceAll("\\\\$0");
  }

  /** A table's row. */
  static String row(List<String> cells) {
    return "| " + String.join(" | ", cells.stream().map(Markdown::escape).toList()) + " |\n";
  }

  /** A block of code that nothing in {@code code} ends. */
  static String block(String language, String code) {
    int longest = 2;
    Matcher ticks = TICKS.matcher(code);
    while (ticks.find()) {
      longest = Math.max(longest, ticks.end() - ticks.start());
    }
    String fence = "`".repeat(longest + 1);
    return fence + language + "\n" + code + (code.endsWith("\n") ? "" : "\n") + fence + "\n";
  }
}
