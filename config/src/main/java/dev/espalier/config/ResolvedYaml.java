package dev.espalier.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Writes a resolved configuration as YAML with the source of every value. */
final class ResolvedYaml {
  private ResolvedYaml() {}

  static String write(List<ResolvedValue> values) {
    StringBuilder out = new StringBuilder();
    out.append("# Every value, and where it came from.\n");
    List<String> open = new ArrayList<>();
    String itemBefore = "";
    for (ResolvedValue value : values) {
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

  /** Numbers such as 1.0E-4 and quoted texts occur. */
  private static String text(JsonNode value) {
    return YamlText.ofJson(Interpolation.escape(value.toString()));
  }

  /** A default, or the place: file:line:column, a variable of the environment, an assignment. */
  private static String comment(ResolvedValue value) {
    String place = value.location() == null ? value.source().label() : value.location().toString();
    return YamlText.comment(place);
  }
}
