package dev.espalier.config;

import dev.espalier.core.quantization.QuantizationPlan;
import java.util.Collection;
import java.util.TreeSet;
import java.util.function.Supplier;

/** The types of ONNX operators that can be quantized, for {@link Key#each}. */
final class OperatorTypes implements Supplier<Collection<String>> {
  @Override
  public Collection<String> get() {
    return new TreeSet<>(QuantizationPlan.OPERATOR_TYPES);
  }
}
