package dev.espalier.onnxruntime.calibrate;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.espalier.api.problem.ProblemException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Finds the range of each activation from examples. Values are counted as they come and forgotten:
 * memory depends on the model, the batch and the number of tensors, not on the number of examples.
 *
 * @param method how a range follows from values
 * @param activations how the model is run
 */
public record Calibrator(CalibrationMethod method, Activations activations) {
  /**
   * The ranges of {@code tensors}, in their order.
   *
   * @param model left as it is
   * @param source what problems call the model
   * @throws IllegalArgumentException when the model has no such tensor, or there is no batch
   * @throws ProblemException as {@link Activations#view}
   */
  public Map<String, TensorRange> ranges(
      ModelProto model, Path source, Collection<String> tensors, CalibrationBatches batches) {
    Map<String, RangeObserver> observers = new LinkedHashMap<>();
    tensors.forEach(tensor -> observers.put(tensor, observer(method)));
    activations.view(
        model,
        source,
        tensors,
        batches,
        (tensor, values, shape) -> {
          RangeObserver observer = observers.get(tensor);
          if (observer != null) {
            observer.observe(values);
          }
        });
    Map<String, TensorRange> ranges = new LinkedHashMap<>();
    observers.forEach((tensor, observer) -> ranges.put(tensor, observer.range()));
    return ranges;
  }

  private static RangeObserver observer(CalibrationMethod method) {
    if (method instanceof CalibrationMethod.MovingAverage average) {
      return new MovingAverageObserver(average.share());
    }
    if (method instanceof CalibrationMethod.Percentile percentile) {
      return new PercentileObserver(percentile.percent(), percentile.bins());
    }
    if (method instanceof CalibrationMethod.Entropy entropy) {
      return new EntropyObserver(entropy.bins(), entropy.levels());
    }
    if (method instanceof CalibrationMethod.MeanSquaredError error) {
      return new MeanSquaredErrorObserver(error.bins(), error.levels());
    }
    return new MinMaxObserver();
  }
}
