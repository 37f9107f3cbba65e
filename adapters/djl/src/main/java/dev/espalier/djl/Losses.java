package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.espalier.api.data.Target;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;

/** Training losses that use no scalar arithmetic of DJL's. */
final class Losses {
  private Losses() {}

  /**
   * The loss that goes with the targets: cross entropy for classes, squared error for values, and
   * for spans the mean of the cross entropies of start and end.
   *
   * @param output what the head says: [rows, classes], [rows, 1] or [rows, columns, 2]
   * @param targets one for each row, all of a kind
   * @param arrays a manager that outlives the backward pass
   * @return a scalar
   */
  static NDArray of(NDArray output, List<Target> targets, NDManager arrays) {
    Target first = targets.get(0);
    if (first instanceof Target.Label) {
      return crossEntropy(output, ints(targets, target -> ((Target.Label) target).index()), arrays);
    }
    if (first instanceof Target.Value) {
      double[] values =
          targets.stream().mapToDouble(each -> ((Target.Value) each).value()).toArray();
      return squaredError(output, values, arrays);
    }
    int[] starts = ints(targets, target -> ((Target.Span) target).start());
    int[] ends = ints(targets, target -> ((Target.Span) target).end());
    NDArray start = crossEntropy(output.get(new NDIndex(":, :, 0")), starts, arrays);
    NDArray end = crossEntropy(output.get(new NDIndex(":, :, 1")), ends, arrays);
    NDArray half =
        NativeArrays.create(arrays, new Shape(), output.getDataType(), new double[] {0.5});
    return start.add(end).mul(half);
  }

  /**
   * Cross entropy, the mean over the rows that have a label. A label outside of the columns counts
   * for nothing, as the reference ignores an answer that was cut off; with none inside, the loss is
   * 0.
   *
   * @param logits [rows, classes]
   * @param labels one class per row
   * @param arrays a manager that outlives the backward pass
   * @return a scalar
   */
  static NDArray crossEntropy(NDArray logits, int[] labels, NDManager arrays) {
    int classes = (int) logits.getShape().get(1);
    int counted = 0;
    for (int label : labels) {
      counted += label >= 0 && label < classes ? 1 : 0;
    }
    // −1/rows at each true class, so that one product and one sum give the mean.
    double[] targets = new double[labels.length * classes];
    for (int row = 0; row < labels.length; row++) {
      if (labels[row] >= 0 && labels[row] < classes) {
        targets[row * classes + labels[row]] = -1.0 / counted;
      }
    }
    NDArray target =
        NativeArrays.create(
            arrays, new Shape(labels.length, classes), logits.getDataType(), targets);
    return logits.logSoftmax(-1).mul(target).sum();
  }

  /**
   * Squared error, the mean over the rows.
   *
   * @param output [rows, 1]
   * @param values one per row
   * @param arrays a manager that outlives the backward pass
   * @return a scalar
   */
  static NDArray squaredError(NDArray output, double[] values, NDManager arrays) {
    Shape shape = new Shape(values.length, 1);
    double[] shares = new double[values.length];
    Arrays.fill(shares, 1.0 / values.length);
    NDArray expected = NativeArrays.create(arrays, shape, output.getDataType(), values);
    NDArray share = NativeArrays.create(arrays, shape, output.getDataType(), shares);
    NDArray difference = output.sub(expected);
    return difference.mul(difference).mul(share).sum();
  }

  private static int[] ints(List<Target> targets, ToIntFunction<Target> part) {
    return targets.stream().mapToInt(part).toArray();
  }
}
