package dev.espalier.checkpoints;

import dev.espalier.core.model.Tensor;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The tensors of a checkpoint. What there is was read and checked when it was opened; values are
 * read one tensor at a time, when they are asked for; several threads may read at once.
 */
public sealed interface NamedTensors extends AutoCloseable
    permits SafeTensorsFile, ShardedTensors, TorchFile, TorchPruning {
  /** Type and shape of every tensor by name. */
  SortedMap<String, TensorInfo> tensors();

  /**
   * The values of one tensor, as float32.
   *
   * @throws IllegalArgumentException when there is no such tensor
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when its values cannot be read
   */
  Tensor read(String name);

  /** What was opened: a file, or the index of many. */
  Path source();

  /** All values of all tensors. */
  default SortedMap<String, Tensor> readAll() {
    SortedMap<String, Tensor> all = new TreeMap<>();
    for (String name : tensors().keySet()) {
      all.put(name, read(name));
    }
    return all;
  }

  @Override
  void close();
}
