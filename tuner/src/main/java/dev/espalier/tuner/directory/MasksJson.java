package dev.espalier.tuner.directory;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.tuner.result.MaskReport;

/** The content of {@code masks.json}: how much of each pruned matrix is kept. */
public final class MasksJson {
  private MasksJson() {}

  /** The content of {@code masks.json}. */
  public static String of(MaskReport masks) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("sha256", masks.sha256());
    root.put("pruned_layers", masks.prunedLayers());
    ObjectNode matrices = root.putObject("matrices");
    for (MaskReport.Matrix matrix : masks.matrices()) {
      matrices
          .putObject(matrix.name())
          .put("rows", matrix.rows())
          .put("columns", matrix.columns())
          .put("kept", matrix.kept())
          .put("density", matrix.density());
    }
    return root.toPrettyString() + "\n";
  }
}
