package dev.espalier.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Dotted paths into the configuration: {@code a.b.list[0].c}. */
final class Paths {
  private static final Pattern SEGMENT = Pattern.compile("\\[[0-9]{1,6}\\]|[^.\\[]+");

  private Paths() {}

  static String child(String parent, String name) {
    return parent.isEmpty() ? name : parent + "." + name;
  }

  static String item(String parent, int index) {
    return parent + "[" + index + "]";
  }

  /** The names and the {@code [index]} parts of a path, from the root. */
  static List<String> segments(String path) {
    List<String> segments = new ArrayList<>();
    Matcher matcher = SEGMENT.matcher(path);
    while (matcher.find()) {
      segments.add(matcher.group());
    }
    return segments;
  }

  static boolean isIndex(String segment) {
    return segment.startsWith("[");
  }

  /** The path one level up; empty at the root. */
  static String parent(String path) {
    int cut = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['));
    return cut < 0 ? "" : path.substring(0, cut);
  }

  /** Whether {@code path} is {@code ancestor} or lies below it. */
  static boolean isWithin(String path, String ancestor) {
    return ancestor.isEmpty()
        || (path.startsWith(ancestor)
            && (path.length() == ancestor.length()
                || path.charAt(ancestor.length()) == '.'
                || path.charAt(ancestor.length()) == '['));
  }
}
