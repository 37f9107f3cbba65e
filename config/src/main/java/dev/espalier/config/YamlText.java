package dev.espalier.config;

import java.util.regex.Pattern;

/** Texts in YAML. */
public final class YamlText {
  /** What YAML 1.1 does not take as it is (section 5.1), and what would end a line. */
  private static final Pattern UNPRINTABLE =
      Pattern.compile("[\\x00-\\x1F\\x7F-\\x9F\\u2028\\u2029\\uD800-\\uDFFF\\uFEFF\\uFFFE\\uFFFF]");

  private YamlText() {}

  /** JSON as YAML: the same, but for characters that YAML takes only as escapes. */
  public static String ofJson(String json) {
    return UNPRINTABLE
        .matcher(json)
        .replaceAll(found -> "\\\\u%04X".formatted((int) found.group().charAt(0)));
  }

  /** A comment on the same line. */
  static String comment(String text) {
    return UNPRINTABLE.matcher(text).replaceAll(" ");
  }
}
