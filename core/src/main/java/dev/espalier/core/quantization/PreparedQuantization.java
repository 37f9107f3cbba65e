package dev.espalier.core.quantization;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * A float model about to be quantized, perhaps several times: what is found out on examples is
 * found out once.
 */
public interface PreparedQuantization {
  /**
   * Writes the model, quantized.
   *
   * @param plan that which this was prepared for, but for the types, names and dtypes of what stays
   *     float
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when the model cannot be
   *     quantized so, or nothing of it would be
   */
  QuantizedModel quantize(Path target, QuantizationPlan plan);

  /** Names that rules and exclusions may mean: of nodes with a weight, and of the weights. */
  Set<String> operatorNames();

  /**
   * What quantization would do to the output of each operator by itself, Σ(y − ŷ)² / Σy² on
   * calibration examples: by the names of {@link QuantizedModel.Operator}, worst first. Operators
   * whose error is not known are missing; without examples all are.
   */
  Map<String, Double> operatorErrors();
}
