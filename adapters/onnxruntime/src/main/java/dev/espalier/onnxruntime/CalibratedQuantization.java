package dev.espalier.onnxruntime;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.quantization.PreparedQuantization;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Calibration;
import dev.espalier.core.quantization.QuantizationPlan.OperatorRule;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.onnxruntime.calibrate.Activations;
import dev.espalier.onnxruntime.calibrate.CalibrationBatches;
import dev.espalier.onnxruntime.calibrate.CalibrationMethod;
import dev.espalier.onnxruntime.calibrate.Calibrator;
import dev.espalier.onnxruntime.calibrate.EncodedBatches;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.quantize.QuantizationReport;
import dev.espalier.onnxruntime.quantize.Quantizer;
import dev.espalier.onnxruntime.simulate.BiasCorrection;
import dev.espalier.onnxruntime.simulate.OperatorErrors;
import dev.espalier.onnxruntime.smooth.SmoothQuant;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A quantization as the tuner plans it: calibrates where the format asks for it, then rewrites.
 * Ranges that were found once are kept for the variants that follow.
 */
final class CalibratedQuantization implements PreparedQuantization {
  /** Few enough to hold every activation of one batch, many enough to be quick. */
  private static final int BATCH = 8;

  /** Rows of an activation that errors are judged on, from each batch. */
  private static final int JUDGED_ROWS = 8;

  /** Rows of an activation that a choice of α is judged on, in all. */
  private static final int SMOOTH_ROWS = 64;

