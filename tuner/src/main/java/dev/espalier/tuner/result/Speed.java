package dev.espalier.tuner.result;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.quantization.QuantizedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether quantization made the model faster where it was measured, in plain words, with the likely
 * cause when it did not.
 *
 * @param kind what the measured times say
 * @param sentence that, with the times and, for what is slower, the likely causes
 */
public record Speed(Kind kind, String sentence) {
  /** Below this many columns or rows the work saved by int8 is less than that of converting. */
  private static final long SMALL_WEIGHT_BYTES = 64 * 1024;

  /** What two intervals say. */
  public enum Kind {
    /** The int8 file is faster: the intervals of the medians do not overlap. */
    FASTER,
    /** No difference was shown. */
    SAME,
    /** The int8 file is slower: the intervals do not overlap. */
    SLOWER;

    /** As results name it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Compares the fp32 and the int8 file.
   *
   * @param latencies by file: fp32 and int8
   * @param model what the quantized file holds; null when that is not known
   * @param environment with {@code cpu.vnni}, as {@code environment.json} has it
   * @return null unless both files were timed
   */
  public static @Nullable Speed of(
      Map<String, Latency> latencies, @Nullable QuantizedModel model, JsonNode environment) {
    Latency fp32 = latencies.get("fp32");
    Latency int8 = latencies.get("int8");
    if (fp32 == null || int8 == null) {
      return null;
    }
    Kind kind =
        int8.high() < fp32.low() ? Kind.FASTER : int8.low() > fp32.high() ? Kind.SLOWER : Kind.SAME;
    String times =
        String.format(
            Locale.ROOT,
            "%.2f ms [%.2f, %.2f] in place of %.2f ms [%.2f, %.2f] (median and its 95%% interval)",
            int8.p50(),
            int8.low(),
            int8.high(),
            fp32.p50(),
            fp32.low(),
            fp32.high());
    return new Speed(
        kind,
        switch (kind) {
          case FASTER ->
              String.format(
                      Locale.ROOT,
                      "The quantized model is %.2f times as fast as float on this machine: ",
                      fp32.p50() / int8.p50())
                  + times
                  + ".";
          case SAME ->
              "The quantized model is not shown to be faster than float on this machine: "
                  + times
                  + ".";
          case SLOWER ->
              "The quantized model is slower than float on this machine: "
                  + times
                  + ". "
                  + String.join(" ", causes(model, environment));
        });
  }

  private static List<String> causes(@Nullable QuantizedModel model, JsonNode environment) {
    List<String> causes = new ArrayList<>();
    JsonNode vnni = environment.path("cpu").path("vnni");
    if (vnni.isBoolean() && !vnni.booleanValue()) {
      causes.add(
          "Likely cause: this CPU lacks VNNI, so that int8 products take more instructions than"
              + " float ones; on a CPU with avx512_vnni or avx_vnni it may be the other way round.");
    }
    if (model != null) {
      long products =
          model.quantized().stream().filter(one -> !one.type().equals("Gather")).count();
      long small =
          model.quantized().stream()
              .filter(one -> !one.type().equals("Gather") && one.bytes() < SMALL_WEIGHT_BYTES)
              .count();
      if (products > 0 && 2 * small > products) {
        causes.add(
            String.format(
                Locale.ROOT,
                "Likely cause: %d of %d quantized products have weights below 64 KiB, for which"
                    + " turning activations to int8 and back costs more than it saves.",
                small,
                products));
      }
    }
    if (causes.isEmpty()) {
      causes.add(
          "Likely cause: the QuantizeLinear and DequantizeLinear around each product cost more"
              + " than it saves; another quantization.format or fewer operators may be faster.");
    }
    return causes;
  }
}
