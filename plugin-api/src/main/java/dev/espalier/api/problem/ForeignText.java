package dev.espalier.api.problem;

import org.jspecify.annotations.Nullable;

/** What libraries below say of an input, made fit to be shown to a user. */
public final class ForeignText {
  private ForeignText() {}

  /**
   * A JSON parser's message on one line, without the parser's own words for a source that it does
   * not show: where the mistake is, a {@link Location} says.
   */
  public static String ofJson(@Nullable String message) {
    return String.valueOf(message)
        .replaceAll(" ?\\(start marker at \\[Source: [^\\]]*\\]\\)", "")
        .replaceAll(" ?(at )?\\[Source: [^\\]]*\\]", "")
        .replaceAll("\\s*\\R\\s*", " ")
        .strip();
  }
}
