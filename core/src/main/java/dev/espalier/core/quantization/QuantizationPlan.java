package dev.espalier.core.quantization;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How an exported model is quantized to int8: weights symmetric, activations uint8 and asymmetric.
 *
 * @param format how the graph is written down
 * @param perChannel a scale for each output channel of a weight, or one for the whole
 * @param reduceRange weights in [-64, 64], which keeps CPUs without VNNI from saturating
 * @param operatorTypes what may be quantized, of {@link #OPERATOR_TYPES}
 * @param excluded globs over names of nodes and of their weights; what one matches stays float
 * @param floatNodes names of nodes, taken literally, that stay float
 * @param rules exceptions for some operators, the later over the earlier
 * @param calibration how ranges of activations follow from values; for the static formats
 * @param recipes what is done to the float model before; not for {@link Format#WEIGHT_ONLY}
 * @param blocks for {@link Format#WEIGHT_ONLY}
 * @param samples examples that calibration looks at; for the static formats
 * @param seed decides which examples, and their order
 * @param threads intra-op threads of the calibration
 */
public record QuantizationPlan(
    Format format,
    boolean perChannel,
    ReduceRange reduceRange,
    Set<String> operatorTypes,
    List<String> excluded,
    Set<String> floatNodes,
    List<OperatorRule> rules,
    Calibration calibration,
    Recipes recipes,
    Blocks blocks,
    int samples,
    long seed,
    int threads) {
  /** Every type of operator that can be quantized. */
  public static final Set<String> OPERATOR_TYPES =
      Set.of("MatMul", "Gemm", "Gather", "Conv", "Add", "Mul", "Attention");

  /**
   * Copies the collections.
   *
   * @throws IllegalArgumentException when a type is none of {@link #OPERATOR_TYPES}
   */
  public QuantizationPlan {
    operatorTypes = Set.copyOf(operatorTypes);
    excluded = List.copyOf(excluded);
    floatNodes = Set.copyOf(floatNodes);
    rules = List.copyOf(rules);
    for (String type : operatorTypes) {
      if (!OPERATOR_TYPES.contains(type)) {
        throw new IllegalArgumentException(
            "operator type " + type + " cannot be quantized; " + new TreeSet<>(OPERATOR_TYPES));
      }
    }
  }

  /** Every type of operator, per channel, in the whole range, without exceptions or recipes. */
  public static QuantizationPlan of(Format format) {
    return new QuantizationPlan(
        format,
        true,
        ReduceRange.NO,
        OPERATOR_TYPES,
        List.of(),
        Set.of(),
        List.of(),
        Calibration.MINMAX,
        Recipes.NONE,
        Blocks.USUAL,
        100,
        0,
        1);
  }

  /**
   * Whether weights keep to 7 bits.
   *
   * @param reduced whether they do
   * @param reason why, for the report
   */
  public record ReduceRange(boolean reduced, String reason) {
    /** All 8 bits, for a CPU with VNNI. */
    public static final ReduceRange NO = new ReduceRange(false, "target_cpu vnni");

    @Override
    public String toString() {
      return reduced + ", " + reason;
    }
  }

  /** The same, but for what {@code change} assigns. */
  public QuantizationPlan with(Consumer<Changes> change) {
    Changes changes = new Changes(this);
    change.accept(changes);
    return new QuantizationPlan(
        changes.format,
        changes.perChannel,
        changes.reduceRange,
        changes.operatorTypes,
        changes.excluded,
        changes.floatNodes,
        changes.rules,
        changes.calibration,
        changes.recipes,
        changes.blocks,
        changes.samples,
        changes.seed,
        changes.threads);
  }

  /** The components of a plan, to be assigned; they begin as those of a plan. */
  public static final class Changes {
    public Format format;
    public boolean perChannel;
    public ReduceRange reduceRange;
    public Set<String> operatorTypes;
    public List<String> excluded;
    public Set<String> floatNodes;
    public List<OperatorRule> rules;
    public Calibration calibration;
    public Recipes recipes;
    public Blocks blocks;
    public int samples;
    public long seed;
    public int threads;

    private Changes(QuantizationPlan plan) {
      format = plan.format;
      perChannel = plan.perChannel;
      reduceRange = plan.reduceRange;
      operatorTypes = plan.operatorTypes;
      excluded = plan.excluded;
      floatNodes = plan.floatNodes;
      rules = plan.rules;
      calibration = plan.calibration;
      recipes = plan.recipes;
      blocks = plan.blocks;
      samples = plan.samples;
      seed = plan.seed;
      threads = plan.threads;
    }
  }

  /**
   * An exception for some operators; what is null is left to the rules before, or to the plan.
   *
   * @param types of operators; empty for any
   * @param names literal names or globs, of nodes or of their weights; empty for any
   * @param quantized whether they are int8, whatever {@code operatorTypes} says
   * @param perChannel as in the plan
   * @param calibration as in the plan, for the activations that they read or write
   */
  public record OperatorRule(
      Set<String> types,
      List<String> names,
      @Nullable Boolean quantized,
      @Nullable Boolean perChannel,
      @Nullable Calibration calibration) {
    /** Copies the collections. */
    public OperatorRule {
      types = Set.copyOf(types);
      names = List.copyOf(names);
    }

    /** What it is about, for people. */
    public String inWords() {
      return names.isEmpty()
          ? "optype_wise " + String.join(", ", new TreeSet<>(types))
          : "op_wise " + String.join(", ", names);
    }
  }

  /** How a quantized graph is written down. */
  public enum Format {
    /** Activations are quantized at run time; no calibration. */
    DYNAMIC,
    /** Calibrated; float operators between QuantizeLinear and DequantizeLinear. */
    QDQ,
    /** Calibrated; integer operators, in part ONNX Runtime's own. */
    QOPERATOR,
    /** Weights in blocks; activations and sums are float. */
    WEIGHT_ONLY;

    /** Whether activations need ranges, which calibration finds. */
    public boolean isStatic() {
      return this == QDQ || this == QOPERATOR;
    }
  }

  /**
   * What is done to the float model before it is quantized.
   *
   * @param smooth whether outliers of activations are moved into weights (SmoothQuant)
   * @param alpha how much of them, in [0, 1]; null to choose it for each activation
   * @param biasCorrection whether the mean error of each layer is taken out of its bias
   */
  public record Recipes(boolean smooth, @Nullable Double alpha, boolean biasCorrection) {
    /** Nothing. */
    public static final Recipes NONE = new Recipes(false, 0.5, false);
  }

  /**
   * Blocks of weights.
   *
   * @param bits 4 or 8
   * @param size weights of a block: 32, 64 or 128
   * @param zeroPoints whether each block has a zero point of its own
   * @param feedback whether later weights make up for errors, on examples (GPTQ)
   */
  public record Blocks(int bits, int size, boolean zeroPoints, boolean feedback) {
    /** 4 bits, 32 weights, symmetric, rounded. */
    public static final Blocks USUAL = new Blocks(4, 32, false, false);
  }

  /** Whether nothing can be done without examples. */
  public boolean needsExamples() {
    return format.isStatic()
        || recipes.smooth()
        || recipes.biasCorrection()
        || (format == Format.WEIGHT_ONLY && blocks.feedback());
  }

  /** How the range of an activation follows from its values. */
  public enum Calibration {
    /** The least and the largest value. */
    MINMAX,
    /** A moving average of the batches' least and largest values. */
    MOVING_AVERAGE,
    /** Without 0.01% of the values, half of them at each end. */
    PERCENTILE,
    /** The least loss of information, in the sense of Kullback and Leibler. */
    ENTROPY,
    /** The least mean squared error. */
    MSE
  }
}