  /** What α is chosen from. */
  private static final double[] ALPHAS = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};

  /** What a percentile keeps; ONNX Runtime's own tool has the same default. */
  private static final double PERCENT = 99.99;

  private final Path source;
  private final QuantizationPlan plan;
  private final @Nullable EncodedSet examples;
  private final Map<String, TensorRange> ranges = new HashMap<>();
  private final Map<String, String> recipeNotes = new LinkedHashMap<>();
  private @Nullable ModelProto smoothed;

  /**
   * Prepares.
   *
   * @param examples what calibration chooses its samples from; null is enough for the dynamic
   *     format
   */
  CalibratedQuantization(Path source, QuantizationPlan plan, @Nullable EncodedSet examples) {
    this.source = source;
    this.plan = plan;
    this.examples = examples == null || examples.size() == 0 ? null : sample(examples, plan);
  }

  /**
   * Quantizes.
   *
   * @throws ProblemException as {@link Quantizer#quantize} and {@link Calibrator#ranges}
   */
  @Override
  public QuantizedModel quantize(Path target, QuantizationPlan variant) {
    if (variant.format() == QuantizationPlan.Format.WEIGHT_ONLY) {
      return blocks(variant).write(target);
    }
    ModelProto model = prepared();
    Quantizer quantizer = new Quantizer(literally(variant));
    calibrate(model, quantizer.tensorsToCalibrate(model, source));
    QuantizationReport report;
    if (plan.recipes().biasCorrection()) {
      QuantizationReport first = quantizer.rewrite(model, source, ranges).report();
      report = quantizer.quantize(corrected(model, first), source, target, ranges);
    } else {
      report = quantizer.quantize(model, source, target, ranges);
    }
    QuantizedModel told = OperatorList.of(OnnxGraph.of(model), report);
    Map<String, String> notes = new LinkedHashMap<>(told.notes());
    notes.put(Quantizer.REDUCE_RANGE, plan.reduceRange().toString());
    notes.putAll(recipeNotes);
    return new QuantizedModel(notes, told.operators());
  }

  /** The float model, smoothed where the plan says so. */
  private ModelProto prepared() {
    QuantizationPlan.Recipes recipes = plan.recipes();
    if (!recipes.smooth()) {
      return OnnxFiles.read(source);
    }
    ModelProto known = smoothed;
    if (known == null) {
      SmoothQuant smooth = new SmoothQuant(new Activations(plan.threads()), SMOOTH_ROWS);
      Double alpha = recipes.alpha();
      SmoothQuant.Smoothed made =
          smooth.search(
              OnnxFiles.read(source),
              source,
              batches(known(examples)),
              alpha == null ? ALPHAS : new double[] {alpha});
      known = made.model();
      smoothed = known;
      recipeNotes.put(
          "smooth_quant",
          made.alphas().size()
              + " activations, alpha "
              + (alpha == null ? new TreeSet<>(made.alphas().values()) : alpha));
    }
    return known;
  }

  private ModelProto corrected(ModelProto model, QuantizationReport report) {
    Map<String, Boolean> perChannel = new HashMap<>();
    report.quantized().stream()
        .filter(one -> one.type().equals("MatMul") || one.type().equals("Gemm"))
        .forEach(one -> perChannel.put(one.node(), one.perChannel()));
    OperatorErrors.Weights weights =
        new OperatorErrors.Weights(
            plan.reduceRange().reduced(),
            (node, weight) -> perChannel.getOrDefault(node.getName(), Boolean.TRUE));
    BiasCorrection.Corrected made =
        new BiasCorrection(new Activations(plan.threads()))
            .correct(
                model,
                source,
                batches(known(examples)),
                perChannel.keySet(),
                ranges,
                weights::matrix);
    recipeNotes.put("fast_bias_correction", made.shifts().size() + " biases");
    return made.model();
  }

  /**
   * Names of weights as names of their nodes: a recipe gives changed weights names of their own.
   */
  private QuantizationPlan literally(QuantizationPlan variant) {
    if (!plan.recipes().smooth()) {
      return variant;
    }
    ModelProto original = OnnxFiles.read(source);
    Set<String> floats = new HashSet<>(variant.floatNodes());
    List<OperatorRule> rules = new ArrayList<>();
    for (NodeProto node : original.getGraph().getNodeList()) {
      if (variant.excluded().stream().anyMatch(glob -> Quantizer.names(glob, node))) {
        floats.add(OperatorList.name(node));
      }
    }
    for (OperatorRule rule : variant.rules()) {
      List<String> names = new ArrayList<>(rule.names());
      original.getGraph().getNodeList().stream()
          .filter(node -> rule.names().stream().anyMatch(glob -> Quantizer.names(glob, node)))
          .forEach(node -> names.add(OperatorList.name(node)));
      rules.add(
          new OperatorRule(
              rule.types(), names, rule.quantized(), rule.perChannel(), rule.calibration()));
    }
    return variant.with(
        changes -> {
          changes.floatNodes = floats;
          changes.rules = rules;
        });
  }

  private BlockQuantization blocks(QuantizationPlan variant) {
    return new BlockQuantization(source, variant, examples == null ? null : batches(examples));
  }

  private void calibrate(ModelProto model, Set<String> tensors) {
    Set<String> unknown = new LinkedHashSet<>(tensors);
    unknown.removeAll(ranges.keySet());
    if (unknown.isEmpty()) {
      return;
    }
    CalibrationBatches batches = batches(known(examples));
    byMethod(OnnxGraph.of(model), unknown)
        .forEach(
            (how, tensorsOfIt) ->
                ranges.putAll(
                    new Calibrator(method(how), new Activations(plan.threads()))
                        .ranges(model, source, tensorsOfIt, batches)));
  }

  /** Which tensors are calibrated how: as the last rule says for an operator that touches them. */
  private Map<Calibration, Set<String>> byMethod(OnnxGraph graph, Set<String> tensors) {
    Map<Calibration, Set<String>> byMethod = new EnumMap<>(Calibration.class);
    for (String tensor : tensors) {
      Calibration how = plan.calibration();
      for (OperatorRule rule : plan.rules()) {
        Calibration said = rule.calibration();
        if (said != null && Quantizer.touches(rule, graph, tensor)) {
          how = said;
        }
      }
      byMethod.computeIfAbsent(how, key -> new LinkedHashSet<>()).add(tensor);
    }
    return byMethod;
  }

  @Override
  public Set<String> operatorNames() {
    return OperatorList.names(OnnxGraph.of(OnnxFiles.read(source)));
  }

  @Override
  public Map<String, Double> operatorErrors() {
    Map<String, Double> errors = new LinkedHashMap<>();
    if (examples != null && plan.format() == QuantizationPlan.Format.WEIGHT_ONLY) {
      return blocks(plan).operatorErrors(JUDGED_ROWS);
    }
    if (examples != null) {
      ModelProto model = prepared();
      new OperatorErrors(new Activations(plan.threads()), JUDGED_ROWS)
          .ofConstants(
              model,
              source,
              batches(examples),
              ranges,
              new OperatorErrors.Weights(
                  plan.reduceRange().reduced(), new Quantizer(literally(plan)).perChannel(model)))
          .forEach((name, error) -> errors.put(name, error.normalized()));
    }
    return errors;
  }

  private CalibrationBatches batches(EncodedSet set) {
    return new EncodedBatches(set, BATCH, plan.seed());
  }

  private static EncodedSet known(@Nullable EncodedSet examples) {
    if (examples == null) {
      throw new IllegalArgumentException("activations are calibrated on examples, and none came");
    }
    return examples;
  }

  private static CalibrationMethod method(Calibration calibration) {
    return switch (calibration) {
      case MINMAX -> new CalibrationMethod.MinMax();
      case MOVING_AVERAGE -> new CalibrationMethod.MovingAverage();
      case PERCENTILE -> new CalibrationMethod.Percentile(PERCENT);
      case ENTROPY -> new CalibrationMethod.Entropy();
      case MSE -> new CalibrationMethod.MeanSquaredError();
    };
  }

  /** As many examples as are asked for, or all; the seed decides which. */
  private static EncodedSet sample(EncodedSet set, QuantizationPlan plan) {
    int[] indices = IntStream.range(0, set.size()).toArray();
    SplittableRandom random = new SplittableRandom(plan.seed());
    int count = Math.min(plan.samples(), indices.length);
    for (int i = 0; i < count; i++) {
      int other = i + random.nextInt(indices.length - i);
      int swapped = indices[i];
      indices[i] = indices[other];
      indices[other] = swapped;
    }
    return new EncodedSet(
        "calibration",
        set.source(),
        set.sha256(),
        set.head(),
        IntStream.range(0, count).mapToObj(i -> set.examples().get(indices[i])).toList());
  }
}
