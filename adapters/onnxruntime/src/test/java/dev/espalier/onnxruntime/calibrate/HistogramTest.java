package dev.espalier.onnxruntime.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HistogramTest {
  /** However the range grows, each bin holds exactly the values between its edges. */
  @ParameterizedTest
  @CsvSource({
    "64, 1, 0, 1",
    "64, 100, 0, 2",
    "2048, 1e-30, 5, 3",
    "100, 1e30, -3e30, 4",
    "2, 3, 1e-3, 5",
    "1000, 1e-42, 0, 6",
    "500, 0.001, 1000, 7"
  })
  void countsExactly(int bins, double spread, double shift, long seed) {
    Random random = new Random(seed);
    Histogram histogram = new Histogram(bins);
    float[] all = new float[5_000];
    for (int i = 0; i < all.length; i++) {
      // Grows for a long time: later values are larger.
      all[i] = (float) (shift + spread * random.nextGaussian() * (i + 1) / all.length);
    }
    for (int from = 0; from < all.length; from += 250) {
      histogram.add(Arrays.copyOfRange(all, from, from + 250));
    }

    assertThat(histogram.total()).isEqualTo(all.length);
    assertThat(histogram.size()).isBetween(1, bins);
    long counted = 0;
    for (int i = 0; i < histogram.size(); i++) {
      double low = histogram.edge(i);
      double high = histogram.edge(i + 1);
      long expected = 0;
      for (float value : all) {
        expected += value >= low && value < high ? 1 : 0;
      }
      assertThat(histogram.count(i)).as("bin %d, seed %d", i, seed).isEqualTo(expected);
      counted += expected;
    }
    assertThat(counted).isEqualTo(all.length);
  }

  @Test
  void dependsNeitherOnOrderNorOnBatches() {
    Random random = new Random(9);
    float[] all = new float[3_000];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) Math.exp(6 * random.nextGaussian()) * (random.nextBoolean() ? 1 : -1);
    }
    Histogram atOnce = new Histogram(300);
    atOnce.add(all);
    Histogram one = new Histogram(300);
    for (int i = all.length - 1; i >= 0; i--) {
      one.add(all[i]);
    }
    assertThat(one.width()).isEqualTo(atOnce.width());
    assertThat(one.size()).isEqualTo(atOnce.size());
    for (int i = 0; i < one.size(); i++) {
      assertThat(one.edge(i)).isEqualTo(atOnce.edge(i));
      assertThat(one.count(i)).isEqualTo(atOnce.count(i));
    }
  }

  @Test
  void usesAtLeastHalfOfTheBins() {
    for (float largest : new float[] {1, 1.5f, 1.99f, 2, 3, 1e20f}) {
      Histogram histogram = new Histogram(1024);
      histogram.add(0, largest);
      assertThat(histogram.size()).isBetween(512, 1024);
    }
  }

  @Test
  void holdsAConstantAndNothing() {
    Histogram histogram = new Histogram(16);
    histogram.add();
    assertThat(histogram.size()).isZero();
    histogram.add(3, 3, 3);
    assertThat(histogram.size()).isEqualTo(1);
    assertThat(histogram.count(0)).isEqualTo(3);
    assertThat(histogram.edge(0)).isEqualTo(3);
  }

  @Test
  void coversAllFloats() {
    Histogram histogram = new Histogram(64);
    histogram.add(Float.MIN_VALUE, -Float.MIN_VALUE, 0, -0f);
    histogram.add(-Float.MAX_VALUE, Float.MAX_VALUE);
    assertThat(histogram.total()).isEqualTo(6);
    assertThat(histogram.count(0)).isEqualTo(1);
    assertThat(histogram.count(histogram.size() - 1)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"NaN", "Infinity", "-Infinity"})
  void refusesWhatIsNotFinite(float value) {
    assertThatThrownBy(() -> new Histogram(8).add(1, value, 2))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
