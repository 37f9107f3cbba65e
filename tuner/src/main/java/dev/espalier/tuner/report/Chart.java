package dev.espalier.tuner.report;

import dev.espalier.core.training.FinePruner.Point;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Drawings as inline SVG; colours come from the page's style, so that they follow its theme. */
final class Chart {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 180;
  private static final int LEFT = 56;
  private static final int RIGHT = 8;
  private static final int TOP = 10;
  private static final int BOTTOM = 24;

  private Chart() {}

  /**
   * A curve over the steps of a training.
   *
   * @param title what is drawn, already escaped
   */
  static String curve(String title, List<Point> points, ToDoubleFunction<Point> value) {
    List<Point> drawn =
        points.stream().filter(p -> Double.isFinite(value.applyAsDouble(p))).toList();
    if (drawn.size() < 2) {
      return "";
    }
    double low = drawn.stream().mapToDouble(value).min().orElseThrow();
    double high = drawn.stream().mapToDouble(value).max().orElseThrow();
    double first = (double) drawn.get(0).step();
    double last = (double) drawn.get(drawn.size() - 1).step();
    StringBuilder line = new StringBuilder();
    for (Point point : drawn) {
      double x = LEFT + share((double) point.step(), first, last) * (WIDTH - LEFT - RIGHT);
      double y =
          HEIGHT - BOTTOM - share(value.applyAsDouble(point), low, high) * (HEIGHT - TOP - BOTTOM);
      line.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
    }
    int floor = HEIGHT - BOTTOM;
    return "<figure><figcaption>"
        + title
        + "</figcaption><svg viewBox=\"0 0 "
        + WIDTH
        + " "
        + HEIGHT
        + "\" role=\"img\" aria-label=\""
        + title
        + "\">"
        + rule(TOP)
        + rule(floor)
        + label(LEFT - 6, TOP + 4, "end", number(high))
        + label(LEFT - 6, floor + 4, "end", number(low))
        + label(LEFT, HEIGHT - 6, "start", "step " + (long) first)
        + label(WIDTH - RIGHT, HEIGHT - 6, "end", "step " + (long) last)
        + "<polyline class=\"line\" points=\""
        + line.toString().strip()
        + "\"/></svg></figure>";
  }

  /** A bar of {@code share}, in [0, 1]. */
  static String bar(double share) {
    return String.format(
        Locale.ROOT,
        "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
            + "<rect class=\"track\" width=\"100\" height=\"8\"/>"
            + "<rect class=\"fill\" width=\"%.2f\" height=\"8\"/></svg>",
        100 * share);
  }

  private static String rule(int y) {
    return "<line class=\"rule\" x1=\""
        + LEFT
        + "\" x2=\""
        + (WIDTH - RIGHT)
        + "\" y1=\""
        + y
        + "\" y2=\""
        + y
        + "\"/>";
  }

  private static String label(int x, int y, String anchor, String text) {
    return "<text x=\""
        + x
        + "\" y=\""
        + y
        + "\" text-anchor=\""
        + anchor
        + "\">"
        + text
        + "</text>";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3g", value);
  }

  private static double share(double value, double low, double high) {
    return high > low ? (value - low) / (high - low) : 0.5;
  }
}
