package dev.espalier.tuner.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.config.Configuration.Performance;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.text.Formats;
import dev.espalier.core.training.FinePruner.Point;
import dev.espalier.tuner.plan.Cores;
import dev.espalier.tuner.result.MaskReport;
import dev.espalier.tuner.result.MetricVerdict;
import dev.espalier.tuner.result.QuantizationFacts;
import dev.espalier.tuner.result.RunFacts;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.RunFacts.Training;
import dev.espalier.tuner.result.Speed;
import dev.espalier.tuner.result.Status;
import dev.espalier.tuner.result.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The result as one page: no script, nothing from the network, everything escaped. */
public final class HtmlReport {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #1d2530; --paper: #fdfdfb; --soft: #66707c;
        --edge: #d9dde2; --mark: #2f7d4f; --alarm: #b3382c; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --paper: #14181d;
        --soft: #98a3af; --edge: #333b44; --mark: #63c08a; --alarm: #f0786a; } }
      body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
        max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
      h1 { margin-bottom: .2rem; } h2 { margin-top: 2.4rem; font-size: 1.15rem; }
      .verdict { font-size: 1.15rem; border-left: .3rem solid var(--mark); padding: .3rem .8rem; }
      .missed, .failed { border-color: var(--alarm); }
      .soft, figcaption { color: var(--soft); }
      table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
      th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--edge); }
      th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere; }
      td.text { text-align: left; overflow-wrap: anywhere; }
      figure { margin: 1rem 0; } svg { width: 100%; max-width: 44rem; }
      svg text { font-size: 11px; fill: var(--soft); }
      .line { fill: none; stroke: var(--mark); stroke-width: 1.5; }
      .rule { stroke: var(--edge); } .track { fill: var(--edge); } .fill { fill: var(--mark); }
      .bar { width: 10rem; height: .6rem; }
      """;

  private final RunFacts facts;
  private final StringBuilder page = new StringBuilder();

  private HtmlReport(RunFacts facts) {
    this.facts = facts;
  }

  /** The page. */
  public static String of(RunFacts facts) {
    return new HtmlReport(facts).build();
  }

  private String build() {
    String name = escape(facts.configuration().configuration().model().name());
    page.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        .append("<title>Espalier: " + name + "</title><style>\n" + STYLE + "</style></head><body>")
        .append("<h1>" + name + "</h1><p class=\"soft\">")
        .append(escape(facts.started().toOffsetDateTime().toString()))
        .append(" · " + Text.seconds(facts.seconds()) + "</p>\n");
    headlines();
    verdict();
    trials();
    files();
    sparsity();
    curves();
    details();
    return page.append("</body></html>\n").toString();
  }

  private void headlines() {
    facts
        .headlines()
        .forEach(each -> page.append("<p class=\"verdict missed\">" + escape(each) + "</p>"));
    String pruned = facts.startingSparsityCaution();
    if (pruned != null) {
      page.append("<p class=\"verdict missed\">" + escape(pruned) + "</p>");
    }
  }

  private void verdict() {
    Verdict verdict = facts.verdict();
    String judged = facts.verdictSentence();
    String sentence =
        facts.status() == Status.FAILED || judged == null ? "The run failed." : judged;
    String smoke = facts.smokeCaution();
    if (smoke != null) {
      page.append("<p class=\"verdict missed\">" + escape(smoke) + "</p>");
    }
    page.append("<p class=\"verdict " + facts.status().label() + "\">" + escape(sentence) + "</p>");
    if (verdict != null && verdict.caution() != null) {
      page.append("<p>" + escape(verdict.caution()) + "</p>");
    }
    for (Failure failure : facts.problems()) {
      page.append("<p>" + escape(failure.message()) + "</p>");
    }
    facts.shortcomings().forEach(each -> page.append("<p>" + escape(each.advice()) + "</p>"));
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("criterion", facts.criterion().inWords()));
    if (verdict != null) {
      boolean several = verdict.parts().size() > 1;
      for (MetricVerdict part : verdict.parts()) {
        String of = several ? " of " + part.limit().metric() : "";
        rows.add(List.of("baseline" + of, number(part.baseline())));
        if (!verdict.criterion().isMean() && !part.limit().acceptsAnyLoss()) {
          rows.add(List.of("threshold" + of, number(part.threshold())));
        }
        rows.add(List.of("result" + of + ", on the file that ships", number(part.value())));
      }
      Double mean = verdict.lossInTheMean();
      if (mean != null) {
        if (!verdict.criterion().leading().acceptsAnyLoss()) {
          rows.add(
              List.of("threshold of the mean loss", number(verdict.criterion().leading().value())));
        }
        rows.add(List.of("mean loss", number(mean)));
      }
    }
    pairs("Verdict", rows);
  }

  private void trials() {
    if (facts.trials().size() < 2) {
      return;
    }
    TrialTable table = TrialTable.of(facts);
    page.append("\n<h2>Trials</h2><table><tr>");
    table.heads().forEach(head -> page.append("<th>" + escape(head) + "</th>"));
    page.append("</tr>");
    table.rows().forEach(this::row);
    page.append("</table>");
  }

  private void files() {
    page.append("\n<h2>Exported files</h2><table><tr><th>file</th>");
    facts.criterion().metrics().forEach(name -> page.append("<th>" + escape(name) + "</th>"));
    page.append("<th>size</th><th>of dense</th><th>p50</th><th>p90</th><th>speed-up</th></tr>");
    file("dense baseline", "dense", facts.dense());
    file("pruned, fp32", "fp32", facts.pruned());
    if (facts.configuration().configuration().quantization() != null) {
      file("pruned, int8", "int8", facts.quantized());
    }
    page.append("</table>");
    Speed speed = facts.speed();
    if (speed != null) {
      page.append("<p>" + escape(speed.sentence()) + "</p>");
    }
    Performance how = facts.configuration().configuration().evaluation().performance();
    page.append("<p class=\"soft\">")
        .append(
            String.format(
                Locale.ROOT,
                "Requests of batch %d and %d tokens on %d threads, the files taking turns: %d to"
                    + " warm up, then %d counted for each. Behind the median is its 95%% interval by"
                    + " order statistics.",
                how.batchSize(),
                how.sequenceLength(),
                Cores.of(how.threads()),
                how.warmup(),
                how.iteration()))
        .append("</p>");
  }

  private void file(String name, String key, @Nullable MeasuredFile file) {
    Latency latency = facts.latencies().get(key);
    Latency dense = facts.latencies().get("dense");
    MeasuredFile whole = facts.dense();
    List<String> cells = new ArrayList<>(List.of(name));
    facts.criterion().metrics().forEach(metric -> cells.add(Text.metric(file, metric)));
    cells.addAll(
        List.of(
            Text.size(file),
            file == null || whole == null || whole.size() == null || whole.sizeBytes() == 0
                ? Text.NOT_MEASURED
                : Formats.percent((double) file.sizeBytes() / whole.sizeBytes()),
            latency == null ? Text.NOT_MEASURED : Text.interval(latency),
            latency == null ? Text.NOT_MEASURED : Text.milliseconds(latency.p90()),
            latency == null || dense == null
                ? Text.NOT_MEASURED
                : String.format(Locale.ROOT, "%.2fx", dense.p50() / latency.p50())));
    row(cells);
  }

  private void sparsity() {
    MaskReport masks = facts.masks();
    if (masks == null) {
      return;
    }
    pairs(
        "Sparsity",
        List.of(
            List.of("asked for", Text.percentOrNone(facts.targetSparsity())),
            List.of("pruned layers", Formats.percent(masks.prunedLayers())),
            List.of("encoder", Formats.percent(masks.encoder())),
            List.of("model", Formats.percent(masks.model()))));
    String caution = facts.sparsityCaution();
    if (caution != null) {
      page.append("\n<p>" + escape(caution) + "</p>");
    }
    page.append("\n<h2>Density of each pruned matrix</h2><table>")
        .append("<tr><th>matrix</th><th>shape</th><th>kept</th><th>density</th><th></th></tr>");
    for (MaskReport.Matrix matrix : masks.matrices()) {
      page.append("<tr><td>" + escape(matrix.name()) + "</td><td>")
          .append(matrix.rows() + " x " + matrix.columns() + "</td><td>" + matrix.kept())
          .append("</td><td>" + Formats.percent(matrix.density()) + "</td><td>")
          .append(Chart.bar(matrix.density()) + "</td></tr>");
    }
    page.append("</table>");
  }

  private void curves() {
    page.append("\n<h2>Training</h2>");
    training("Loss of the dense baseline", facts.denseTraining());
    Training pruned = facts.prunedTraining();
    training("Loss while pruning", pruned);
    if (pruned != null) {
      page.append(Chart.curve("Density over the steps", pruned.curve(), Point::density));
    }
  }

  private void training(String title, @Nullable Training training) {
    if (training != null) {
      String whole = title + ", " + Text.seconds(training.seconds());
      page.append(Chart.curve(escape(whole), training.curve(), Point::loss));
    }
  }

  private void details() {
    page.append("\n<h2>Stages</h2><table><tr><th>stage</th><th>time</th></tr>");
    facts
        .stages()
        .forEach(
            stage ->
                row(
                    List.of(
                        "trial " + stage.trial() + ": " + stage.stage(),
                        Text.seconds(stage.seconds()))));
    page.append("</table>");
    pairs("Fused by ONNX Runtime", entries(facts.fusedOperators()));
    QuantizationFacts quantization = facts.quantization();
    if (quantization != null) {
      pairs("Quantization", entries(quantization.model().notes()));
      table(OperatorTable.attempts(quantization), "Quantized files that were evaluated");
      table(
          OperatorTable.of(
              quantization.model(),
              facts.quantized() == null ? null : facts.quantized().sizeBytes()),
          "Operators of the quantized file");
    }
    List<List<String>> values = new ArrayList<>();
    facts
        .configuration()
        .values()
        .forEach(
            value ->
                values.add(
                    List.of(value.path(), value.value() + " (" + value.source().label() + ")")));
    pairs("Configuration", values);
    List<List<String>> environment = new ArrayList<>();
    flatten("", facts.environment(), environment);
    pairs("Environment", environment);
  }

  private void table(OperatorTable table, String title) {
    if (table.rows().isEmpty()) {
      return;
    }
    page.append("\n<h2>" + escape(title) + "</h2><table><tr>");
    table.heads().forEach(head -> page.append("<th>" + escape(head) + "</th>"));
    page.append("</tr>");
    table.rows().forEach(this::row);
    page.append("</table>");
  }

  private static List<List<String>> entries(Map<String, ?> map) {
    List<List<String>> rows = new ArrayList<>();
    map.forEach((name, value) -> rows.add(List.of(name, String.valueOf(value))));
    return rows;
  }

  private static void flatten(String path, JsonNode node, List<List<String>> rows) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              entry ->
                  flatten(
                      path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(),
                      entry.getValue(),
                      rows));
    } else if (node.isArray()) {
      List<String> elements = new ArrayList<>();
      node.forEach(element -> elements.add(element.asText()));
      rows.add(List.of(path, String.join(" ", elements)));
    } else {
      rows.add(List.of(path, node.isNull() ? "unknown" : node.asText()));
    }
  }

  private void pairs(String title, List<List<String>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    page.append("\n<h2>" + escape(title) + "</h2><table>");
    for (List<String> row : rows) {
      page.append("<tr><td>" + escape(row.get(0)) + "</td><td class=\"text\">")
          .append(escape(row.get(1)) + "</td></tr>");
    }
    page.append("</table>");
  }

  private void row(List<String> cells) {
    page.append("<tr>");
    cells.forEach(cell -> page.append("<td>" + escape(cell) + "</td>"));
    page.append("</tr>");
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
