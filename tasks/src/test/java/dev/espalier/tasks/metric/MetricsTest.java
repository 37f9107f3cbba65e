package dev.espalier.tasks.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.metric.ClassificationMetric;
import dev.espalier.api.metric.RegressionMetric;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values worked out by hand; NaN is what is not defined. */
class MetricsTest {
  @ParameterizedTest(name = "{0} of answers {1} to {2} is {3}")
  @CsvSource({
    // one hit, one false alarm, one miss: 2 / (2 + 1 + 1)
    "f1,  1 1 0 0, 1 0 1 0, 0.5",
    "f1,  1 1 1 1, 1 1 1 1, 1",
    // accuracy would be 0.5: f1 is about the class 1 alone
    "f1,  0 0 0 0, 1 1 0 0, 0",
    "f1,  1 0 0 0, 0 1 1 1, 0",
    "f1,  0 0, 0 0,         NaN",
    // an example without an answer is a miss: 2 / (1 + 2)
    "f1,  1 ?, 1 1,         0.6666666666666666",
    // (2 · 1 − 1 · 1) / sqrt(3 · 3 · 2 · 2), from hits 2, false alarms 1, misses 1, and 1 right no
    "mcc, 1 1 1 0 0, 1 1 0 1 0, 0.16666666666666666",
    "mcc, 1 0 1 0, 1 0 1 0, 1",
    "mcc, 1 0 1 0, 0 1 0 1, -1",
    "mcc, 1 1 1 1, 0 1 0 1, NaN",
    "mcc, 1 0 1 0, 1 1 1 1, NaN",
    // three classes, R_K: hits 4 of 6; (4·6 − (3·2 + 1·2 + 2·2)) / sqrt((36−14)(36−12))
    "mcc, 0 0 1 2 2 0, 0 0 1 1 2 2, 0.5222329678670935",
  })
  void ofClasses(String name, String answers, String labels, double expected) {
    ClassificationMetric metric = name.equals("f1") ? new F1() : new MatthewsCorrelation();
    float[][] logits =
        Arrays.stream(answers.split(" ", -1)).map(MetricsTest::row).toArray(float[][]::new);
    int[] truth = Arrays.stream(labels.split(" ", -1)).mapToInt(Integer::parseInt).toArray();

    assertThat(metric.name()).isEqualTo(name);
    assertSame(metric.compute(logits, truth), expected);
  }

  private static float[] row(String answer) {
    float[] row = new float[3];
    if (answer.equals("?")) {
      Arrays.fill(row, Float.NaN);
    } else {
      row[Integer.parseInt(answer)] = 1;
    }
    return row;
  }

  @ParameterizedTest(name = "{0} of {1} and {2} is {3}")
  @CsvSource({
    "pearson,  1 2 3,     2 4 6,     1",
    "pearson,  1 2 3,     3 2 1,     -1",
    // deviations −1.5 −0.5 0.5 1.5 and −1 −1 1 1: 4 / sqrt(5 · 4)
    "pearson,  1 2 3 4,   0 0 2 2,   0.8944271909999159",
    "pearson,  1 1 1,     1 2 3,     NaN",
    "pearson,  1 2 3,     7 7 7,     NaN",
    // a constant that has no exact mean still is one
    "pearson,  0.1 0.1 0.1, 1 2 3,   NaN",
    "pearson,  NaN 1 2,   1 2 3,     NaN",
    "spearman, 1 20 300,  0.1 5 5.1, 1",
    "spearman, 1 2 3,     9 5 -2,    -1",
    // ranks 1 2 3 4 and 1.5 1.5 3.5 3.5: deviations as above
    "spearman, 1 2 3 4,   0 0 2 2,   0.8944271909999159",
    // ranks 1 2.5 2.5 4 and 4 3 2 1: −4.5 / sqrt(4.5 · 5)
    "spearman, 1 2 2 9,   4 3 2 1,   -0.9486832980505138",
    "spearman, 5 5 5,     1 2 3,     NaN",
    "spearman, NaN 1 2,   1 2 3,     NaN",
  })
  void ofValues(String name, String predicted, String expected, double value) {
    RegressionMetric metric =
        name.equals("pearson") ? new PearsonCorrelation() : new SpearmanCorrelation();

    assertThat(metric.name()).isEqualTo(name);
    assertSame(metric.compute(numbers(predicted), numbers(expected)), value);
  }

  private static double[] numbers(String text) {
    return Arrays.stream(text.split(" ", -1)).mapToDouble(Double::parseDouble).toArray();
  }

  private static void assertSame(double actual, double expected) {
    if (Double.isNaN(expected)) {
      assertThat(actual).isNaN();
    } else {
      assertThat(actual).isCloseTo(expected, within(1e-12));
    }
  }

  @Test
  @DisplayName("f1 is for two classes, the others for any number")
  void fits() {
    assertThat(new F1().fits(2)).isTrue();
    assertThat(new F1().fits(3)).isFalse();
    assertThat(new MatthewsCorrelation().fits(3)).isTrue();
    assertThat(new Accuracy().fits(3)).isTrue();
  }

  @Test
  void needsAsManyLabelsAsRows() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new F1().compute(new float[1][2], new int[2]))
        .withMessageContaining("f1 needs one label per row of logits");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PearsonCorrelation().compute(new double[2], new double[1]));
  }
}
