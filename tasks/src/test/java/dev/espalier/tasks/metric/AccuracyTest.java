package dev.espalier.tasks.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.espalier.api.metric.Metric;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AccuracyTest {
  private static final float NAN = Float.NaN;

  static List<Arguments> cases() {
    return List.of(
        arguments("all right", logits(row(2, 1), row(-3, -1)), labels(0, 1), 1.0),
        arguments("all wrong", logits(row(2, 1), row(-3, -1)), labels(1, 0), 0.0),
        arguments("two of three", logits(row(2, 1), row(0, 1), row(9, 8)), labels(0, 1, 1), 2 / 3.),
        arguments("three classes", logits(row(1, 2, 3), row(1, 3, 2)), labels(2, 1), 1.0),
        arguments("a tie is the lowest index", logits(row(1, 1), row(0, 5, 5)), labels(0, 1), 1.0),
        arguments("a tie is not a higher index", logits(row(1, 1)), labels(1), 0.0),
        arguments("zeros of both signs tie", logits(row(-0f, 0f)), labels(0), 1.0),
        arguments("a NaN is never the answer", logits(row(NAN, 1), row(-9, NAN)), labels(1, 0), 1.),
        arguments("only NaN is wrong", logits(row(NAN, NAN), row(NAN, NAN)), labels(0, 1), 0.0),
        arguments(
            "infinities compare",
            logits(row(Float.NEGATIVE_INFINITY, -1), row(3, Float.POSITIVE_INFINITY)),
            labels(1, 1),
            1.0));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void isTheShareOfRightAnswers(String name, float[][] logits, int[] labels, double expected) {
    assertThat(new Accuracy().compute(logits, labels)).as(name).isCloseTo(expected, within(1e-12));
  }

  @Test
  void needsOneLabelPerRow() {
    assertThatThrownBy(() -> new Accuracy().compute(logits(row(1, 2)), labels(0, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 labels and 1 rows");
    assertThatThrownBy(() -> new Accuracy().compute(logits(), labels()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void isFoundByTheServiceLoader() {
    assertThat(ServiceLoader.load(Metric.class))
        .anySatisfy(
            metric -> {
              assertThat(metric).isInstanceOf(Accuracy.class);
              assertThat(metric.name()).isEqualTo("accuracy");
              assertThat(metric.higherIsBetter()).isTrue();
            });
  }

  private static float[][] logits(float[]... rows) {
    return rows;
  }

  private static float[] row(float... values) {
    return values;
  }

  private static int[] labels(int... values) {
    return values;
  }
}
