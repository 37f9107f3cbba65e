package dev.espalier.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.archive.RemainingWeights;
import dev.espalier.archive.RemainingWeights.Matrix;
import dev.espalier.archive.RemainingWeights.Share;
import dev.espalier.core.text.TextTable;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code espalier count}: what pruning left of a checkpoint. */
@Command(
    name = "count",
    description = {
      "Counts the remaining weights: of each pruned matrix, of the encoder as movement pruning's"
          + " scripts count it, and of the whole model.",
      "Masks follow from what is stored with the checkpoint."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {ExitCodes.DONE, ExitCodes.BUG, ExitCodes.CHECKPOINT, ExitCodes.DISK})
final class CountCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "CHECKPOINT",
      description = "A run's directory, its best/, a trial's folder, or a model.safetensors.")
  private Path checkpoint;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @Override
  public Integer call() {
    try (Checkpoint opened = Checkpoint.open(checkpoint)) {
      RemainingWeights remaining = opened.remaining();
      Console.print(spec, json ? json(remaining) : table(remaining));
    }
    return ExitCode.OK;
  }

  private static String table(RemainingWeights remaining) {
    TextTable table = new TextTable("", "remaining", "of", "%");
    for (Matrix matrix : remaining.matrices()) {
      row(table, matrix.name(), matrix.share());
    }
    row(table, "pruned matrices", remaining.pruned());
    if (remaining.encoder().parameters() > 0) { // as a TorchScript model has none by name
      row(table, "encoder", remaining.encoder());
    }
    row(table, "model", remaining.model());
    return table.toString();
  }

  private static void row(TextTable table, String name, Share share) {
    table.row(name, share.remaining(), share.parameters(), percent(share));
  }

  private static String percent(Share share) {
    return share.parameters() == 0 ? "-" : String.format(Locale.ROOT, "%.3f", share.percent());
  }

  private static String json(RemainingWeights remaining) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ArrayNode matrices = root.putArray("matrices");
    for (Matrix matrix : remaining.matrices()) {
      ObjectNode node = matrices.addObject();
      node.put("name", matrix.name()).put("rows", matrix.rows()).put("columns", matrix.columns());
      put(node, matrix.share());
    }
    put(root.putObject("pruned_matrices"), remaining.pruned());
    put(root.putObject("encoder"), remaining.encoder());
    put(root.putObject("model"), remaining.model());
    return root.toPrettyString();
  }

  private static void put(ObjectNode node, Share share) {
    node.put("remaining", share.remaining())
        .put("parameters", share.parameters())
        .put("percent", share.percent());
  }
}
