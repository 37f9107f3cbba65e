package dev.espalier.tuner.handover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.espalier.core.model.PretrainedModels;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is handed on says nothing of the machine that it was made on: of an absolute path only the
 * last name is left.
 */
public final class LocalPaths {
  /** An absolute path inside of a longer text, in quotes or by itself; no URL has one. */
  private static final Pattern INSIDE =
      Pattern.compile(
          "(?<=^|[\\s=:,\\[{(])(?:\"(/[^\"]*)\"|'(/[^']*)')"
              + "|(?<=^|[\\s=,\\[{(])(/[^\\s\"',\\]})]+)");

  /** The keys by which Hugging Face's files name a path. */
  private static final Pattern KEYS = Pattern.compile("_?name_or_path|[a-z_]+_file");

  private static final Pattern HUB = Pattern.compile("hf:([^@]+)(@.*)?");

  private LocalPaths() {}

  /** {@code path}, or its last name when it is absolute. */
  static String shown(String path) {
    try {
      Path parsed = Path.of(path);
      return parsed.isAbsolute() && parsed.getFileName() != null
          ? parsed.getFileName().toString()
          : path;
    } catch (InvalidPathException e) {
      return path;
    }
  }

  /** {@code path=value} with the paths in its value as {@link #shown}. */
  static String assignment(String assignment) {
    int value = assignment.indexOf('=') + 1;
    String given = assignment.substring(value);
    String shown = shown(given);
    return assignment.substring(0, value) + (shown.equals(given) ? text(given) : shown);
  }

  /** {@code value} with every text in it as {@link #shown}. */
  static JsonNode value(JsonNode value) {
    if (value instanceof TextNode text) {
      return TextNode.valueOf(shown(text.textValue()));
    }
    if (value instanceof ArrayNode list) {
      ArrayNode shown = JsonNodeFactory.instance.arrayNode();
      list.forEach(each -> shown.add(value(each)));
      return shown;
    }
    return value;
  }

  /** Shortens, in place, what Hugging Face's files say of where they were, at any depth. */
  static void shortenIn(JsonNode node) {
    node.forEach(LocalPaths::shortenIn);
    if (node instanceof ObjectNode object) {
      for (String key : List.copyOf(object.properties()).stream().map(e -> e.getKey()).toList()) {
        if (object.get(key) instanceof TextNode text && KEYS.matcher(key).matches()) {
          object.put(key, shown(text.textValue()));
        }
      }
    }
  }

  /** What a model is called: of a folder its last name, else the reference as it is. */
  static String model(String reference) {
    if (!PretrainedModels.isFolder(reference)) {
      return reference;
    }
    Path name = Path.of(reference).toAbsolutePath().normalize().getFileName();
    return name == null ? reference : name.toString();
  }

  /** What the hub knows a model as; empty for a folder, of which it knows nothing. */
  static Optional<String> ofTheHub(String reference) {
    Matcher hub = HUB.matcher(reference);
    if (hub.matches()) {
      return Optional.of(hub.group(1));
    }
    return PretrainedModels.isFolder(reference) ? Optional.empty() : Optional.of(reference);
  }

  private static String text(String text) {
    return INSIDE
        .matcher(text)
        .replaceAll(
            found -> {
              String path =
                  found.group(1) != null
                      ? found.group(1)
                      : found.group(2) != null ? found.group(2) : found.group(3);
              return Matcher.quoteReplacement(found.group().replace(path, shown(path)));
            });
  }
}
