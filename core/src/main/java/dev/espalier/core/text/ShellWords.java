package dev.espalier.core.text;

import java.util.List;
import java.util.stream.Collectors;

/** Words of a command as a POSIX shell takes them. */
public final class ShellWords {
  private ShellWords() {}

  /** The word, in quotes where the shell would take it for something else. */
  public static String quoted(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /** The words, ready to be pasted. */
  public static String joined(List<String> words) {
    return words.stream().map(ShellWords::quoted).collect(Collectors.joining(" "));
  }
}
