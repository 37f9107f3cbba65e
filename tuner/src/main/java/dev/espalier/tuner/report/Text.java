package dev.espalier.tuner.report;

import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.text.Formats;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Numbers as people read them. */
final class Text {
  static final String NOT_MEASURED = "not measured";

  private Text() {}

  static String percentOrNone(@Nullable Double share) {
    return share == null ? "nothing" : Formats.percent(share);
  }

  static String milliseconds(double value) {
    return String.format(Locale.ROOT, "%.2f ms", value);
  }

  static String interval(Latency latency) {
    return String.format(
        Locale.ROOT, "%.2f ms [%.2f, %.2f]", latency.p50(), latency.low(), latency.high());
  }

  static String seconds(double value) {
    return value < 120
        ? String.format(Locale.ROOT, "%.1f s", value)
        : String.format(Locale.ROOT, "%.1f min", value / 60);
  }

  static String metric(@Nullable MeasuredFile file, String name) {
    Map<String, Double> metrics = file == null ? null : file.metrics();
    Double value = metrics == null ? null : metrics.get(name);
    return value == null ? NOT_MEASURED : String.format(Locale.ROOT, "%.4f", value);
  }

  static String size(@Nullable MeasuredFile file) {
    return file == null || file.size() == null
        ? NOT_MEASURED
        : String.format(Locale.ROOT, "%.2f MB", file.sizeBytes() / 1e6);
  }

  /** Size by gzip. */
  static String compressed(@Nullable MeasuredFile file) {
    return file == null || file.size() == null
        ? NOT_MEASURED
        : String.format(Locale.ROOT, "%.2f MB", file.file().compressedBytes() / 1e6);
  }
}
