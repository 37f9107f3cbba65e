package dev.espalier.api.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StepTest {
  private static final Units UNITS = new Units("layer.0.weight", 2, 3);

  @ParameterizedTest(name = "step {0} of {1}")
  @CsvSource({"0, 200, 0", "50, 200, 0.25", "200, 200, 1", "0, 0, 1"})
  void progress(long number, long total, double progress) {
    assertThat(new Step(UNITS, number, total, 7).progress()).isEqualTo(progress);
  }

  @ParameterizedTest(name = "step {0} of {1}")
  @CsvSource({"-1, 10", "11, 10"})
  void refusesAStepOutsideOfTheTraining(long number, long total) {
    assertThatThrownBy(() -> new Step(UNITS, number, total, 7))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("step " + number + " of a training of " + total);
  }

  @Test
  void drawsTheSameAgain() {
    assertThat(new Step(UNITS, 3, 10, 7).random().nextLong())
        .isEqualTo(new Step(UNITS, 3, 20, 7).random().nextLong());
  }

  /** Nor is one stream of numbers the tail of another's. */
  @Test
  void drawsOthersForAnotherStepNameOrSeed() {
    Set<Long> drawn = new HashSet<>();
    for (long number = 0; number <= 100; number++) {
      for (Units units : new Units[] {UNITS, new Units("layer.1.weight", 2, 3)}) {
        for (long seed = 7; seed < 9; seed++) {
          new Step(units, number, 100, seed).random().longs(100).forEach(drawn::add);
        }
      }
    }
    assertThat(drawn).hasSize(101 * 2 * 2 * 100);
  }
}
