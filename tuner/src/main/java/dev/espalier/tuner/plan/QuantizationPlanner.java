package dev.espalier.tuner.plan;

import dev.espalier.config.Configuration;
import dev.espalier.config.Configuration.ActivationType;
import dev.espalier.config.Configuration.Granularity;
import dev.espalier.config.Configuration.GraphFormat;
import dev.espalier.config.Configuration.OpActivation;
import dev.espalier.config.Configuration.OpTypeWise;
import dev.espalier.config.Configuration.OpWeight;
import dev.espalier.config.Configuration.OpWise;
import dev.espalier.config.Configuration.Quantization;
import dev.espalier.config.Configuration.RangeAlgorithm;
import dev.espalier.config.Configuration.Recipes;
import dev.espalier.config.Configuration.Rounding;
import dev.espalier.config.Configuration.Scheme;
import dev.espalier.config.Configuration.WeightType;
import dev.espalier.config.Words;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Blocks;
import dev.espalier.core.quantization.QuantizationPlan.Calibration;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.core.quantization.QuantizationPlan.OperatorRule;
import dev.espalier.core.quantization.QuantizationPlan.ReduceRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Turns the section {@code quantization} into a plan. */
public final class QuantizationPlanner {
  /** How much of the outliers SmoothQuant moves by default, as in the paper. */
  private static final double USUAL_ALPHA = 0.5;

  private QuantizationPlanner() {}

  /**
   * The plan of {@code section}, which belongs to {@code configuration}.
   *
   * @param vnniHere whether this machine's CPU has VNNI; counts for the target {@code this} alone
   */
  public static QuantizationPlan plan(
      Configuration configuration, Quantization section, boolean vnniHere) {
    return new QuantizationPlan(
        format(section),
        section.modelWise().weight().granularity() == Granularity.PER_CHANNEL,
        reduceRange(section, vnniHere),
        Set.copyOf(section.opTypes()),
        section.excludedNames(),
        Set.of(),
        rules(section),
        calibration(section.modelWise().activation().algorithm()),
        recipes(section.recipes()),
        new Blocks(
            section.weightOnly().bits(),
            section.weightOnly().groupSize(),
            section.weightOnly().scheme() == Scheme.ASYM,
            section.weightOnly().algorithm() == Rounding.GPTQ),
        section.calibration().samplingSize(),
        configuration.tuning().randomSeed(),
        Cores.of(configuration.evaluation().performance().threads()));
  }

  private static ReduceRange reduceRange(Quantization section, boolean vnniHere) {
    Boolean configured = section.reduceRange();
    if (configured != null) {
      return new ReduceRange(configured, "as configured");
    }
    String target = "target_cpu " + Words.of(section.targetCpu());
    return switch (section.targetCpu()) {
      case VNNI -> new ReduceRange(false, target);
      case AVX2 -> new ReduceRange(true, target);
      case THIS ->
          new ReduceRange(!vnniHere, target + ", which " + (vnniHere ? "has" : "lacks") + " VNNI");
    };
  }

  private static QuantizationPlan.Recipes recipes(Recipes section) {
    Object alpha = section.smoothQuantArgs().getOrDefault("alpha", USUAL_ALPHA);
    return new QuantizationPlan.Recipes(
        section.smoothQuant(),
        alpha instanceof Number number ? Double.valueOf(number.doubleValue()) : null,
        section.fastBiasCorrection());
  }

  private static List<OperatorRule> rules(Quantization section) {
    List<OperatorRule> rules = new ArrayList<>();
    for (OpTypeWise each : section.optypeWise()) {
      rules.add(rule(Set.copyOf(each.opTypes()), List.of(), each.weight(), each.activation()));
    }
    for (OpWise each : section.opWise()) {
      rules.add(rule(Set.of(), each.names(), each.weight(), each.activation()));
    }
    return rules;
  }

  private static OperatorRule rule(
      Set<String> types, List<String> names, OpWeight weight, OpActivation activation) {
    boolean floats = weight.dtype() == WeightType.FP32 || activation.dtype() == ActivationType.FP32;
    boolean unsaid = weight.dtype() == null && activation.dtype() == null;
    Granularity granularity = weight.granularity();
    RangeAlgorithm algorithm = activation.algorithm();
    return new OperatorRule(
        types,
        names,
        unsaid ? null : !floats,
        granularity == null ? null : granularity == Granularity.PER_CHANNEL,
        algorithm == null ? null : calibration(algorithm));
  }

  private static Format format(Quantization section) {
    return switch (section.approach()) {
      case POST_TRAINING_DYNAMIC_QUANT -> Format.DYNAMIC;
      case WEIGHT_ONLY -> Format.WEIGHT_ONLY;
      case POST_TRAINING_STATIC_QUANT ->
          section.format() == GraphFormat.QDQ ? Format.QDQ : Format.QOPERATOR;
    };
  }

  private static Calibration calibration(RangeAlgorithm algorithm) {
    return switch (algorithm) {
      case MINMAX -> Calibration.MINMAX;
      case MOVING_AVERAGE -> Calibration.MOVING_AVERAGE;
      case PERCENTILE -> Calibration.PERCENTILE;
      case KL -> Calibration.ENTROPY;
      case MSE -> Calibration.MSE;
    };
  }
}
