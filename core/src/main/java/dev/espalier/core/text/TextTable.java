package dev.espalier.core.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A small table in plain text: the first column left-aligned, the others right-aligned. */
public final class TextTable {
  private static final String GAP = "  ";
  private final List<List<String>> rows = new ArrayList<>();

  /** A table with these column heads. */
  public TextTable(String... heads) {
    rows.add(List.of(heads));
  }

  /** Adds a row; there must be as many cells as heads. */
  public TextTable row(Object... cells) {
    if (cells.length != rows.get(0).size()) {
      throw new IllegalArgumentException(
          "a row of " + cells.length + " cells in a table of " + rows.get(0).size());
    }
    rows.add(Arrays.stream(cells).map(String::valueOf).toList());
    return this;
  }

  /** The table, its lines separated by line feeds, without one at the end. */
  @Override
  public String toString() {
    int[] widths = widths();
    return lines(widths, 1, widths.length);
  }

  /** The characters of the longest line. */
  public int width() {
    return Arrays.stream(widths()).sum() + GAP.length() * (rows.get(0).size() - 1);
  }

  /**
   * The table in at most {@code width} characters a line: where the columns do not fit, in several
   * parts below each other, each with the first column. A single column may still be wider.
   */
  public String toString(int width) {
    int[] widths = widths();
    List<String> parts = new ArrayList<>();
    int from = 1;
    do {
      int to = from;
      int used = widths[0];
      while (to < widths.length && (to == from || used + GAP.length() + widths[to] <= width)) {
        used += GAP.length() + widths[to];
        to++;
      }
      parts.add(lines(widths, from, to));
      from = to;
    } while (from < widths.length);
    return String.join("\n\n", parts);
  }

  private int[] widths() {
    int[] widths = new int[rows.get(0).size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return widths;
  }

  /** The first column and those in [from, to). */
  private String lines(int[] widths, int from, int to) {
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder(row.get(0));
      line.append(" ".repeat(widths[0] - row.get(0).length()));
      for (int i = from; i < to; i++) {
        line.append(GAP).append(" ".repeat(widths[i] - row.get(i).length())).append(row.get(i));
      }
      lines.add(line.toString().stripTrailing());
    }
    return String.join("\n", lines);
  }
}
