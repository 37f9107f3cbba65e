package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.espalier.api.data.Batch;

/**
 * A batch on the engine's side. The arrays belong to the manager of the step and live until the
 * step is over, so autograd may refer to them.
 *
 * @param inputIds [rows, columns], int64
 * @param attentionMask [rows, columns], int64: 1 for a token, 0 for padding
 * @param tokenTypeIds [rows, columns], int64
 * @param attentionBias [rows, 1, 1, columns]: 0 for a token, −10,000 for padding, as BERT adds it
 *     to the attention scores
 */
record BatchArrays(
    NDArray inputIds, NDArray attentionMask, NDArray tokenTypeIds, NDArray attentionBias) {
  private static final double MASKED = -10_000;

  static BatchArrays of(Batch batch, NDManager manager, DataType type) {
    Shape shape = new Shape(batch.rows(), batch.columns());
    return new BatchArrays(
        NativeArrays.create(manager, shape, batch.inputIds()),
        NativeArrays.create(manager, shape, batch.attentionMask()),
        NativeArrays.create(manager, shape, batch.tokenTypeIds()),
        paddingBias(batch, new Shape(batch.rows(), 1, 1, batch.columns()), manager, type));
  }

  /** 0 for a token, −10,000 for padding, in a shape of as many elements as the batch has. */
  static NDArray paddingBias(Batch batch, Shape shape, NDManager manager, DataType type) {
    double[] bias = new double[batch.attentionMask().length];
    for (int i = 0; i < bias.length; i++) {
      bias[i] = batch.attentionMask()[i] == 1 ? 0 : MASKED;
    }
    return NativeArrays.create(manager, shape, type, bias);
  }
}
