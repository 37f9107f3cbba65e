package dev.espalier.cli;

import dev.espalier.archive.ArchiveWriter;
import dev.espalier.archive.ElementType;
import dev.espalier.archive.Entry;
import dev.espalier.archive.Entry.Kind;
import dev.espalier.archive.Packing;
import dev.espalier.archive.Packing.Scales;
import dev.espalier.archive.StoredTensor;
import dev.espalier.archive.StoredTensor.Exact;
import dev.espalier.checkpoints.TensorInfo;
import dev.espalier.core.text.Globs;
import dev.espalier.core.text.TextTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code espalier pack}: a pruned checkpoint in as few bytes as it needs. */
@Command(
    name = "pack",
    description = {
      "Stores a checkpoint in an archive: matrices as int8 values and the positions of zeros, both"
          + " entropy-coded; biases and norms unchanged.",
      "The format is described in docs/archive-format.md."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {ExitCodes.DONE, ExitCodes.BUG, ExitCodes.CHECKPOINT, ExitCodes.DISK})
final class PackCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "CHECKPOINT",
      description = "A run's directory, its best/, a trial's folder, or a model.safetensors.")
  private Path checkpoint;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The archive to write, for instance model.espalier; it must not exist yet.")
  private Path output;

  @Option(
      names = "--exclude",
      paramLabel = "GLOB",
      description = "Parameters to leave out, for instance 'bert.embeddings.*'; may be repeated.")
  private List<String> excluded = new ArrayList<>();

  @Option(names = "--weights-only", description = "Leaves out config.json and the tokenizer.")
  private boolean weightsOnly;

  @Option(
      names = "--scale-per-row",
      description = "A scale for each row of sparse matrices, too: finer, and larger.")
  private boolean scalePerRow;

  @Override
  public Integer call() {
    OutputPath.checkNewFile(output, checkpoint);
    Packing packing =
        scalePerRow
            ? new Packing(Packing.DEFAULT.sparseBelow(), Scales.ROWS, Scales.ROWS)
            : Packing.DEFAULT;
    try (Checkpoint opened = Checkpoint.open(checkpoint)) {
      SortedMap<String, ArchiveWriter.Source> tensors = new TreeMap<>();
      opened
          .parameters()
          .forEach(
              (name, info) -> {
                if (excluded.stream().map(Globs::of).noneMatch(glob -> glob.test(name))) {
                  tensors.put(name, () -> stored(opened, name, info, packing));
                }
              });
      List<Entry> entries =
          ArchiveWriter.write(
              output,
              tensors,
              weightsOnly ? new TreeMap<>() : opened.companions(),
              packing,
              Runtime.getRuntime().availableProcessors());
      Console.print(spec, summary(entries));
    }
    return ExitCode.OK;
  }

  /** Matrices of floats are quantized; whatever else there is stays as it is. */
  private static StoredTensor stored(
      Checkpoint opened, String name, TensorInfo info, Packing packing) {
    boolean floats =
        switch (info.type()) {
          case F64, F32, F16, BF16 -> true;
          default -> false;
        };
    if (floats && info.shape().size() >= 2) {
      return packing.store(name, opened.values(name));
    }
    return new Exact(
        ElementType.valueOf(info.type().name()),
        info.shape().stream().mapToInt(Math::toIntExact).toArray(),
        opened.bytes(name));
  }

  private String summary(List<Entry> entries) {
    TextTable table = new TextTable("stored as", "entries", "values", "bytes", "bits per value");
    row(table, "int8, sparse", entries, entry -> entry.kind() == Kind.SPARSE);
    row(table, "int8", entries, entry -> entry.kind() == Kind.DENSE);
    row(table, "exact", entries, entry -> entry.kind() == Kind.EXACT);
    row(table, "files", entries, entry -> entry.kind() == Kind.FILE);
    return table + "\nwrote " + output + ": " + ArchiveWriter.size(entries) + " bytes";
  }

  private static void row(
      TextTable table, String name, List<Entry> entries, Predicate<Entry> chosen) {
    List<Entry> rows = entries.stream().filter(chosen).toList();
    long values = rows.stream().mapToLong(Entry::size).sum();
    long bytes = rows.stream().mapToLong(Entry::length).sum();
    table.row(
        name,
        rows.size(),
        values,
        bytes,
        values == 0 ? "-" : String.format(Locale.ROOT, "%.3f", 8.0 * bytes / values));
  }
}
