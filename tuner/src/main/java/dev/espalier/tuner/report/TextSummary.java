package dev.espalier.tuner.report;

import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.text.Formats;
import dev.espalier.core.text.TextTable;
import dev.espalier.tuner.result.MaskReport;
import dev.espalier.tuner.result.RunFacts;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.Speed;
import dev.espalier.tuner.result.Status;
import dev.espalier.tuner.result.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The result as plain text. */
public final class TextSummary {
  private TextSummary() {}

  /** The summary for the terminal that the environment describes. */
  public static String of(RunFacts facts) {
    return of(facts, ConsoleWidth.of(System.getenv()));
  }

  /**
   * A table of the files, the sparsity, and the verdict; without a line feed at the end.
   *
   * @param width characters in a line of a table; sentences may be longer
   */
  static String of(RunFacts facts, int width) {
    StringBuilder text = new StringBuilder();
    if (facts.smokeCaution() != null) {
      text.append(facts.smokeCaution()).append("\n\n");
    }
    facts.headlines().forEach(each -> text.append(each).append("\n\n"));
    if (facts.startingSparsityCaution() != null) {
      text.append(facts.startingSparsityCaution()).append("\n\n");
    }
    if (facts.trials().size() > 1) {
      text.append(TrialTable.of(facts).toString(width)).append("\n\n");
    }
    text.append(files(facts).toString(width)).append('\n');
    MaskReport masks = facts.masks();
    if (masks != null) {
      text.append("\nSparsity: ")
          .append(Formats.percent(masks.prunedLayers()))
          .append(" of the pruned layers (asked for ")
          .append(Text.percentOrNone(facts.targetSparsity()))
          .append("), ")
          .append(Formats.percent(masks.encoder()))
          .append(" of the encoder, ")
          .append(Formats.percent(masks.model()))
          .append(" of the model.");
      if (facts.sparsityCaution() != null) {
        text.append('\n').append(facts.sparsityCaution());
      }
    }
    Speed speed = facts.speed();
    if (speed != null) {
      text.append('\n').append(speed.sentence());
    }
    Verdict verdict = facts.verdict();
    if (facts.status() == Status.FAILED) {
      text.append("\nThe run failed.");
    } else if (verdict != null) {
      text.append('\n').append(facts.verdictSentence());
      if (verdict.caution() != null) {
        text.append('\n').append(verdict.caution());
      }
    }
    return text.toString();
  }

  private static TextTable files(RunFacts facts) {
    List<String> heads = new ArrayList<>(List.of(""));
    heads.addAll(facts.criterion().metrics());
    heads.addAll(List.of("size", "p50", "p90"));
    TextTable table = new TextTable(heads.toArray(String[]::new));
    row(table, facts, "dense", facts.dense());
    row(table, facts, "fp32", facts.pruned());
    if (facts.configuration().configuration().quantization() != null) {
      row(table, facts, "int8", facts.quantized());
    }
    return table;
  }

  private static void row(
      TextTable table, RunFacts facts, String name, @Nullable MeasuredFile file) {
    Latency latency = facts.latencies().get(name);
    List<String> cells = new ArrayList<>(List.of(name));
    facts.criterion().metrics().forEach(metric -> cells.add(Text.metric(file, metric)));
    cells.add(Text.size(file));
    cells.add(latency == null ? Text.NOT_MEASURED : Text.milliseconds(latency.p50()));
    cells.add(latency == null ? Text.NOT_MEASURED : Text.milliseconds(latency.p90()));
    table.row(cells.toArray());
  }
}
