package dev.espalier.config.lpot;

import static dev.espalier.config.lpot.LpotFormat.COMPRESSION;
import static dev.espalier.config.lpot.LpotFormat.PRUNER;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * A key that LPOT allows for all pruners and for one of them. The pruner's own value counts,
 * whatever it is: a 0 is a 0.
 *
 * @param path where the value that counts stands
 * @param value the value that counts; null when there is none
 * @param other the value for all pruners that the pruner's own stands above; null when there is
 *     none
 */
record PrunerKey(String path, @Nullable JsonNode value, @Nullable JsonNode other) {
  /** Takes {@code key} out of both places. */
  static PrunerKey take(LpotTree tree, String key) {
    JsonNode all = tree.take(COMPRESSION + "." + key);
    JsonNode own = tree.take(PRUNER + "." + key);
    return own == null
        ? new PrunerKey(COMPRESSION + "." + key, all, null)
        : new PrunerKey(PRUNER + "." + key, own, all);
  }

  boolean isThere() {
    return value != null;
  }

  /** Key and value, for a line. */
  String from() {
    String above = other == null ? "" : " (above " + LpotTree.show(other) + " for all pruners)";
    return LpotTree.last(path) + (value == null ? "" : " " + LpotTree.show(value)) + above;
  }

  /** Says why the key is not used, when it is there. */
  void unused(LpotTree tree, String why) {
    if (value != null) {
      tree.line(path, from(), "not used: " + why);
    }
  }
}
