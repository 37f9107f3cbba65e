package dev.espalier.tuner.plan;

import dev.espalier.config.Configuration;
import dev.espalier.config.Configuration.OpActivation;
import dev.espalier.config.Configuration.OpTypeWise;
import dev.espalier.config.Configuration.OpWeight;
import dev.espalier.config.Configuration.OpWise;
import dev.espalier.config.Configuration.Quantization;
import dev.espalier.config.Configuration.Recipes;
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
        section.modelWise().weight().granularity().equals("per_channel"),
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
            section.weightOnly().scheme().equals("asym"),
            section.weightOnly().algorithm().equals("GPTQ")),
        section.calibration().samplingSize(),
        configuration.tuning().randomSeed(),
        Cores.of(configuration.evaluation().performance().threads()));
  }

  private static ReduceRange reduceRange(Quantization section, boolean vnniHere) {
    Boolean configured = section.reduceRange();
    if (configured != null) {
      return new ReduceRange(configured, "as configured");
    }
    String target = "target_cpu " + section.targetCpu();
    return switch (section.targetCpu()) {
      case "avx2" -> new ReduceRange(true, target);
      case "this" ->
          new ReduceRange(!vnniHere, target + ", which " + (vnniHere ? "has" : "lacks") + " VNNI");
      default -> new ReduceRange(false, target);
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
    boolean floats = "fp32".equals(weight.dtype()) || "fp32".equals(activation.dtype());
    boolean unsaid = weight.dtype() == null && activation.dtype() == null;
    String granularity = weight.granularity();
    String algorithm = activation.algorithm();
    return new OperatorRule(
        types,
        names,
        unsaid ? null : !floats,
        granularity == null ? null : granularity.equals("per_channel"),
        algorithm == null ? null : calibration(algorithm));
  }

  private static Format format(Quantization section) {
    if (section.approach().equals("post_training_dynamic_quant")) {
      return Format.DYNAMIC;
    }
    if (section.approach().equals("weight_only")) {
      return Format.WEIGHT_ONLY;
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
