package dev.espalier.tuner.report;

import java.util.Map;

/** How many columns a terminal has. */
public final class ConsoleWidth {
  /** What is taken where nothing says it. */
  public static final int DEFAULT = 80;

  private ConsoleWidth() {}

  /**
   * The columns by the variable {@code COLUMNS}, which the launcher sets.
   *
   * @param environment the environment's variables
   */
  public static int of(Map<String, String> environment) {
    try {
      int columns = Integer.parseInt(environment.getOrDefault("COLUMNS", "").strip());
      return columns > 0 ? columns : DEFAULT;
    } catch (NumberFormatException notANumber) {
      return DEFAULT;
    }
  }
}
