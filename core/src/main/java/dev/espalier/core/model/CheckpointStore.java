package dev.espalier.core.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** Keeps weights as a Hugging Face-style {@code model.safetensors}. */
public interface CheckpointStore {
  /** Writes {@code file} as a whole or not at all. */
  void write(Path file, TransformerWeights weights);

  /** Writes tensors that are no model, in their order, as a whole or not at all. */
  void writeTensors(Path file, SortedMap<String, Tensor> tensors);

  /**
   * Reads every tensor of a file.
   *
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when the file is missing or
   *     broken
   */
  SortedMap<String, Tensor> readTensors(Path file);

  /**
   * The names of the classes that the rows of a model's head stand for, in their order, as a {@code
   * config.json} that goes with the model's file says.
   *
   * @param file the weights, or an exported model
   * @return empty when none goes with it, or it gives no names
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when it is broken
   */
  default List<String> labels(Path file) {
    return List.of();
  }

  /**
   * The shape of a model of BERT's family, as a {@code config.json} that goes with the model's file
   * says.
   *
   * @param file the weights, or an exported model
   * @return empty when none goes with it, or the model is another
   */
  default Optional<BertArchitecture> architecture(Path file) {
    return Optional.empty();
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param architecture the shape that the file's parameters belong to
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when the file is missing or
   *     broken
   */
  default TransformerWeights read(Path file, Architecture architecture) {
    return new TransformerWeights(architecture, readTensors(file));
  }
}
