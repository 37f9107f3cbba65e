package dev.espalier.tasks.table;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.text.TextFile;

/** Finds what is wrong with the quotation marks of a CSV row that a parser gave up on. */
final class Quotes {
  private static final char QUOTE = '"';

  private final TextFile file;
  private final String text;
  private int at;
  private int line;
  private int column = 1;

  private Quotes(TextFile file, int firstLine) {
    this.file = file;
    this.text = file.text();
    this.line = 1;
    while (line < firstLine && at < text.length()) {
      step();
    }
  }

  /**
   * The mistake, at its line and column.
   *
   * @param firstLine where the row begins
   */
  static ProblemException broken(TextFile file, int firstLine) {
    return new Quotes(file, firstLine).broken();
  }

  private ProblemException broken() {
    Location begin = here();
    boolean fieldBegins = true;
    while (at < text.length()) {
      if (fieldBegins && text.charAt(at) == QUOTE) {
        Location opened = here();
        if (!closes()) {
          return problem(
              opened,
              "the quotation mark that opens here is never closed",
              "Close it; a quotation mark inside of a field is written twice.");
        }
        while (at < text.length() && isBlank(text.charAt(at))) {
          step();
        }
        if (at < text.length() && text.charAt(at) != ',' && !isLineEnd(text.charAt(at))) {
          return problem(
              here(),
              "the quotation mark before this closes the field, and a comma or the end of the line"
                  + " is expected, found "
                  + text.substring(at, text.offsetByCodePoints(at, 1)),
              "A quotation mark inside of a field is written twice.");
        }
      }
      fieldBegins = at < text.length() && (text.charAt(at) == ',' || isLineEnd(text.charAt(at)));
      step();
    }
    return problem(
        begin,
        "a field in quotation marks is broken in this row",
        "A quotation mark inside of a field is written twice, and one that is opened is closed.");
  }

  /** Steps behind the quotation mark that closes the field; false when none does. */
  private boolean closes() {
    step();
    while (at < text.length()) {
      boolean quote = text.charAt(at) == QUOTE;
      step();
      if (quote) {
        if (at >= text.length() || text.charAt(at) != QUOTE) {
          return true;
        }
        step();
      }
    }
    return false;
  }

  private void step() {
    if (at >= text.length()) {
      return;
    }
    char here = text.charAt(at++);
    boolean pair = here == '\r' && at < text.length() && text.charAt(at) == '\n';
    if (isLineEnd(here) && !pair) {
      line++;
      column = 1;
    } else {
      column++;
    }
  }

  private Location here() {
    return new Location(file.source(), line, column);
  }

  private static boolean isBlank(char c) {
    return Character.isWhitespace(c) && !isLineEnd(c);
  }

  private static boolean isLineEnd(char c) {
    return c == '\n' || c == '\r';
  }

  private static ProblemException problem(Location at, String message, String advice) {
    return ProblemException.at(ProblemKind.INPUT, at, message, advice);
  }
}
