package dev.espalier.tuner.report;

import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.core.text.Formats;
import dev.espalier.core.text.TextTable;
import dev.espalier.tuner.result.QuantizationFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What became of each operator, and of the attempts that led there, as a table.
 *
 * @param heads one for each column
 * @param rows as many cells each
 */
public record OperatorTable(List<String> heads, List<List<String>> rows) {
  /** Copies the lists. */
  public OperatorTable {
    heads = List.copyOf(heads);
    rows = rows.stream().map(List::copyOf).toList();
  }

  /**
   * The operators of a quantized file, in the order of the graph.
   *
   * @param fileBytes what the file weighs; null when that is not known
   */
  public static OperatorTable of(QuantizedModel model, @Nullable Long fileBytes) {
    List<List<String>> rows = new ArrayList<>();
    for (QuantizedModel.Operator operator : model.operators()) {
      Double error = operator.error();
      String reason = operator.reason();
      rows.add(
          List.of(
              operator.name(),
              operator.type(),
              operator.precision() + (reason == null ? "" : ": " + reason),
              error == null ? Text.NOT_MEASURED : String.format(Locale.ROOT, "%.2e", error),
              fileBytes == null ? Text.NOT_MEASURED : Formats.percent(operator.share(fileBytes))));
    }
    return new OperatorTable(
        List.of("operator", "type", "precision", "error of its output", "share of the file"), rows);
  }

  /** The files that were evaluated, in order. */
  static OperatorTable attempts(QuantizationFacts facts) {
    List<List<String>> rows = new ArrayList<>();
    for (QuantizationFacts.Attempt attempt : facts.attempts()) {
      rows.add(
          List.of(
              String.valueOf(rows.size() + 1),
              String.valueOf(attempt.floatOperators()),
              String.format(Locale.ROOT, "%.4f", attempt.value()),
              attempt.met() ? "met" : "missed",
              String.valueOf(attempt.bytes())));
    }
    return new OperatorTable(
        List.of("file", "operators back in float", "metric", "criterion", "bytes"), rows);
  }

  /** The table as plain text. */
  @Override
  public String toString() {
    TextTable table = new TextTable(heads.toArray(new String[0]));
    rows.forEach(row -> table.row(row.toArray()));
    return table.toString();
  }
}
