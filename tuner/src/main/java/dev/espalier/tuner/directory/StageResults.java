package dev.espalier.tuner.directory;

import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.tuner.result.MaskReport;
import dev.espalier.tuner.result.QuantizationFacts.Attempt;
import dev.espalier.tuner.result.RunFacts.FileSize;
import dev.espalier.tuner.result.RunFacts.Training;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What stages found out, as it is kept beside their files for a resume. */
public final class StageResults {
  private StageResults() {}

  /** A trained model; {@code masks} is null for the dense one. */
  public record Trained(Training training, @Nullable MaskReport masks) {}

  /** An exported file, with what ONNX Runtime fuses in it: operator to count. */
  public record Exported(FileSize size, Map<String, Integer> fusedOperators) {}

  /**
   * A quantized file: what it holds, which attempts led to it, and the metrics that were measured
   * on the way, of the fp32 file and of this one.
   */
  public record Quantized(
      FileSize size,
      QuantizedModel model,
      List<Attempt> attempts,
      List<String> fellBack,
      @Nullable Map<String, Double> fp32,
      @Nullable Map<String, Double> int8) {}

  /** The metrics of the fp32 and the int8 file, and the times of one request by file. */
  public record Measured(
      Map<String, Double> fp32,
      @Nullable Map<String, Double> int8,
      Map<String, Latency> latencies) {}
}
