package dev.espalier.config;

import dev.espalier.api.problem.Suggestions;
import dev.espalier.config.Schema.Field;
import dev.espalier.config.Schema.Free;
import dev.espalier.config.Schema.Items;
import dev.espalier.config.Schema.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of environment variables: {@code ESPALIER_PRUNING_TRAIN_EPOCHS} is {@code
 * pruning.train.epochs}, {@code ..._PRUNERS_0_PRUNE_TYPE} is {@code ...pruners[0].prune_type}.
 */
final class EnvironmentNames {
  private static final String PREFIX = "ESPALIER_";
  private static final Pattern INDEXED = Pattern.compile("([0-9]{1,6})_(.+)");

  private EnvironmentNames() {}

  /** The path that {@code variable} sets, when it sets one. */
  static Optional<String> path(Section root, String variable) {
    return variable.startsWith(PREFIX) && variable.equals(variable.toUpperCase(Locale.ROOT))
        ? match(root, "", rest(variable))
        : Optional.empty();
  }

  /** Advice for a variable that begins like a key of the configuration but is none. */
  static Optional<String> mistaken(Section root, String variable) {
    if (!variable.startsWith(PREFIX)) {
      return Optional.empty();
    }
    boolean ours =
        root.fields().stream()
            .filter(field -> field.shape() instanceof Section)
            .anyMatch(field -> rest(variable).startsWith(field.name() + "_"));
    if (!ours) {
      return Optional.empty();
    }
    List<String> all = new ArrayList<>();
    collect(root, PREFIX, all);
    return Suggestions.closest(variable, all)
        .map(near -> "Maybe " + near + " is meant.")
        .or(() -> Optional.of("docs/configuration.md has every key."));
  }

  private static String rest(String variable) {
    return variable.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
  }

  private static Optional<String> match(Section section, String path, String rest) {
    for (Field field : section.fields()) {
      String child = Paths.child(path, field.name());
      if (rest.equals(field.name())) {
        return Optional.of(child);
      }
      if (rest.startsWith(field.name() + "_")) {
        Optional<String> inner = below(field, child, rest.substring(field.name().length() + 1));
        if (inner.isPresent()) {
          return inner;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> below(Field field, String path, String rest) {
    if (field.shape() instanceof Section section) {
      return match(section, path, rest);
    }
    if (field.shape() instanceof Free) {
      return Optional.of(Paths.child(path, rest));
    }
    if (field.shape() instanceof Items items) {
      Matcher matcher = INDEXED.matcher(rest);
      return matcher.matches()
          ? match(
              items.each(), Paths.item(path, Integer.parseInt(matcher.group(1))), matcher.group(2))
          : Optional.empty();
    }
    return Optional.empty();
  }

  private static void collect(Section section, String prefix, List<String> into) {
    for (Field field : section.fields()) {
      String name = prefix + field.name().toUpperCase(Locale.ROOT);
      if (field.shape() instanceof Section inner) {
        collect(inner, name + "_", into);
      } else if (field.shape() instanceof Items items) {
        collect(items.each(), name + "_0_", into);
      } else {
        into.add(name);
      }
    }
  }
}
