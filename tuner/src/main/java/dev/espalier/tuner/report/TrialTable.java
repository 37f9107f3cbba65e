package dev.espalier.tuner.report;

import dev.espalier.tuner.plan.TextTable;
import dev.espalier.tuner.port.OnnxTools.Latency;
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

  /** The table as plain text, without a line feed at the end. */
  @Override
  public String toString() {
    TextTable table = new TextTable(heads().toArray(String[]::new));
    rows().forEach(row -> table.row(row.toArray()));
    return table.toString();
  }

  /** The heads of the columns. */
  List<String> heads() {
    List<String> heads = new ArrayList<>(List.of("trial", "settings"));
    for (String metric : criterion.metrics()) {
      heads.add(metric);
      heads.add("change");
    }
    heads.addAll(
        List.of("sparsity", "gzipped", "p50", objectives.label() + " of dense", "outcome"));
    return heads;
  }

  /** One row for the baseline and one for each trial. */
  List<List<String>> rows() {
    int best = new Ranking(objectives).best(trials).map(TrialFacts::number).orElse(0);
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
      row.add(Text.metric(shipped, criterion.metrics().get(i)));
      row.add(verdict == null ? "" : change(verdict.parts().get(i)));
    }
    row.add(trial.masks() == null ? "" : Text.percent(trial.masks().prunedLayers()));
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
    String met = trial.met() ? "met" : trial.sparsityShortfall() > 0 ? "missed sparsity" : "missed";
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
      parts.add(Text.percent(trial.proposal().budget()) + " of the steps");
    }
    if (trial.proposal().warmStart() != null) {
      parts.add("from trial " + trial.proposal().warmStart());
    }
    return parts.isEmpty() ? "as configured" : String.join(", ", parts);
  }

  private static String plain(Object value) {
    return value instanceof Double number
        ? String.format(Locale.ROOT, "%.4g", number)
        : value.toString();
  }
}
