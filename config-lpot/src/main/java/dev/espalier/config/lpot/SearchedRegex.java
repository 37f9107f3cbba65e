package dev.espalier.config.lpot;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Regular expressions that LPOT searches in the name of a layer, as globs over the name of its
 * weight: {@code query} is {@code *query*}, {@code ^bert.*dense$} is {@code bert*dense.weight}.
 *
 * <p>A dot stands for a dot: that is what people mean by it in a name.
 */
final class SearchedRegex {
  private static final Pattern PART =
      Pattern.compile("\\.\\*|\\\\([.\\-_])|(\\[[A-Za-z0-9-]+])|([A-Za-z0-9_.\\-])(\\*?)");

  private SearchedRegex() {}

  /** The globs that match the same names; nothing when there are none. */
  static Optional<List<String>> globs(String regex) {
    List<String> globs = new ArrayList<>();
    for (String alternative : regex.split("\\|", -1)) {
      Optional<String> glob = glob(alternative);
      if (glob.isEmpty()) {
        return Optional.empty();
      }
      globs.add(glob.get());
    }
    return Optional.of(globs);
  }

  private static Optional<String> glob(String regex) {
    boolean start = regex.startsWith("^");
    boolean end = regex.endsWith("$");
    String inner = regex.substring(start ? 1 : 0, regex.length() - (end ? 1 : 0));
    StringBuilder glob = new StringBuilder(start ? "" : "*");
    Matcher part = PART.matcher(inner);
    int at = 0;
    while (at < inner.length()) {
      part.region(at, inner.length());
      if (!part.lookingAt()) {
        return Optional.empty();
      }
      at = part.end();
      boolean last = at == inner.length();
      if (part.group().equals(".*")) {
        glob.append('*');
      } else if (part.group(1) != null) {
        glob.append(part.group(1));
      } else if (part.group(2) != null) {
        glob.append(part.group(2));
      } else if (part.group(4).isEmpty()) {
        glob.append(part.group(3));
      } else if (!last || end) {
        return Optional.empty(); // s* in the middle: no glob says "any number of s"
      }
    }
    glob.append(end ? ".weight" : "*");
    String whole = glob.toString().replaceAll("\\*+", "*");
    return whole.equals("*") || inner.isEmpty() ? Optional.empty() : Optional.of(whole);
  }
}
