package dev.espalier.tuner.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A stretch of training: a number of steps, or a share of the run. */
public sealed interface Amount {
  /** {@code steps} optimizer steps. */
  record Steps(long steps) implements Amount {
    @Override
    public long of(long totalSteps) {
      return steps;
    }

    @Override
    public String toString() {
      return Long.toString(steps);
    }
  }

  /** A share of the run, in [0, 1]. */
  record Share(double share) implements Amount {
    /** More than a double holds, and so 7% and not 7.000000000000001%. */
    private static final MathContext DIGITS = new MathContext(17);

    @Override
    public long of(long totalSteps) {
      return Math.round(share * totalSteps);
    }

    @Override
    public String toString() {
      BigDecimal percent = BigDecimal.valueOf(share).movePointRight(2).round(DIGITS);
      return percent.signum() == 0 ? "0%" : percent.stripTrailingZeros().toPlainString() + "%";
    }
  }

  /** The number of steps in a run of {@code totalSteps}. */
  long of(long totalSteps);

  /**
   * Reads {@code 500} or {@code 10%}.
   *
   * @throws IllegalArgumentException when the text is neither, or the share is above 100%
   */
  @JsonCreator
  static Amount parse(String text) {
    Matcher matcher = Pattern.compile("([0-9]+(?:\\.[0-9]+)?) ?%|([0-9]{1,12})").matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("neither steps nor a share: " + text);
    }
    if (matcher.group(2) != null) {
      return new Steps(Long.parseLong(matcher.group(2)));
    }
    double percent = Double.parseDouble(matcher.group(1));
    if (percent > 100) {
      throw new IllegalArgumentException("a share above 100%: " + text);
    }
    return new Share(percent / 100);
  }
}
