package dev.espalier.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers and lists in the ways that LPOT took them. */
final class Values {
  /** YAML 1.1 reads 1e-4, without a dot, as a text. */
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?([0-9]{1,18}\\.?[0-9]{0,18}|\\.[0-9]{1,18})([eE][-+]?[0-9]{1,2})?");

  private static final int DIGITS = 6;

  private Values() {}

  /** The number that a node holds. */
  static Optional<Double> number(@Nullable JsonNode node) {
    if (node == null) {
      return Optional.empty();
    }
    if (node.isNumber() && Double.isFinite(node.doubleValue())) {
      return Optional.of(node.doubleValue());
    }
    return node.isTextual() && NUMBER.matcher(node.textValue()).matches()
        ? Optional.of(Double.valueOf(node.textValue()))
        : Optional.empty();
  }

  /** The whole number of at least 0, and at most a billion, that a node holds. */
  static Optional<Long> count(@Nullable JsonNode node) {
    return number(node)
        .filter(value -> value >= 0 && value <= 1e9 && value == Math.rint(value))
        .map(Double::longValue);
  }

  /** A number with as many digits as a schedule needs, and no more. */
  static JsonNode rounded(double value) {
    return JsonNodeFactory.instance.numberNode(decimal(value));
  }

  /** A number as people write it. */
  static String plain(double value) {
    return decimal(value).toPlainString();
  }

  private static BigDecimal decimal(double value) {
    return new BigDecimal(value).setScale(DIGITS, RoundingMode.HALF_EVEN).stripTrailingZeros();
  }

  /** A list of texts, or a text that is split at commas or else at blanks; nothing otherwise. */
  static Optional<List<String>> texts(@Nullable JsonNode node) {
    if (node == null) {
      return Optional.empty();
    }
    if (node.isValueNode()) {
      String text = node.asText().strip();
      return Optional.of(List.of(text.split(text.contains(",") ? "\\s*,\\s*" : "\\s+", -1)));
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode item : node) {
      if (!node.isArray() || !item.isValueNode()) {
        return Optional.empty();
      }
      texts.add(item.asText());
    }
    return Optional.of(texts);
  }
}
