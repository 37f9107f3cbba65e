package dev.espalier.onnxruntime.quantize;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.onnxruntime.calibrate.Activations;
import dev.espalier.onnxruntime.calibrate.CalibrationMethod;
import dev.espalier.onnxruntime.calibrate.Calibrator;
import dev.espalier.onnxruntime.calibrate.EncodedBatches;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.tuner.port.QuantizationPlan;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A quantization as the tuner plans it: calibrates where the format asks for it, then rewrites. */
public final class CalibratedQuantizer {
  /** Few enough to hold every activation of one batch, many enough to be quick. */
  private static final int BATCH = 8;

  /** What a percentile keeps; ONNX Runtime's own tool has the same default. */
  private static final double PERCENT = 99.99;

  private CalibratedQuantizer() {}

  /**
   * Rewrites {@code source} into {@code target}.
   *
   * @param examples what calibration chooses its samples from; null is enough for the dynamic
   *     format
   * @throws ProblemException as {@link Quantizer#quantize} and {@link Calibrator#ranges}
   */
  public static QuantizationReport quantize(
      Path source, Path target, QuantizationPlan plan, @Nullable EncodedSet examples) {
    Quantizer quantizer = new Quantizer(settings(plan));
    Set<String> tensors = quantizer.tensorsToCalibrate(source);
    Map<String, TensorRange> ranges =
        tensors.isEmpty()
            ? Map.of()
            : new Calibrator(method(plan), new Activations(plan.threads()))
                .ranges(
                    OnnxFiles.read(source),
                    source,
                    tensors,
                    new EncodedBatches(
                        sample(Objects.requireNonNull(examples, "examples"), plan),
                        BATCH,
                        plan.seed()));
    return quantizer.quantize(source, target, ranges);
  }

  private static QuantizationSettings settings(QuantizationPlan plan) {
    return QuantizationSettings.of(format(plan))
        .withPerChannel(plan.perChannel())
        .withReduceRange(plan.reduceRange())
        .withOperatorTypes(plan.operatorTypes())
        .excluding(plan.excluded());
  }

  private static QuantizationFormat format(QuantizationPlan plan) {
    return switch (plan.format()) {
      case DYNAMIC -> QuantizationFormat.DYNAMIC;
      case QDQ -> QuantizationFormat.QDQ;
      case QOPERATOR -> QuantizationFormat.QOPERATOR;
    };
  }

  private static CalibrationMethod method(QuantizationPlan plan) {
    return switch (plan.calibration()) {
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
