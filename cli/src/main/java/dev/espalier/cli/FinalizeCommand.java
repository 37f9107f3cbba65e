package dev.espalier.cli;

import dev.espalier.archive.RemainingWeights;
import dev.espalier.checkpoints.DataType;
import dev.espalier.checkpoints.SafeTensorsWriter.Stored;
import dev.espalier.core.model.Tensor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code espalier finalize}: a plain model out of a pruned checkpoint. */
@Command(
    name = "finalize",
    description = {
      "Applies the masks for good and drops the scores: the result is a plain model that any"
          + " tool loads.",
      "Masks follow from what is stored with the checkpoint."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {ExitCodes.DONE, ExitCodes.BUG, ExitCodes.CHECKPOINT, ExitCodes.DISK})
final class FinalizeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "CHECKPOINT",
      description = "A run's directory, its best/, a trial's folder, or a model.safetensors.")
  private Path checkpoint;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      required = true,
      description = "The folder to write; it must be empty or not exist yet.")
  private Path output;

  @Override
  public Integer call() {
    OutputPath.checkEmptyFolder(output);
    try (Checkpoint opened = Checkpoint.open(checkpoint)) {
      RemainingWeights remaining = opened.remaining();
      SortedMap<String, Tensor> weights = new TreeMap<>();
      SortedMap<String, Stored> others = new TreeMap<>();
      opened
          .parameters()
          .forEach(
              (name, info) -> {
                if (info.type() == DataType.F32) {
                  weights.put(name, opened.values(name));
                } else {
                  others.put(name, new Stored(info, ByteBuffer.wrap(opened.bytes(name))));
                }
              });
      ModelFolder.write(output, opened.companions(), weights, others);
      boolean hasEncoder = remaining.encoder().parameters() > 0;
      Console.print(
          spec,
          String.format(
              Locale.ROOT,
              "wrote %s: %s; %.3f %% of the %s's weights are left",
              output,
              opened.masked() ? "masks applied, scores dropped" : "the masks were applied already",
              (hasEncoder ? remaining.encoder() : remaining.model()).percent(),
              hasEncoder ? "encoder" : "model"));
    }
    return ExitCode.OK;
  }
}
