package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UniformNoiseTest {
  private static final int SIZE = 1 << 20;

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, 42, 1L << 32, Long.MIN_VALUE})
  void isUniformAndUncorrelatedFromNumberToNumber(long seed) {
    float[] noise = noise(seed);
    int[] tenths = new int[10];
    double product = 0;
    for (int i = 0; i < SIZE; i++) {
      assertThat(noise[i] > 0 && noise[i] < 1).isTrue();
      tenths[(int) (10 * noise[i])]++;
      product += (noise[i] - 0.5) * (noise[(i + 1) % SIZE] - 0.5);
    }
    // Five standard deviations: √(n·0.1·0.9) = 307 of a count, √n/12 = 85 of the sum of products.
    for (int count : tenths) {
      assertThat((double) count).isCloseTo(SIZE / 10.0, within(5 * 307.0));
    }
    assertThat(product).isCloseTo(0, within(5 * 85.0));
  }

  @Test
  void isTheSameForTheSameSeedAndAnotherForTheNext() {
    assertThat(noise(7)).isEqualTo(noise(7));
    float[] first = noise(7);
    float[] second = noise(8);
    double product = 0;
    for (int i = 0; i < SIZE; i++) {
      product += (first[i] - 0.5) * (second[i] - 0.5);
    }
    assertThat(product).isCloseTo(0, within(5 * 85.0));
  }

  private static float[] noise(long seed) {
    float[] noise = new float[SIZE];
    UniformNoise.fill(seed, noise);
    return noise;
  }
}
