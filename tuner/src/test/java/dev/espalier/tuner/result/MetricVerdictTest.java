package dev.espalier.tuner.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.tuner.result.LossLimit.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MetricVerdictTest {
  @ParameterizedTest(name = "{0} {1}, higher is better: {2}: {3} against {4} -> {5}, {6}")
  @CsvSource({
    // kind, allowed, higher, value, baseline, threshold, met
    "RELATIVE, 0.02, true,  0.882,  0.90,  0.882,  true",
    "RELATIVE, 0.02, true,  0.8819, 0.90,  0.882,  false",
    "RELATIVE, 0.02, true,  0.95,   0.90,  0.882,  true",
    "RELATIVE, 0.10, false, 1.10,   1.00,  1.10,   true",
    "RELATIVE, 0.10, false, 1.11,   1.00,  1.10,   false",
    "RELATIVE, 0.10, true,  -1.10,  -1.00, -1.10,  true",
    "RELATIVE, 0.10, true,  -1.11,  -1.00, -1.10,  false",
    "RELATIVE, 0.10, false, -0.90,  -1.00, -0.90,  true",
    "RELATIVE, 0.10, false, -0.89,  -1.00, -0.90,  false",
    "RELATIVE, 0.10, true,  0.0,    0.0,   0.0,    true",
    "RELATIVE, 0.10, true,  -0.01,  0.0,   0.0,    false",
    "ABSOLUTE, 0.01, true,  0.89,   0.90,  0.89,   true",
    "ABSOLUTE, 0.01, true,  0.8899, 0.90,  0.89,   false",
    "ABSOLUTE, 0.01, false, 0.31,   0.30,  0.31,   true",
    "ABSOLUTE, 0.0,  true,  0.90,   0.90,  0.90,   true",
    "RELATIVE, 0.02, true,  NaN,    0.90,  0.882,  false",
  })
  void the_threshold_lies_on_the_worse_side_of_the_baseline(
      Kind kind,
      double allowed,
      boolean higher,
      double value,
      double baseline,
      double threshold,
      boolean met) {
    MetricVerdict verdict =
        MetricVerdict.judge(new LossLimit("m", higher, kind, allowed), baseline, value);

    assertThat(verdict.threshold())
        .isCloseTo(threshold, org.assertj.core.data.Offset.offset(1e-12));
    assertThat(verdict.met()).isEqualTo(met);
    assertThat(verdict.caution() != null).isEqualTo(baseline == 0 && kind == Kind.RELATIVE);
  }

  @Test
  void a_baseline_that_is_no_number_judges_nothing() {
    LossLimit limit = new LossLimit("m", true, Kind.ABSOLUTE, 0);

    assertThatThrownBy(() -> MetricVerdict.judge(limit, Double.NaN, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** The threshold of a smoke run once was 1 below the baseline, a negative accuracy. */
  @ParameterizedTest
  @CsvSource({"true, 0.5, -100", "false, 0.5, 1e9"})
  void a_limit_that_nothing_misses_has_no_threshold_to_speak_of(
      boolean higher, double baseline, double value) {
    LossLimit any = new LossLimit("m", higher, Kind.ABSOLUTE, LossLimit.ANY_LOSS);

    MetricVerdict verdict = MetricVerdict.judge(any, baseline, value);

    assertThat(verdict.met()).isTrue();
    assertThat(verdict.clause()).contains("any loss is accepted").doesNotContain("threshold");
    assertThat(any.sentence(baseline))
        .isEqualTo("The baseline's m is 0.5000; any loss is accepted.");
  }

  @ParameterizedTest
  @CsvSource({
    "RELATIVE, 0.02, m may lose 2% of the baseline",
    "RELATIVE, 0.005, m may lose 0.5% of the baseline",
    "RELATIVE, 0.1, m may lose 10% of the baseline",
    "ABSOLUTE, 0.01, m may lose 0.01",
    "ABSOLUTE, 1e300, m may lose any amount"
  })
  void a_limit_has_words(Kind kind, double value, String words) {
    assertThat(new LossLimit("m", true, kind, value).inWords()).isEqualTo(words);
  }
}
