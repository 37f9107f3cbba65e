package dev.espalier.djl;

import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.tuner.port.CheckpointStore;
import dev.espalier.tuner.port.Tensor;
import dev.espalier.tuner.port.TransformerWeights;
import java.nio.file.Path;
import java.util.SortedMap;

/** The trainer's checkpoints: {@link SafeTensorsStore} does all of it. */
public final class SafeTensors implements CheckpointStore {
  private final SafeTensorsStore store = new SafeTensorsStore();

  /** A store; it keeps no state. */
  public SafeTensors() {}

  @Override
  public void write(Path file, TransformerWeights weights) {
    store.write(file, weights);
  }

  @Override
  public void writeTensors(Path file, SortedMap<String, Tensor> tensors) {
    store.writeTensors(file, tensors);
  }

  @Override
  public SortedMap<String, Tensor> readTensors(Path file) {
    return store.readTensors(file);
  }
}
