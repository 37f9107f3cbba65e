package dev.espalier.checkpoints;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.CheckpointStore;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Stream;

/** Keeps weights as {@code model.safetensors}, float32, as the Python library loads it. */
public final class SafeTensorsStore implements CheckpointStore {
  /** A store; it keeps no state. */
  public SafeTensorsStore() {}

  @Override
  public void write(Path file, TransformerWeights weights) {
    writeTensors(file, weights.tensors());
  }

  @Override
  public void writeTensors(Path file, SortedMap<String, Tensor> tensors) {
    SafeTensorsWriter.write(file, SafeTensorsWriter.PYTORCH, tensors);
  }

  @Override
  public SortedMap<String, Tensor> readTensors(Path file) {
    try (NamedTensors opened = TorchPruning.applied(SafeTensorsFile.open(file))) {
      List<Problem> problems =
          Stream.concat(
                  Checkpoints.quantization(file).stream(),
                  Quantized.byTypes(file, Quantized.parameters(opened.tensors())).stream())
              .toList();
      if (!problems.isEmpty()) {
        throw new ProblemException(problems);
      }
      return opened.readAll();
    }
  }

  @Override
  public List<String> labels(Path file) {
    return Checkpoints.labels(file);
  }

  @Override
  public Optional<BertArchitecture> architecture(Path file) {
    return Checkpoints.architecture(file);
  }
}
