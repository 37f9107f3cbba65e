package dev.espalier.tuner.run;

/** Estimated times as people read them. */
final class Durations {
  private Durations() {}

  /** For instance "less than a minute", "about 14 min", "about 2 h 5 min". */
  static String about(double seconds) {
    long minutes = Math.round(seconds / 60);
    return minutes < 1
        ? "less than a minute"
        : minutes < 60
            ? "about " + minutes + " min"
            : "about " + minutes / 60 + " h " + minutes % 60 + " min";
  }
}
