package dev.espalier.api.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CubicScheduleTest {
  /**
   * The paper's SQuAD run: T = 55,330 steps, w = 5,400 warm-up steps, flat for 1·w at the start and
   * for 2·w at the end, so the cubic runs from 5,400 to 55,330 − 10,800 = 44,530.
   */
  private static final CubicSchedule SQUAD = new CubicSchedule(1.0, 0.15, 5_400, 44_530);

  @ParameterizedTest(name = "step {0}: density {1}")
  @CsvSource({
    "     0, 1",
    " 5_400, 1",
    "10_000, 0.734",
    "20_000, 0.359",
    "30_000, 0.194",
    "44_530, 0.15",
    "50_000, 0.15",
    "55_330, 0.15",
  })
  void followsTheReferencesSquadExample(String step, double density) {
    assertThat(SQUAD.at(Long.parseLong(step.replace("_", "")))).isCloseTo(density, within(0.0005));
  }

  /** By hand: 0.2 + 0.8·(1 − x)³ at x = ¼, ½, ¾; powers of two keep it exact but for 0.2. */
  @ParameterizedTest(name = "step {0}: density {1}")
  @CsvSource({"10, 1", "11, 0.5375", "12, 0.3", "13, 0.2125", "14, 0.2"})
  void fallsAlongACubic(long step, double density) {
    assertThat(new CubicSchedule(1, 0.2, 10, 14).at(step)).isCloseTo(density, within(1e-15));
  }

  @Test
  void isExactAtBothEnds() {
    assertThat(SQUAD.at(5_400)).isEqualTo(1.0);
    assertThat(SQUAD.at(5_401)).isLessThan(1.0);
    assertThat(SQUAD.at(44_529)).isGreaterThan(0.15);
    assertThat(SQUAD.at(44_530)).isEqualTo(0.15);
  }

  @Test
  void neverRisesOnItsWayDown() {
    for (long step = 1; step <= 55_330; step++) {
      assertThat(SQUAD.at(step))
          .as("step %d", step)
          .isLessThanOrEqualTo(SQUAD.at(step - 1))
          .isBetween(0.15, 1.0);
    }
  }

  @Test
  void mayRise() {
    CubicSchedule rising = new CubicSchedule(0, 1, 0, 2);
    assertThat(rising.at(1)).isEqualTo(0.875); // 1 − (1 − ½)³
  }

  /** Soft movement's threshold in the same run: 0.1·(1 − (1 − x)³), x as above. */
  @ParameterizedTest(name = "step {0}: threshold {1}")
  @CsvSource({"5_400, 0", "10_000, 0.0313", "20_000, 0.0754", "30_000, 0.0949", "44_530, 0.1"})
  void carriesOtherValuesOverTheSameTime(String step, double threshold) {
    assertThat(SQUAD.between(0, 0.1).at(Long.parseLong(step.replace("_", ""))))
        .isCloseTo(threshold, within(0.00005));
  }

  @Test
  void checksTheOtherValuesToo() {
    assertThatThrownBy(() -> SQUAD.between(0, 1.1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void mayEndInOneStep() {
    CubicSchedule jump = new CubicSchedule(1, 0.5, 7, 8);
    assertThat(jump.at(7)).isEqualTo(1.0);
    assertThat(jump.at(8)).isEqualTo(0.5);
  }

  @ParameterizedTest(name = "{0} to {1} between steps {2} and {3}")
  @CsvSource({
    "-0.1,   0.5,  0, 10, 'values must lie in [0, 1]'",
    " 1.1,   0.5,  0, 10, 'values must lie in [0, 1]'",
    " 1,    -0.5,  0, 10, 'values must lie in [0, 1]'",
    " 1,     1.5,  0, 10, 'values must lie in [0, 1]'",
    " NaN,   0.5,  0, 10, 'values must lie in [0, 1]'",
    " 1,     NaN,  0, 10, 'values must lie in [0, 1]'",
    " 1,     0.5, -1, 10, must end after it starts",
    " 1,     0.5, 10, 10, must end after it starts",
    " 1,     0.5, 10,  9, must end after it starts",
  })
  void refusesWhatIsNoSchedule(double initial, double last, long start, long end, String message) {
    assertThatThrownBy(() -> new CubicSchedule(initial, last, start, end))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
