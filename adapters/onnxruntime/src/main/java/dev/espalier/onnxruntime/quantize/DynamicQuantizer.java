package dev.espalier.onnxruntime.quantize;

import dev.espalier.api.problem.ProblemException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Dynamic int8 with everything that can be quantized, per channel.
 *
 * @param reduceRange as {@link QuantizationSettings#reduceRange}
 */
public record DynamicQuantizer(boolean reduceRange) {
  /**
   * Rewrites {@code source} into {@code target}.
   *
   * @throws ProblemException as {@link Quantizer#quantize}
   */
  public QuantizationReport quantize(Path source, Path target) {
    QuantizationSettings settings =
        QuantizationSettings.of(QuantizationFormat.DYNAMIC).withReduceRange(reduceRange);
    return new Quantizer(settings).quantize(source, target, Map.of());
  }
}
