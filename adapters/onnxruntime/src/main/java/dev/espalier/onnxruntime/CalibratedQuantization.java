package dev.espalier.onnxruntime;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.onnxruntime.calibrate.Activations;
import dev.espalier.onnxruntime.calibrate.CalibrationBatches;
import dev.espalier.onnxruntime.calibrate.CalibrationMethod;
import dev.espalier.onnxruntime.calibrate.Calibrator;
import dev.espalier.onnxruntime.calibrate.EncodedBatches;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.quantize.QuantizationFormat;
import dev.espalier.onnxruntime.quantize.QuantizationSettings;
import dev.espalier.onnxruntime.quantize.Quantizer;
import dev.espalier.onnxruntime.simulate.OperatorErrors;
import dev.espalier.tuner.port.PreparedQuantization;
import dev.espalier.tuner.port.QuantizationPlan;
import dev.espalier.tuner.port.QuantizationPlan.Calibration;
import dev.espalier.tuner.port.QuantizationPlan.OperatorRule;
import dev.espalier.tuner.port.QuantizedModel;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
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

  /** What a percentile keeps; ONNX Runtime's own tool has the same default. */
  private static final double PERCENT = 99.99;

  private final Path source;
  private final QuantizationPlan plan;
  private final @Nullable EncodedSet examples;
  private final Map<String, TensorRange> ranges = new HashMap<>();

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
    Quantizer quantizer = new Quantizer(settings(variant));
    calibrate(quantizer.tensorsToCalibrate(source));
    return OperatorList.of(source, quantizer.quantize(source, target, ranges));
  }

  private void calibrate(Set<String> tensors) {
    Set<String> unknown = new LinkedHashSet<>(tensors);
    unknown.removeAll(ranges.keySet());
    if (unknown.isEmpty()) {
      return;
    }
    ModelProto model = OnnxFiles.read(source);
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
    if (examples != null) {
      ModelProto model = OnnxFiles.read(source);
      new OperatorErrors(new Activations(plan.threads()), JUDGED_ROWS)
          .ofConstants(model, source, batches(examples), ranges, plan.perChannel())
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

  private static QuantizationSettings settings(QuantizationPlan plan) {
    return QuantizationSettings.of(format(plan))
        .withPerChannel(plan.perChannel())
        .withReduceRange(plan.reduceRange())
        .withOperatorTypes(plan.operatorTypes())
        .excluding(plan.excluded())
        .withFloatNodes(plan.floatNodes())
        .withRules(plan.rules());
  }

  private static QuantizationFormat format(QuantizationPlan plan) {
    return switch (plan.format()) {
      case DYNAMIC -> QuantizationFormat.DYNAMIC;
      case QDQ -> QuantizationFormat.QDQ;
      case QOPERATOR -> QuantizationFormat.QOPERATOR;
    };
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
