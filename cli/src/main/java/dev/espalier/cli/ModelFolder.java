package dev.espalier.cli;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.checkpoints.SafeTensorsWriter;
import dev.espalier.checkpoints.SafeTensorsWriter.Stored;
import dev.espalier.core.files.AtomicFile;
import dev.espalier.core.files.StagedOutput;
import dev.espalier.core.model.Tensor;
import java.nio.file.Path;
import java.util.SortedMap;

/** Writes a model's folder: weights, and what lies beside them. */
final class ModelFolder {
  private ModelFolder() {}

  /**
   * Writes a folder that {@link OutputPath#checkEmptyFolder} has checked. It appears as a whole,
   * or, where it is there already, its weights come last.
   *
   * @param companions content by name
   * @param weights stored as float32
   * @param others stored as they are, under other names
   * @throws ProblemException of kind ENVIRONMENT when it cannot be written; what was there before
   *     is unchanged then
   */
  static void write(
      Path folder,
      SortedMap<String, byte[]> companions,
      SortedMap<String, Tensor> weights,
      SortedMap<String, Stored> others) {
    try (StagedOutput staged = StagedOutput.folder(folder, Checkpoint.MODEL)) {
      companions.forEach(
          (name, content) -> AtomicFile.write(staged.resolve(name), out -> out.write(content)));
      SafeTensorsWriter.write(staged.path(), SafeTensorsWriter.PYTORCH, weights, others);
      staged.publish();
    }
  }
}
