package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.espalier.api.data.Batch;
import dev.espalier.api.data.Target;
import java.util.List;

/**
 * How far a student's answers and hidden states are from its teacher's, with no scalar arithmetic
 * of DJL's.
 *
 * <p>Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015); the
 * factor T² and the means are those of movement pruning's reference.
 */
final class DistillationLoss {
  private DistillationLoss() {}

  /**
   * The distance of answers: {@code T² · KL(teacher/T ‖ student/T)} as a mean over the rows; for
   * spans the mean of start and end over each example's own tokens; for numbers, which have no
   * distribution, the squared difference.
   *
   * @param output what the student's head says: [rows, classes], [rows, 1] or [rows, columns, 2]
   * @param teacher what the teacher's says, a row for each example: classes, one number, or two for
   *     each of the example's own tokens
   * @param arrays a manager that outlives the backward pass
   * @return a scalar
   */
  static NDArray ofAnswers(
      NDArray output, float[][] teacher, Batch batch, double temperature, NDManager arrays) {
    Target first = batch.targets().get(0);
    if (first instanceof Target.Value) {
      double[] values = new double[teacher.length];
      for (int row = 0; row < values.length; row++) {
        values[row] = teacher[row][0];
      }
      return Losses.squaredError(output, values, arrays);
    }
    if (first instanceof Target.Label) {
      return divergence(output, teacher, temperature, arrays);
    }
    // No answer may begin or end in padding.
    NDArray bias =
        BatchArrays.paddingBias(
            batch, new Shape(batch.rows(), batch.columns()), arrays, output.getDataType());
    NDArray start =
        divergence(
            output.get(new NDIndex(":, :, 0")).add(bias),
            everySecond(teacher, 0),
            temperature,
            arrays);
    NDArray end =
        divergence(
            output.get(new NDIndex(":, :, 1")).add(bias),
            everySecond(teacher, 1),
            temperature,
            arrays);
    return start.add(end).mul(scalar(0.5, output.getDataType(), arrays));
  }

  /**
   * The mean squared difference of hidden states over layers, tokens and width. Where the numbers
   * of layers differ, they are matched evenly, the last with the last.
   *
   * @param student [rows, columns, hidden] after each layer
   * @param teacher the same, of its own number of layers
   * @param arrays a manager that outlives the backward pass
   * @return a scalar
   */
  static NDArray ofHiddenStates(
      List<NDArray> student, List<NDArray> teacher, Batch batch, NDManager arrays) {
    long tokens = 0;
    for (long mask : batch.attentionMask()) {
      tokens += mask;
    }
    DataType type = student.get(0).getDataType();
    double one = 1.0 / tokens / student.get(0).getShape().get(2) / student.size();
    double[] shares = new double[batch.attentionMask().length];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = batch.attentionMask()[i] * one;
    }
    NDArray share =
        NativeArrays.create(arrays, new Shape(batch.rows(), batch.columns(), 1), type, shares);
    NDArray sum = scalar(0, type, arrays);
    for (int layer = 0; layer < student.size(); layer++) {
      int taught = layerOfTeacher(layer, student.size(), teacher.size());
      NDArray difference = student.get(layer).sub(teacher.get(taught));
      sum = sum.add(difference.mul(difference).mul(share).sum());
    }
    return sum;
  }

  /** The teacher's layer, from 0, that the student's layer {@code layer} learns from: evenly. */
  static int layerOfTeacher(int layer, int students, int teachers) {
    return Math.max(0, (int) Math.round((layer + 1.0) * teachers / students) - 1);
  }

  /** [rows, columns] logits that may be shorter for the teacher: what it lacks has no share. */
  private static NDArray divergence(
      NDArray logits, float[][] teacher, double temperature, NDManager arrays) {
    DataType type = logits.getDataType();
    int columns = (int) logits.getShape().get(1);
    double[] targets = new double[teacher.length * columns];
    double negativeEntropy = 0;
    double factor = temperature * temperature / teacher.length;
    for (int row = 0; row < teacher.length; row++) {
      double[] shares = softmax(teacher[row], temperature);
      for (int column = 0; column < shares.length; column++) {
        targets[row * columns + column] = -factor * shares[column];
        if (shares[column] > 0) {
          negativeEntropy += factor * shares[column] * Math.log(shares[column]);
        }
      }
    }
    NDArray target = NativeArrays.create(arrays, new Shape(teacher.length, columns), type, targets);
    return logits
        .mul(scalar(1 / temperature, type, arrays))
        .logSoftmax(-1)
        .mul(target)
        .sum()
        .add(scalar(negativeEntropy, type, arrays));
  }

  private static double[] softmax(float[] logits, double temperature) {
    double highest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      highest = Math.max(highest, logit);
    }
    double[] shares = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < shares.length; i++) {
      shares[i] = Math.exp((logits[i] - highest) / temperature);
      sum += shares[i];
    }
    for (int i = 0; i < shares.length; i++) {
      shares[i] /= sum;
    }
    return shares;
  }

  private static float[][] everySecond(float[][] pairs, int offset) {
    float[][] values = new float[pairs.length][];
    for (int row = 0; row < pairs.length; row++) {
      values[row] = new float[pairs[row].length / 2];
      for (int i = 0; i < values[row].length; i++) {
        values[row][i] = pairs[row][2 * i + offset];
      }
    }
    return values;
  }

  private static NDArray scalar(double value, DataType type, NDManager arrays) {
    return NativeArrays.create(arrays, new Shape(), type, new double[] {value});
  }
}
