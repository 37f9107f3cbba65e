package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.espalier.api.data.Batch;
import dev.espalier.core.model.Architecture;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.TorchScript;
import dev.espalier.core.model.TransformerWeights;
import java.util.List;
import java.util.Map;

/** A model on the engine's side: parameters with names, and a forward pass. */
interface Network extends AutoCloseable {
  /**
   * What a forward pass gives.
   *
   * @param output [rows, classes], [rows, 1] or, for spans, [rows, columns, 2]
   * @param layers [rows, columns, hidden] after each layer of the encoder; empty when the model
   *     does not show them
   */
  record Answer(NDArray output, List<NDArray> layers) {}

  /** A model in float32, whatever its kind. */
  static Network of(TransformerWeights weights) {
    Architecture architecture = weights.architecture();
    if (architecture instanceof BertArchitecture) {
      return new BertModel(weights, DataType.FLOAT32);
    }
    return ScriptNetwork.trainable((TorchScript) architecture, weights.tensors());
  }

  /** What it computes in: float32 or float64. */
  DataType type();

  /** The manager that the parameters belong to. */
  NDManager manager();

  /** Every parameter's array by name; for reading. */
  Map<String, NDArray> parameters();

  /**
   * A parameter's array: the autograd leaf when it requires a gradient.
   *
   * @throws IllegalArgumentException when the model has no such parameter
   */
  default NDArray parameter(String name) {
    NDArray parameter = parameters().get(name);
    if (parameter == null) {
      throw new IllegalArgumentException("the model has no parameter " + name);
    }
    return parameter;
  }

  /**
   * Runs the model.
   *
   * @param training whether it drops out
   */
  Answer answer(BatchArrays batch, boolean training);

  /**
   * The output for a batch, without dropout.
   *
   * @return values of [rows, classes], [rows, 1] or, for spans, [rows, columns, 2], row-major
   */
  default float[] logits(Batch batch) {
    try (NDManager step = manager().newSubManager()) {
      return answer(BatchArrays.of(batch, step, type()), false).output().toFloatArray();
    }
  }

  /** Frees every native array. */
  @Override
  void close();
}
