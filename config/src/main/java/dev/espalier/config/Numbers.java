package dev.espalier.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.ProblemCode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Numbers as people write them, and their ranges in words. */
final class Numbers {
  /** YAML 1.1 reads 1e-4, without a dot, as a text; people mean the number. */
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?([0-9]{1,30}\\.?[0-9]{0,30}|\\.[0-9]{1,30})([eE][-+]?[0-9]{1,3})?");

  private static final BigDecimal LARGEST_LONG = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final BigDecimal SMALLEST_LONG = BigDecimal.valueOf(Long.MIN_VALUE);

  /** Numbers that YAML 1.1, or a person, reads as something else than what they look like. */
  private static final Pattern PADDED =
      Pattern.compile("([-+]?)0+([0-9][0-9_]*(?:\\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?)");

  private static final Pattern GROUPED = Pattern.compile("[-+]?[0-9]+(?:_+[0-9]+)+(?:\\.[0-9]*)?");
  private static final Pattern BASED = Pattern.compile("([-+]?)0([xobXOB])_*([0-9a-fA-F]{1,15})");
  private static final Pattern SEXAGESIMAL =
      Pattern.compile("([-+]?)([0-9]{1,9}):([0-5]?[0-9])(?::([0-5]?[0-9]))?");

  private static final int SIXTY = 60;

  private Numbers() {}

  /**
   * What to write in place of a number that is not plainly decimal, such as 010, 0x10, 1_000 or
   * 1:30: YAML 1.1 reads the first as 8, and other readers do not.
   *
   * @param written a value as it stands in the file
   * @return a sentence; empty for a plain number, and for what is none
   */
  static Optional<String> plainly(String written) {
    Matcher based = BASED.matcher(written);
    if (based.matches()) {
      return based(based);
    }
    Matcher sexagesimal = SEXAGESIMAL.matcher(written);
    if (sexagesimal.matches()) {
      long value =
          SIXTY * Long.parseLong(sexagesimal.group(2)) + Long.parseLong(sexagesimal.group(3));
      if (sexagesimal.group(4) != null) {
        value = SIXTY * value + Long.parseLong(sexagesimal.group(4));
      }
      return Optional.of(
          "Write "
              + sexagesimal.group(1)
              + value
              + ": YAML 1.1 takes colons for digits to base 60.");
    }
    Matcher padded = PADDED.matcher(written);
    if (padded.matches()) {
      String digits = padded.group(2).replace("_", "");
      String decimal = padded.group(1) + digits;
      return Optional.of(
          digits.matches("[0-7]{1,20}") && !digits.equals("0")
              ? "Write "
                  + decimal
                  + ", or "
                  + padded.group(1)
                  + new BigInteger(digits, 8)
                  + ": YAML 1.1 takes a number that begins with 0 for octal."
              : "Write " + decimal + ".");
    }
    return GROUPED.matcher(written).matches()
        ? Optional.of(
            "Write " + written.replace("_", "").replaceFirst("^([-+]?)0+(?=[0-9])", "$1") + ".")
        : Optional.empty();
  }

  private static Optional<String> based(Matcher number) {
    int base =
        switch (number.group(2)) {
          case "x", "X" -> 16;
          case "o", "O" -> 8;
          default -> 2;
        };
    try {
      return Optional.of("Write " + number.group(1) + new BigInteger(number.group(3), base) + ".");
    } catch (NumberFormatException e) {
      return Optional.empty(); // 0o9 is no number at all
    }
  }

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

  /** Whether {@code value} lies in the key's range, or is one of its numbers. */
  static boolean isWithin(BigDecimal value, Key key) {
    double v = value.doubleValue();
    if (key.oneOf().length > 0) {
      return Arrays.stream(key.oneOf()).anyMatch(allowed -> allowed == v);
    }
    boolean above = key.minimumExcluded() ? v > key.minimum() : v >= key.minimum();
    boolean below = key.maximumExcluded() ? v < key.maximum() : v <= key.maximum();
    return above && below && Double.isFinite(v);
  }

  /** What is wrong with a value that is not in the key's range: the number, or that it is none. */
  static ProblemCode code(JsonNode node, Key key, boolean whole) {
    boolean number =
        read(node, false)
            .filter(value -> !isWithin(value, key) || (whole && isIntegral(value)))
            .isPresent();
    if (!number) {
      return ProblemCode.WRONG_TYPE;
    }
    return key.oneOf().length > 0 ? ProblemCode.NOT_ALLOWED : ProblemCode.OUT_OF_RANGE;
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
    if (key.oneOf().length > 0) {
      return "one of "
          + Arrays.stream(key.oneOf()).mapToObj(String::valueOf).collect(Collectors.joining(", "));
    }
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
