package dev.espalier.tuner.report;

import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.text.Formats;
import dev.espalier.core.text.TextTable;
import dev.espalier.tuner.result.Criterion;
import dev.espalier.tuner.result.MetricVerdict;
import dev.espalier.tuner.result.Objectives;
import dev.espalier.tuner.result.Ranking;
import dev.espalier.tuner.result.RunFacts;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.TrialFacts;
import dev.espalier.tuner.result.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every trial of a search in one table: the baseline first, the best one marked.
 *
 * @param criterion what is judged
 * @param objectives what is made small
 * @param dense the dense model's file
 * @param trials the trials so far
 */
public record TrialTable(
    Criterion criterion,
    Objectives objectives,
    @Nullable MeasuredFile dense,
    List<TrialFacts> trials) {
  private static final String SETTINGS = "settings";
  private static final String CHANGE = "change";
  private static final String INDENT = "   ";

  /** Copies the list. */
  public TrialTable {
    trials = List.copyOf(trials);
  }

  /** The trials of a run. */
  public static TrialTable of(RunFacts facts) {
    return new TrialTable(
        facts.criterion(),
        Objectives.of(facts.configuration().configuration().tuning()),
        facts.dense(),
        facts.trials());
  }

  /**
   * The table as plain text in at most {@code width} characters a line, without a line feed at the
   * end. Where it is wider, the settings stand below it and the changes are left to the reader; if
   * that is still too wide, the columns stand in several parts.
   */
  public String toString(int width) {
    TextTable whole = table(heads(), rows());
    if (whole.width() <= width) {
      return whole.toString();
    }
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < heads().size(); i++) {
      if (!heads().get(i).equals(SETTINGS) && !heads().get(i).equals(CHANGE)) {
        kept.add(i);
      }
    }
    List<String> heads = new ArrayList<>(chosen(heads(), kept));
    heads.set(heads.size() - 2, objectives.parts().size() == 1 ? objectives.label() : "objective");
    TextTable narrow = table(heads, rows().stream().map(row -> chosen(row, kept)).toList());
    List<String> lines = new ArrayList<>(List.of(narrow.toString(width), ""));
    trials.forEach(trial -> lines.addAll(wrapped(trial.number() + ": " + settings(trial), width)));
    return String.join("\n", lines);
  }

  /** What came of the last trial, in one line. */
  public String lastInWords() {
    TrialFacts last = trials.get(trials.size() - 1);
    boolean isBest = best() == last.number();
    List<String> parts = new ArrayList<>(List.of(settings(last)));
    if (last.failure() != null) {
      parts.add(last.failure().message());
    } else {
      MeasuredFile shipped = last.shipped();
      Verdict verdict = last.verdict();
      for (int i = 0; i < criterion.limits().size(); i++) {
        String metric = criterion.metrics().get(i);
        parts.add(
            metric
                + " "
                + Text.metric(shipped, metric)
                + (verdict == null ? "" : " (" + change(verdict.parts().get(i)) + ")"));
      }
      if (last.masks() != null) {
        parts.add("sparsity " + Formats.percent(last.masks().prunedLayers()));
      }
      if (last.objective() != null) {
        parts.add(
            objectives.label() + String.format(Locale.ROOT, " %.4f of dense", last.objective()));
      }
    }
    return "Trial "
        + last.number()
        + " "
        + outcome(last, false)
        + (isBest ? ", the best so far: " : ": ")
        + String.join(", ", parts);
  }

  private static TextTable table(List<String> heads, List<List<String>> rows) {
    TextTable table = new TextTable(heads.toArray(String[]::new));
    rows.forEach(row -> table.row(row.toArray()));
    return table;
  }

  private static List<String> chosen(List<String> cells, List<Integer> columns) {
    return columns.stream().map(cells::get).toList();
  }

  /** Lines of at most {@code width} characters, all but the first indented. */
  private static List<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    String rest = text;
    String indent = "";
    while (indent.length() + rest.length() > width && width > 2 * INDENT.length()) {
      int room = width - indent.length();
      int space = rest.lastIndexOf(' ', room);
      int end = space > 0 ? space : room;
      lines.add(indent + rest.substring(0, end));
      rest = rest.substring(end).strip();
      indent = INDENT;
    }
    lines.add(indent + rest);
    return lines;
  }

  /** The heads of the columns. */
  List<String> heads() {
    List<String> heads = new ArrayList<>(List.of("trial", SETTINGS));
    for (String metric : criterion.metrics()) {
      heads.add(metric);
      heads.add(CHANGE);
    }
    heads.addAll(
        List.of("sparsity", "gzipped", "p50", objectives.label() + " of dense", "outcome"));
    return heads;
  }

  private int best() {
    return new Ranking(objectives).best(trials).map(TrialFacts::number).orElse(0);
  }

  /** One row for the baseline and one for each trial. */
  List<List<String>> rows() {
    int best = best();
    List<List<String>> rows = new ArrayList<>();
    List<String> baseline = new ArrayList<>(List.of("baseline", ""));
    for (String metric : criterion.metrics()) {
      baseline.add(Text.metric(dense, metric));
      baseline.add("");
    }
    baseline.addAll(List.of("", Text.compressed(dense), "", "", ""));
    rows.add(baseline);
    for (TrialFacts trial : trials) {
      rows.add(row(trial, trial.number() == best));
    }
    return rows;
  }

  private List<String> row(TrialFacts trial, boolean best) {
    MeasuredFile shipped = trial.shipped();
    Verdict verdict = trial.verdict();
    Double share = trial.objective();
    List<String> row = new ArrayList<>(List.of(Integer.toString(trial.number()), settings(trial)));
    for (int i = 0; i < criterion.limits().size(); i++) {
      row.add(shipped == null ? "" : Text.metric(shipped, criterion.metrics().get(i)));
      row.add(verdict == null ? "" : change(verdict.parts().get(i)));
    }
    row.add(trial.masks() == null ? "" : Formats.percent(trial.masks().prunedLayers()));
    row.add(shipped == null ? "" : Text.compressed(shipped));
    row.add(median(trial));
    row.add(share == null ? "" : String.format(Locale.ROOT, "%.4f", share));
    row.add(outcome(trial, best));
    return row;
  }

  private static String change(MetricVerdict part) {
    return String.format(Locale.ROOT, "%+.4f", part.value() - part.baseline());
  }

  private static String median(TrialFacts trial) {
    Latency latency = trial.latencies().get(trial.quantized() == null ? "fp32" : "int8");
    return latency == null ? "" : Text.milliseconds(latency.p50());
  }

  private static String outcome(TrialFacts trial, boolean best) {
    if (trial.failure() != null) {
      return "failed";
    }
    if (trial.verdict() == null) {
      return "not finished";
    }
    String met = trial.met() ? "met" : trial.sparsityShortfall() > 0 ? "too dense" : "missed";
    return met + (best ? ", best" : "");
  }

  /** What was varied, by the last part of each key. */
  private static String settings(TrialFacts trial) {
    List<String> parts = new ArrayList<>();
    for (Map.Entry<String, Object> value : trial.proposal().values().entrySet()) {
      String key = value.getKey();
      parts.add(key.substring(key.lastIndexOf('.') + 1) + "=" + plain(value.getValue()));
    }
    if (trial.proposal().budget() < 1) {
      parts.add(Formats.percent(trial.proposal().budget()) + " of the steps");
    }
    if (trial.proposal().warmStart() != null) {
      parts.add("from trial " + trial.proposal().warmStart());
    }
    return parts.isEmpty() ? "as configured" : String.join(", ", parts);
  }

  /** A number in four digits, without the zeros behind them. */
  private static String plain(Object value) {
    if (!(value instanceof Double number)) {
      return value.toString();
    }
    String text = String.format(Locale.ROOT, "%.4g", number);
    return text.contains(".") ? text.replaceFirst("\\.?0+(e.*)?$", "$1") : text;
  }
}
