package dev.espalier.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Pattern;

/** Numbers as people write them, and their ranges in words. */
final class Numbers {
  /** YAML 1.1 reads 1e-4, without a dot, as a text; people mean the number. */
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?([0-9]{1,30}\\.?[0-9]{0,30}|\\.[0-9]{1,30})([eE][-+]?[0-9]{1,3})?");

  private static final BigDecimal LARGEST_LONG = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final BigDecimal SMALLEST_LONG = BigDecimal.valueOf(Long.MIN_VALUE);

  private Numbers() {}

  /** The number that {@code node} holds; nothing for another kind of value or a broken whole. */
  static Optional<BigDecimal> read(JsonNode node, boolean whole) {
    Optional<BigDecimal> number = read(node);
    return whole ? number.filter(Numbers::isLong) : number;
  }

  private static Optional<BigDecimal> read(JsonNode node) {
    if (node.isIntegralNumber() || (node.isNumber() && Double.isFinite(node.doubleValue()))) {
      return Optional.of(node.decimalValue());
    }
    return node.isTextual() && NUMBER.matcher(node.textValue()).matches()
        ? Optional.of(new BigDecimal(node.textValue()))
        : Optional.empty();
  }

  private static boolean isIntegral(BigDecimal value) {
    return value.stripTrailingZeros().scale() <= 0;
  }

  private static boolean isLong(BigDecimal value) {
    return value.compareTo(SMALLEST_LONG) >= 0
        && value.compareTo(LARGEST_LONG) <= 0
        && isIntegral(value);
  }

  /** Whether {@code value} lies in the key's range. */
  static boolean isWithin(BigDecimal value, Key key) {
    double v = value.doubleValue();
    boolean above = key.minimumExcluded() ? v > key.minimum() : v >= key.minimum();
    boolean below = key.maximumExcluded() ? v < key.maximum() : v <= key.maximum();
    return above && below && Double.isFinite(v);
  }

  /** Whether {@code node} is a number of the right kind, and so only too small or too large. */
  static boolean isOutside(JsonNode node, Key key, boolean whole) {
    return read(node, false)
        .filter(value -> !isWithin(value, key) || (whole && isIntegral(value)))
        .isPresent();
  }

  /** What to write in place of a number that is not one, or outside of the key's range. */
  static String advice(JsonNode node, Key key) {
    Optional<BigDecimal> hundredth =
        read(node, false)
            .filter(value -> key.maximumExcluded() && key.maximum() == 1 && !isWithin(value, key))
            .map(value -> value.movePointLeft(2))
            .filter(value -> value.precision() <= 12 && isWithin(value, key));
    if (hundredth.isPresent()) {
      return "Maybe " + hundredth.get().stripTrailingZeros().toPlainString() + " is meant.";
    }
    return key.fallback().isEmpty()
        ? "Leave it out, or write a number in that range."
        : "Leave it out, and it is " + key.fallback() + ".";
  }

  /** The key's range in words, for instance "a number of at least 0 and below 1". */
  static String range(Key key, boolean whole) {
    if (key.minimum() == key.maximum()) {
      return plain(key.minimum());
    }
    String kind = whole ? "a whole number" : "a number";
    String low =
        Double.isInfinite(key.minimum())
            ? ""
            : (key.minimumExcluded() ? " above " : " of at least ") + plain(key.minimum());
    String high =
        Double.isInfinite(key.maximum())
            ? ""
            : (key.maximumExcluded() ? " below " : " up to ") + plain(key.maximum());
    return kind + low + (low.isEmpty() || high.isEmpty() ? "" : " and") + high;
  }

  private static String plain(double value) {
    return new BigDecimal(value).stripTrailingZeros().toPlainString();
  }
}
