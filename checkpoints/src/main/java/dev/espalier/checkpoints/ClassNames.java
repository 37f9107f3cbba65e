package dev.espalier.checkpoints;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The class names of a {@code config.json}. {@code id2label} decides, as in the Python library;
 * {@code label2id} is asked where that is missing, or has only the {@code LABEL_0} and so on that
 * the library makes up.
 */
final class ClassNames {
  private final List<String> byId;
  private final List<String> byName;
  private final boolean contradicting;

  private ClassNames(JsonNode config) {
    JsonNode idToLabel = config.path("id2label");
    JsonNode labelToId = config.path("label2id");
    this.byId = byId(idToLabel);
    this.byName = byName(labelToId);
    this.contradicting =
        !idToLabel.isEmpty() && !labelToId.isEmpty() && !byId.equals(byName) && !isMadeUp();
  }

  /** The names in the order of their ids; empty when not every class is named. */
  static List<String> of(JsonNode config) {
    return new ClassNames(config).names();
  }

  /** A sentence for a user whose {@code label2id} says other than the {@code id2label}. */
  static Optional<String> note(JsonNode config) {
    ClassNames names = new ClassNames(config);
    return names.contradicting
        ? Optional.of(
            "config.json contradicts itself: label2id "
                + config.path("label2id")
                + " is not the inverse of id2label "
                + config.path("id2label")
                + ". The class names are those of id2label, as in the Python library.")
        : Optional.empty();
  }

  private List<String> names() {
    List<String> names = byId.isEmpty() || isMadeUp() ? byName : byId;
    boolean complete = names.stream().noneMatch(name -> name.isEmpty() || isMadeUp(name));
    return complete ? names : List.of();
  }

  /** Whether {@code id2label} says no more than how many classes there are, and no fewer. */
  private boolean isMadeUp() {
    return byId.size() == byName.size() && byId.stream().allMatch(ClassNames::isMadeUp);
  }

  private static boolean isMadeUp(String name) {
    return name.matches("LABEL_\\d+");
  }

  private static List<String> byId(JsonNode names) {
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      labels.add(names.path(Integer.toString(i)).asText(""));
    }
    return labels;
  }

  /** Empty when the ids are not each of 0, 1, 2 and so on, once. */
  private static List<String> byName(JsonNode ids) {
    List<String> labels = new ArrayList<>(Collections.nCopies(ids.size(), ""));
    for (Map.Entry<String, JsonNode> entry : ids.properties()) {
      JsonNode id = entry.getValue();
      int at = id.isIntegralNumber() && id.canConvertToInt() ? id.intValue() : -1;
      if (at < 0 || at >= labels.size() || !labels.get(at).isEmpty()) {
        return List.of();
      }
      labels.set(at, entry.getKey());
    }
    return labels;
  }
}
