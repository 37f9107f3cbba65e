package dev.espalier.tuner.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.tuning.Proposal;
import dev.espalier.config.Configuration.Objective;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.tuner.result.Criterion;
import dev.espalier.tuner.result.LossLimit;
import dev.espalier.tuner.result.LossLimit.Kind;
import dev.espalier.tuner.result.MaskReport;
import dev.espalier.tuner.result.Objectives;
import dev.espalier.tuner.result.Objectives.Part;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.FileSize;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.TrialFacts;
import dev.espalier.tuner.result.Verdict;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of trials in terminals of all widths, and a trial in one line. */
final class TrialTableTest {
  private static final Map<String, Double> DENSE = Map.of("accuracy", 0.91, "f1", 0.88);
  private static final MeasuredFile BASELINE =
      new MeasuredFile(new FileSize(90_000_000, 80_000_000), DENSE);

  /** Nothing is cut off: every number is there, whatever the width. */
  @ParameterizedTest
  @ValueSource(ints = {40, 60, 79, 80, 81, 100, 120, 132, 160, 200, 400})
  void it_fits_the_terminal_and_loses_nothing(int width) {
    for (List<String> metrics : List.of(List.of("accuracy"), List.of("accuracy", "f1"))) {
      String text = table(metrics).toString(width);

      assertThat(text.lines()).allMatch(line -> line.length() <= width);
      assertThat(text.replaceAll("\\s+", " "))
          .contains("accuracy", "0.9100", "0.8850", "70.00%", "11.11 MB", "3.25 ms", "0.1389")
          .contains("met, best", "failed")
          .contains("target_sparsity=0.7", "learning_rate=5e-05", "prune_type=soft_movement");
      assertThat(text.split("0\\.8850", -1)).as("once").hasSize(metrics.size() + 1);
    }
  }

  @Test
  void in_a_wide_terminal_it_is_one_table_with_every_column() {
    assertThat(table(List.of("accuracy")).toString(200).lines().findFirst().orElseThrow())
        .containsPattern(
            "trial +settings +accuracy +change +sparsity +gzipped +p50 +modelsize of dense"
                + " +outcome");
  }

  @Test
  void in_eighty_columns_the_settings_stand_below_it() {
    assertThat(table(List.of("accuracy")).toString(80))
        .isEqualTo(
            """
            trial     accuracy  sparsity   gzipped      p50  modelsize    outcome
            baseline    0.9100            80.00 MB
            1           0.8850    70.00%  11.11 MB  3.25 ms     0.1389  met, best
            2                                                              failed

            1: target_sparsity=0.7, learning_rate=5e-05, prune_type=soft_movement
            2: target_sparsity=0.7, learning_rate=5e-05, prune_type=soft_movement""");
  }

  @Test
  void a_trial_is_told_in_one_line() {
    TrialTable all = table(List.of("accuracy"));

    assertThat(all.lastInWords())
        .isEqualTo(
            "Trial 2 failed: target_sparsity=0.7, learning_rate=5e-05,"
                + " prune_type=soft_movement, diverged at step 3");
    assertThat(
            new TrialTable(all.criterion(), all.objectives(), BASELINE, all.trials().subList(0, 1))
                .lastInWords())
        .isEqualTo(
            "Trial 1 met, the best so far: target_sparsity=0.7, learning_rate=5e-05,"
                + " prune_type=soft_movement, accuracy 0.8850 (-0.0250), sparsity 70.00%,"
                + " modelsize 0.1389 of dense");
  }

  private static TrialTable table(List<String> metrics) {
    Criterion criterion =
        Criterion.each(
            metrics.stream().map(name -> new LossLimit(name, true, Kind.ABSOLUTE, 0.1)).toList());
    Failure failure = new Failure("TRAINING", null, "diverged at step 3", null);
    return new TrialTable(
        criterion,
        new Objectives(List.of(new Part(Objective.MODELSIZE, 1))),
        BASELINE,
        List.of(trial(1, criterion, null), trial(2, criterion, failure)));
  }

  private static TrialFacts trial(int number, Criterion criterion, @Nullable Failure failure) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("pruning.approach.weight_compression.target_sparsity", 0.7);
    settings.put("pruning.train.learning_rate", 5e-5);
    settings.put("pruning.approach.weight_compression.pruners[0].prune_type", "soft_movement");
    Map<String, Double> measured = Map.of("accuracy", 0.885, "f1", 0.885);
    boolean failed = failure != null;
    MeasuredFile shipped = new MeasuredFile(new FileSize(22_000_000, 11_111_111), measured);
    return new TrialFacts(
        number,
        Proposal.of(settings),
        0.7,
        null,
        null,
        failed ? null : new MaskReport(List.of(), 0.7, 0.6, 0.5, ""),
        failed ? null : shipped,
        failed ? null : shipped,
        Map.of(),
        null,
        failed ? Map.of() : Map.of("int8", new Latency(3.25, 4)),
        failed ? null : Verdict.judge(criterion, DENSE, measured),
        failed ? null : 11_111_111 / 80e6,
        failure);
  }
}
