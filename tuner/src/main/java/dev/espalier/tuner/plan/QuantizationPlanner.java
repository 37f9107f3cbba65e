package dev.espalier.tuner.plan;

import dev.espalier.tuner.config.Configuration;
import dev.espalier.tuner.config.Configuration.Quantization;
import dev.espalier.tuner.port.QuantizationPlan;
import dev.espalier.tuner.port.QuantizationPlan.Calibration;
import dev.espalier.tuner.port.QuantizationPlan.Format;
import java.util.Set;

/** Turns the section {@code quantization} into a plan. */
public final class QuantizationPlanner {
  private QuantizationPlanner() {}

  /** The plan of {@code section}, which belongs to {@code configuration}. */
  public static QuantizationPlan plan(Configuration configuration, Quantization section) {
    return new QuantizationPlan(
        format(section),
        section.modelWise().weight().granularity().equals("per_channel"),
        section.reduceRange(),
        Set.copyOf(section.opTypes()),
        section.excludedNames(),
        Set.of(),
        calibration(section.modelWise().activation().algorithm()),
        section.calibration().samplingSize(),
        configuration.tuning().randomSeed(),
        Cores.of(configuration.evaluation().performance().threads()));
  }

  /** Whether quantization as in {@code section} is impossible without examples. */
  public static boolean needsExamples(Quantization section) {
    return format(section) != Format.DYNAMIC;
  }

  private static Format format(Quantization section) {
    if (section.approach().equals("post_training_dynamic_quant")) {
      return Format.DYNAMIC;
    }
    return section.format().equals("qdq") ? Format.QDQ : Format.QOPERATOR;
  }

  private static Calibration calibration(String algorithm) {
    return switch (algorithm) {
      case "moving_average" -> Calibration.MOVING_AVERAGE;
      case "percentile" -> Calibration.PERCENTILE;
      case "kl" -> Calibration.ENTROPY;
      case "mse" -> Calibration.MSE;
      default -> Calibration.MINMAX;
    };
  }
}
