package dev.espalier.tasks.table;

import dev.espalier.tasks.text.TextFile;
import java.io.IOException;
import java.io.Reader;

/**
 * Gives a parser a text, but no more of it at a time than a row may have: a quotation mark that is
 * never closed would make a row of the rest of the file.
 */
final class RowReader extends Reader {
  /** What is given at once, so that a parser is not far ahead of the row that it returns. */
  private static final int PORTION = 1 << 13;

  /** Every character of a quoted field may be a quotation mark, which is written twice. */
  private static final int MOST = 2 * TextFile.LONGEST_ROW + 2 * PORTION;

  private final String text;
  private int position;
  private long end = MOST;

  RowReader(String text) {
    this.text = text;
  }

  /** Allows one more row from here on. */
  void startRow() {
    end = (long) position + MOST;
  }

  @Override
  public int read(char[] target, int offset, int length) throws IOException {
    if (position == text.length()) {
      return -1;
    }
    int count = Math.min(Math.min(length, PORTION), text.length() - position);
    if (position + count > end) {
      throw new TooLong();
    }
    text.getChars(position, position + count, target, offset);
    position += count;
    return count;
  }

  @Override
  public void close() {
    // nothing is held
  }

  /** A row is longer than any should be. */
  static final class TooLong extends IOException {
    private static final long serialVersionUID = 1;

    TooLong() {
      super("the row is too long");
    }
  }
}
