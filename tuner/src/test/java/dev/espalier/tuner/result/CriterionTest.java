package dev.espalier.tuner.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.tuner.result.LossLimit.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A criterion of several metrics; that of one is in {@link MetricVerdictTest}. */
final class CriterionTest {
  private static final Criterion EACH =
      Criterion.each(
          List.of(
              new LossLimit("acc", true, Kind.RELATIVE, 0.02),
              new LossLimit("err", false, Kind.ABSOLUTE, 0.1)));

  @ParameterizedTest(name = "acc {0} -> {1}, err {2} -> {3}: {4}")
  @CsvSource({
    // accuracy: baseline, trial; error: baseline, trial; met; what is missing
    "0.90, 0.882, 1.0, 1.1,  true,  0",
    "0.90, 0.95,  1.0, 0.5,  true,  0",
    "0.90, 0.873, 1.0, 1.0,  false, 0.01",
    "0.90, 0.90,  1.0, 1.15, false, 0.05",
    "0.90, 0.873, 1.0, 1.15, false, 0.06",
    // the gain of one does not make up for the loss of the other
    "0.90, 0.99,  1.0, 1.2,  false, 0.1",
    "0.90, 0.80,  1.0, 0.1,  false, 0.09111111",
    // negative and zero baselines
    "-1.0, -1.02, -1.0, -0.9, true,  0",
    "-1.0, -1.03, -1.0, -0.9, false, 0.01",
    "0.0,  0.0,   0.0,  0.1,  true,  0",
    "0.0,  -0.01, 0.0,  0.0,  false, 0.01",
    "0.90, NaN,   1.0,  1.0,  false, NaN",
  })
  void every_metric_must_keep_to_its_own_limit(
      double acc, double acc1, double err, double err1, boolean met, double missing) {
    Verdict verdict = judge(EACH, acc, acc1, err, err1);

    assertThat(verdict.met()).isEqualTo(met);
    assertThat(verdict.shortfall()).isCloseTo(missing, within(1e-6));
    assertThat(verdict.lossInTheMean()).isNull();
    assertThat(verdict.caution() != null).isEqualTo(acc == 0);
  }

  @Test
  void the_verdict_says_which_metric_misses_and_every_threshold() {
    assertThat(judge(EACH, 0.9, 0.9, 1, 1.2).sentence())
        .isEqualTo(
            "Criterion missed by err: acc is 0.9000, the threshold is 0.8820 (baseline 0.9000, acc"
                + " may lose 2% of the baseline); err is 1.2000, the threshold is 1.1000 (baseline"
                + " 1.0000, err may lose 0.1).");
    assertThat(EACH.sentence(Verdict.in(Map.of("acc", 0.9, "err", 1.0))))
        .isEqualTo(
            "The baseline's acc is 0.9000; a trial needs at least 0.8820 (acc may lose 2% of the"
                + " baseline). The baseline's err is 1.0000; a trial needs at most 1.1000 (err may"
                + " lose 0.1).");
  }

  @ParameterizedTest(name = "{0}: acc {1} -> {2}, err {3} -> {4}")
  @CsvSource({
    // accuracy by 3, error by 1: baseline, trial; the mean of the losses; met at 0.03
    "RELATIVE, 0.90, 0.90,  2.0,  2.0,  0,       true",
    "RELATIVE, 0.90, 0.873, 2.0,  2.06, 0.03,    true",
    "RELATIVE, 0.90, 0.873, 2.0,  2.08, 0.0325,  false",
    // a gain makes up for a loss: (3 · 0.05 - 0.1) / 4
    "RELATIVE, 1.00, 0.95,  2.0,  1.80, 0.0125,  true",
    // both better is better still, whichever way better is
    "RELATIVE, 0.90, 0.99,  2.0,  1.0,  -0.2,    true",
    "RELATIVE, 0.90, 0.81,  2.0,  3.0,  0.2,     false",
    "RELATIVE, -1.0, -1.03, -2.0, -1.94, 0.03,   true",
    "RELATIVE, -1.0, -1.05, -2.0, -2.0, 0.0375,  false",
    "ABSOLUTE, 0.90, 0.87,  2.0,  2.03, 0.03,    true",
    "ABSOLUTE, 0.90, 0.86,  2.0,  2.03, 0.0375,  false",
    "ABSOLUTE, 0.0,  -0.03, 0.0,  0.03, 0.03,    true",
    // a share of nothing is no loss at all, whatever the other metric gains
    "RELATIVE, 0.0,  0.0,   2.0,  2.0,  0,       true",
    "RELATIVE, 0.0,  -0.01, 2.0,  1.0,  -0.1175, false",
    "RELATIVE, 0.90, NaN,   2.0,  2.0,  NaN,     false",
  })
  void the_weighted_mean_of_the_losses_keeps_to_one_limit(
      Kind kind, double acc, double acc1, double err, double err1, double mean, boolean met) {
    Criterion criterion =
        new Criterion(
            List.of(
                new LossLimit("acc", true, kind, 0.03), new LossLimit("err", false, kind, 0.03)),
            List.of(3.0, 1.0));

    Verdict verdict = judge(criterion, acc, acc1, err, err1);

    assertThat(verdict.lossInTheMean()).isCloseTo(mean, within(1e-12));
    assertThat(verdict.met()).isEqualTo(met);
    assertThat(verdict.shortfall() > 0).isEqualTo(!met && !Double.isNaN(mean));
  }

  @Test
  void a_mean_has_words_and_its_threshold_is_a_number() {
    Criterion mean =
        new Criterion(
            List.of(
                new LossLimit("acc", true, Kind.RELATIVE, 0.03),
                new LossLimit("err", false, Kind.RELATIVE, 0.03)),
            List.of(3.0, 0.5));

    assertThat(mean.sentence(Verdict.in(Map.of("acc", 0.9, "err", 2.0))))
        .isEqualTo(
            "The baseline's metrics are acc 0.9000, err 2.0000; what a trial loses of them, as a"
                + " share of each, must be at most 0.0300 in the weighted mean (the mean of acc by"
                + " 3 and err by 0.5 may lose 3% of the baseline).");
    assertThat(judge(mean, 0.9, 0.9, 2, 2.2).sentence())
        .isEqualTo(
            "Criterion met: the weighted mean of what is lost, as a share of each, is 0.0143, the"
                + " threshold is 0.0300 (acc 0.9000 of 0.9000, err 2.2000 of 2.0000; the mean of"
                + " acc by 3 and err by 0.5 may lose 3% of the baseline).");
  }

  @Test
  void a_metric_that_was_not_measured_judges_nothing() {
    assertThatThrownBy(
            () -> Verdict.judge(EACH, Map.of("acc", 0.9, "err", 1.0), Map.of("acc", 0.9)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("err was not measured");
  }

  @Test
  void a_mean_of_different_limits_or_without_all_weights_is_none() {
    LossLimit relative = new LossLimit("acc", true, Kind.RELATIVE, 0.02);
    LossLimit absolute = new LossLimit("err", false, Kind.ABSOLUTE, 0.02);

    assertThatThrownBy(() -> new Criterion(List.of(relative, absolute), List.of(1.0, 1.0)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Criterion(List.of(relative, relative), List.of(1.0)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Criterion(List.of(), List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Verdict judge(
      Criterion criterion, double acc, double acc1, double err, double err1) {
    return Verdict.judge(
        criterion, Map.of("acc", acc, "err", err), Map.of("acc", acc1, "err", err1));
  }
}
