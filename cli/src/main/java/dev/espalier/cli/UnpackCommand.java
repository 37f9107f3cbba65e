package dev.espalier.cli;

import dev.espalier.archive.Archive;
import dev.espalier.archive.Entry;
import dev.espalier.archive.Entry.Kind;
import dev.espalier.archive.StoredTensor;
import dev.espalier.archive.StoredTensor.Exact;
import dev.espalier.archive.StoredTensor.Int8;
import dev.espalier.checkpoints.DataType;
import dev.espalier.checkpoints.SafeTensorsWriter.Stored;
import dev.espalier.checkpoints.TensorInfo;
import dev.espalier.core.model.Tensor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code espalier unpack}: a model out of an archive. */
@Command(
    name = "unpack",
    description = "Writes the content of an archive: model.safetensors and the files beside it.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      ExitCodes.DONE,
      ExitCodes.BUG,
      "2:the archive is broken, or a mistake on the command line",
      ExitCodes.DISK
    })
final class UnpackCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The archive.")
  private Path archive;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      required = true,
      description = "The folder to write; it must be empty or not exist yet.")
  private Path output;

  @Option(
      names = "--int8",
      description =
          "Writes int8 values, and their scales as NAME.scale, in place of float32 values.")
  private boolean int8;

  @Override
  public Integer call() {
    OutputPath.checkEmptyFolder(output);
    try (Archive opened = Archive.open(archive)) {
      SortedMap<String, byte[]> files = new TreeMap<>();
      for (Entry entry : opened.entries()) {
        if (entry.kind() == Kind.FILE) {
          files.put(entry.name(), opened.content(entry));
        }
      }
      SortedMap<String, Tensor> floats = new TreeMap<>();
      SortedMap<String, Stored> others = new TreeMap<>();
      opened
          .tensors(Runtime.getRuntime().availableProcessors())
          .forEach((name, tensor) -> add(name, tensor, floats, others));
      ModelFolder.write(output, files, floats, others);
      Console.print(
          spec,
          "wrote "
              + output
              + ": "
              + (floats.size() + others.size())
              + " tensors, "
              + files.size()
              + " files");
    }
    return ExitCode.OK;
  }

  private void add(
      String name,
      StoredTensor tensor,
      SortedMap<String, Tensor> floats,
      SortedMap<String, Stored> others) {
    if (tensor instanceof Exact exact) {
      others.put(name, stored(DataType.valueOf(exact.type().name()), exact.shape(), exact.bytes()));
      return;
    }
    Int8 quantized = (Int8) tensor;
    if (int8) {
      others.put(name, stored(DataType.I8, quantized.shape(), quantized.values()));
      floats.put(name + ".scale", Tensor.vector(quantized.scales()));
    } else {
      floats.put(name, new Tensor(quantized.shape(), quantized.toFloats()));
    }
  }

  private static Stored stored(DataType type, int[] shape, byte[] bytes) {
    return new Stored(TensorInfo.of(type, shape), ByteBuffer.wrap(bytes));
  }
}
