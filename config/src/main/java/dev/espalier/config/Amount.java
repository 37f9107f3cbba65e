package dev.espalier.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A stretch of training: a number of steps, a number of epochs, or a share of the run. */
public sealed interface Amount {
  /** What an amount may look like, in the words of a message. */
  String FORMS =
      "a number of steps, epochs such as \"2 epochs\", or a share of the run from 0% to 100% such"
          + " as \"10%\"";

  /**
   * How long a run is.
   *
   * @param steps optimizer steps of the run
   * @param stepsPerEpoch optimizer steps of one pass over the training set
   */
  record Length(long steps, long stepsPerEpoch) {}

  /** {@code steps} optimizer steps. */
  record Steps(long steps) implements Amount {
    @Override
    public long of(Length run) {
      return steps;
    }

    @Override
    public String toString() {
      return Long.toString(steps);
    }
  }

  /** {@code epochs} passes over the training set, at least 0. */
  record Epochs(double epochs) implements Amount {
    @Override
    public long of(Length run) {
      return Math.round(epochs * run.stepsPerEpoch());
    }

    @Override
    public String toString() {
      return BigDecimal.valueOf(epochs).stripTrailingZeros().toPlainString()
          + (epochs == 1 ? " epoch" : " epochs");
    }
  }

  /** A share of the run, in [0, 1]. */
  record Share(double share) implements Amount {
    /** More than a double holds, and so 7% and not 7.000000000000001%. */
    private static final MathContext DIGITS = new MathContext(17);

    @Override
    public long of(Length run) {
      return Math.round(share * run.steps());
    }

    @Override
    public String toString() {
      BigDecimal percent = BigDecimal.valueOf(share).movePointRight(2).round(DIGITS);
      return percent.signum() == 0 ? "0%" : percent.stripTrailingZeros().toPlainString() + "%";
    }
  }

  /** The number of steps in a run. */
  long of(Length run);

  /** Whether the number of steps depends on how many examples there are. */
  default boolean isInEpochs() {
    return this instanceof Epochs;
  }

  /**
   * Reads {@code 500}, {@code 500 steps}, {@code 2 epochs} or {@code 10%}.
   *
   * @throws IllegalArgumentException when the text is none of these, or the share is above 100%
   */
  @JsonCreator
  static Amount parse(String text) {
    Matcher steps = Pattern.compile("([0-9]{1,12})( steps?)?").matcher(text);
    if (steps.matches()) {
      return new Steps(Long.parseLong(steps.group(1)));
    }
    Matcher other =
        Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,12})?)(?: ?(%)| epochs?)").matcher(text);
    if (!other.matches()) {
      throw new IllegalArgumentException("neither steps, epochs nor a share: " + text);
    }
    double number = Double.parseDouble(other.group(1));
    if (other.group(2) == null) {
      return new Epochs(number);
    }
    if (number > 100) {
      throw new IllegalArgumentException("a share above 100%: " + text);
    }
    return new Share(number / 100);
  }
}
