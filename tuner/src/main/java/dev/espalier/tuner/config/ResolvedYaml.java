package dev.espalier.tuner.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Writes a resolved configuration as YAML with the source of every value. */
final class ResolvedYaml {
  /** What YAML 1.1 does not take as it is (section 5.1), and what would end a line. */
  private static final Pattern UNPRINTABLE =
      Pattern.compile("[\\x00-\\x1F\\x7F-\\x9F\\u2028\\u2029\\uD800-\\uDFFF\\uFEFF\\uFFFE\\uFFFF]");

  private ResolvedYaml() {}

  static String write(ResolvedConfiguration resolved) {
    StringBuilder out = new StringBuilder();
    out.append("# Every value, and where it came from.\n");
    List<String> open = new ArrayList<>();
    String itemBefore = "";
    for (ResolvedValue value : resolved.values()) {
      List<String> segments = Paths.segments(value.path());
      List<String> around = segments.subList(0, segments.size() - 1);
      int shared = shared(open, around);
      for (int i = shared; i < around.size(); i++) {
        String segment = around.get(i);
        if (Paths.isIndex(segment)) {
          itemBefore = "- "; // the first key of an entry shares the dash's line
        } else {
          open(out, around, i, itemBefore).append(segment).append(":\n");
          itemBefore = "";
        }
      }
      open = List.copyOf(around);
      open(out, segments, segments.size() - 1, itemBefore)
          .append(segments.get(segments.size() - 1))
          .append(": ")
          .append(text(value.value()))
          .append("  # ")
          .append(comment(value))
          .append('\n');
      itemBefore = "";
    }
    return out.toString();
  }

  private static StringBuilder open(
      StringBuilder out, List<String> segments, int depth, String dash) {
    // An index is drawn as a dash in front of its first key and indents like any other level.
    int levels = dash.isEmpty() ? depth : depth - 1;
    return out.append("  ".repeat(Math.min(levels, segments.size()))).append(dash);
  }

  private static int shared(List<String> one, List<String> other) {
    int shared = 0;
    while (shared < Math.min(one.size(), other.size())
        && one.get(shared).equals(other.get(shared))) {
      shared++;
    }
    return shared;
  }

  /**
   * JSON is YAML, but for characters that YAML takes only as escapes; numbers such as 1.0E-4 and
   * quoted texts occur.
   */
  private static String text(JsonNode value) {
    return UNPRINTABLE
        .matcher(Interpolation.escape(value.toString()))
        .replaceAll(found -> "\\\\u%04X".formatted((int) found.group().charAt(0)));
  }

  /** A default, or the place: file:line:column, a variable of the environment, an assignment. */
  private static String comment(ResolvedValue value) {
    String place = value.location() == null ? value.source().label() : value.location().toString();
    return UNPRINTABLE.matcher(place).replaceAll(" ");
  }
}
