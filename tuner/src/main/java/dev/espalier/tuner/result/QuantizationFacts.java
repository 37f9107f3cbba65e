package dev.espalier.tuner.result;

import dev.espalier.core.quantization.QuantizedModel;
import java.util.List;

/**
 * How a trial's file was quantized.
 *
 * @param strategy what decided which operators stay float
 * @param model what the file holds
 * @param attempts the files that were evaluated to get there
 * @param fellBack operators that are float for the sake of the criterion, worst first
 */
public record QuantizationFacts(
    String strategy, QuantizedModel model, List<Attempt> attempts, List<String> fellBack) {
  /**
   * One quantized file that was evaluated.
   *
   * @param floatOperators how many operators it leaves float that could be quantized
   * @param value its metric
   * @param met whether it meets the criterion
   * @param bytes its size
   */
  public record Attempt(int floatOperators, double value, boolean met, long bytes) {}

  /** Copies the lists. */
  public QuantizationFacts {
    attempts = List.copyOf(attempts);
    fellBack = List.copyOf(fellBack);
  }
}
