package dev.espalier.djl;

import dev.espalier.checkpoints.Checkpoints;
import dev.espalier.core.model.ModelFormat;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.TorchScript;
import dev.espalier.core.model.TransformerWeights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Loads TorchScript models. Such a file is a program that libtorch runs: no Python, but still a
 * program. One that calls an operator that takes a path is refused.
 */
public final class ScriptModels {
  private ScriptModels() {}

  /**
   * The TorchScript file that a path means: itself, or {@code model.pt} in a folder that is no
   * Hugging Face checkpoint.
   */
  public static Optional<Path> find(Path named) {
    if (Files.isDirectory(named)) {
      Path file = named.resolve(ModelFormat.TORCHSCRIPT.fileName());
      return Files.isRegularFile(file) && !Checkpoints.isIn(named)
          ? Optional.of(file)
          : Optional.empty();
    }
    return Optional.of(named).filter(TorchScript::isFile);
  }

  /**
   * Loads a file, with the tokenizer and the other small files beside it.
   *
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when a file is missing or
   *     broken, a parameter is not of float32, or {@code forward} takes what a text does not have
   */
  public static PretrainedModel load(Path file) {
    TorchScript script = new TorchScript(file, ScriptSignature.inputs(file));
    try (ScriptNetwork network = ScriptNetwork.open(script)) {
      return Checkpoints.around(file, new TransformerWeights(script, network.tensors()));
    }
  }
}
