package dev.espalier.api.problem;

/**
 * Where in a file something was found.
 *
 * @param file the file as the user named it
 * @param line 1-based line; 0 when the problem concerns the whole file
 * @param column 1-based column; 0 when the problem concerns the whole line
 */
public record Location(String file, int line, int column) {
  /** A place that is the whole file. */
  public static Location ofFile(String file) {
    return new Location(file, 0, 0);
  }

  /** A place that is a whole line. */
  public static Location ofLine(String file, int line) {
    return new Location(file, line, 0);
  }

  /** {@code file:line:column}, leaving out what is not known. */
  @Override
  public String toString() {
    if (line == 0) {
      return file;
    }
    return column == 0 ? file + ":" + line : file + ":" + line + ":" + column;
  }
}
