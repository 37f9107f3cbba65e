package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** Training losses that use no scalar arithmetic of DJL's. */
final class Losses {
  private Losses() {}

  /**
   * Cross entropy, the mean over the rows.
   *
   * @param logits [rows, classes]
   * @param labels one class per row
   * @param arrays a manager that outlives the backward pass
   * @return a scalar
   */
  static NDArray crossEntropy(NDArray logits, int[] labels, NDManager arrays) {
    int classes = (int) logits.getShape().get(1);
    // −1/rows at each true class, so that one product and one sum give the mean.
    double[] targets = new double[labels.length * classes];
    for (int row = 0; row < labels.length; row++) {
      targets[row * classes + labels[row]] = -1.0 / labels.length;
    }
    NDArray target =
        NativeArrays.create(
            arrays, new Shape(labels.length, classes), logits.getDataType(), targets);
    return logits.logSoftmax(-1).mul(target).sum();
  }
}
