package dev.espalier.tasks.text;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of a file that a set is made of, so that one file can give two sets that share nothing.
 *
 * @param first number of the first row or paragraph, from 1
 * @param last number of the last one; beyond the end of the file for all that is left
 */
public record Part(int first, int last) {
  /** The whole file. */
  public static final Part ALL = new Part(1, Integer.MAX_VALUE);

  private static final Pattern WRITTEN = Pattern.compile("([1-9]\\d{0,8})-([1-9]\\d{0,8})?");

  /** Checks that the part has a row. */
  public Part {
    if (first < 1 || last < first) {
      throw new IllegalArgumentException("no part: " + first + "-" + last);
    }
  }

  /**
   * Reads {@code 1-200}, or {@code 201-} for all that is left.
   *
   * @throws ProblemException of kind configuration when it is written in another way
   */
  public static Part of(String written) {
    return parse(written)
        .orElseThrow(
            () ->
                ProblemException.of(
                    ProblemKind.CONFIGURATION,
                    "a part of a file is written as 1-200, or 201- for the rest, found \""
                        + written
                        + "\"",
                    null));
  }

  /** Reads the same; empty when it is written in another way, or ends before it begins. */
  public static Optional<Part> parse(String written) {
    Matcher matcher = WRITTEN.matcher(written);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int first = Integer.parseInt(matcher.group(1));
    String end = matcher.group(2);
    int last = end == null ? Integer.MAX_VALUE : Integer.parseInt(end);
    return last < first ? Optional.empty() : Optional.of(new Part(first, last));
  }

  /** Whether a row is in both, of a file that is long enough. */
  public boolean overlaps(Part other) {
    return first <= other.last && other.first <= last;
  }

  /** Whether it is the whole file. */
  public boolean isAll() {
    return equals(ALL);
  }

  /**
   * The items of the part.
   *
   * @param what how people call an item, in the plural
   * @throws ProblemException of kind input when the part begins behind the last item
   */
  public <T> List<T> of(List<T> items, String what, String source) {
    if (isAll()) {
      return items;
    }
    if (first > items.size()) {
      throw ProblemException.of(
          ProblemKind.INPUT,
          source + ": part " + this + " is asked for, but there are " + items.size() + " " + what,
          null);
    }
    return items.subList(first - 1, Math.min(last, items.size()));
  }

  /** As it is written. */
  @Override
  public String toString() {
    return first + "-" + (last == Integer.MAX_VALUE ? "" : last);
  }
}
