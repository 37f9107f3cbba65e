package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdamWTest {
  @ParameterizedTest(name = "learning rate {0}, decay {1}, epsilon {2}, gradients of size {3}")
  @CsvSource({
    "1e-3, 0,    1e-8, 1",
    "1e-3, 0.01, 1e-8, 1",
    "1e-2, 0,    1e-8, 1e-6", // scores: epsilon is no longer negligible
    "1e-2, 0.1,  1e-3, 1e-2",
  })
  @DisplayName("fifty steps agree with the formula in double precision")
  void agreesWithFormula(double rate, double decay, double epsilon, double size) {
    long seed = 11;
    SplittableRandom random = new SplittableRandom(seed);
    int n = 37; // not a multiple of any vector length
    float[] values = new float[n];
    double[] expected = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian();
      expected[i] = values[i];
    }
    double[] m = new double[n];
    double[] v = new double[n];
    AdamW optimizer = new AdamW(n);
    for (int t = 1; t <= 50; t++) {
      float[] gradient = new float[n];
      for (int i = 0; i < n; i++) {
        gradient[i] = (float) (size * random.nextGaussian());
        double g = gradient[i] * 0.5;
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.999 * v[i] + 0.001 * g * g;
        double correction = Math.sqrt(1 - Math.pow(0.999, t)) / (1 - Math.pow(0.9, t));
        expected[i] -= rate * correction * m[i] / (Math.sqrt(v[i]) + epsilon);
        expected[i] -= rate * decay * expected[i];
      }
      optimizer.update(values, gradient, 0.5f, AdamW.Step.of(t, rate, decay, epsilon));
    }
    for (int i = 0; i < n; i++) {
      assertThat((double) values[i])
          .as("seed %d, element %d", seed, i)
          .isCloseTo(expected[i], within(1e-5));
    }
  }

  @Test
  @DisplayName("without a gradient nothing moves but by decay")
  void decayIsDecoupled() {
    float[] values = {2f};
    new AdamW(1).update(values, new float[] {0f}, 1f, AdamW.Step.of(1, 0.1, 0.5, 1e-8));
    assertThat(values[0]).isCloseTo(1.9f, within(1e-6f));
  }

  @ParameterizedTest(name = "step {0} of 100 with 20 of warm-up: {1}")
  @CsvSource({"0, 0", "10, 0.5", "20, 1", "60, 0.5", "99, 0.0125", "100, 0", "120, 0"})
  @DisplayName("learning rates rise from 0 and fall to 0")
  void warmup(long step, double factor) {
    assertThat(new LinearWarmup(20, 100).factor(step)).isCloseTo(factor, within(1e-12));
  }

  @Test
  @DisplayName("without warm-up the first step has the full rate")
  void noWarmup() {
    assertThat(new LinearWarmup(0, 100).factor(0)).isEqualTo(1);
  }
}
