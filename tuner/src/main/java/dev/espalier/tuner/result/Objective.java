package dev.espalier.tuner.result;

import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is made small among the trials that meet the criterion. */
public enum Objective {
  /** Bytes of the file that ships, compressed: without compression zeros make no file smaller. */
  MODELSIZE,
  /** Median time of one request to the file that ships. */
  PERFORMANCE,
  /** Share of the pruned layers that is left. */
  DENSITY,
  /** What is lost of the criterion's metric. */
  ACCURACY;

  /** The objective of that name in a configuration. */
  public static Objective of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** The relative difference below which two values count as equal: what a measurement is worth. */
  double tolerance() {
    return switch (this) {
      case MODELSIZE, PERFORMANCE -> 0.01;
      case DENSITY, ACCURACY -> 0;
    };
  }

  /** The objective as configurations and results name it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * What was measured of a trial, as a share of the dense model's: positive, smaller is better, 1
   * for as good as dense.
   *
   * @param dense the dense model's file
   * @param shipped the trial's file that ships
   * @param masks what is zero in the trial's model
   * @param latencies time of one request by file: dense, and that which ships under {@code name}
   * @param name fp32 or int8
   * @param verdict how the trial's file was judged
   */
  public double share(
      MeasuredFile dense,
      MeasuredFile shipped,
      MaskReport masks,
      Map<String, Latency> latencies,
      String name,
      Verdict verdict) {
    return switch (this) {
      case MODELSIZE -> (double) shipped.file().compressedBytes() / dense.file().compressedBytes();
      case PERFORMANCE -> median(latencies.get(name)) / median(latencies.get("dense"));
      case DENSITY -> 1 - masks.prunedLayers();
      case ACCURACY -> Math.exp(verdict.lossOfBaseline());
    };
  }

  private static double median(@Nullable Latency latency) {
    if (latency == null) {
      throw new IllegalStateException("the latency was not measured");
    }
    return latency.p50();
  }
}
