package dev.espalier.tuner.run;

import java.util.Locale;

/** Sizes in words. */
final class Sizes {
  private Sizes() {}

  static String inWords(long bytes) {
    if (bytes < 1000) {
      return bytes + " bytes";
    }
    return bytes < 1_000_000
        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
        : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
