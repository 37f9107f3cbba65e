package dev.espalier.api.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a plugin's author is told when a descriptor, or a parameter's shape, cannot be right. */
final class DescriptorTest {
  @ParameterizedTest
  @ValueSource(strings = {"movement", "soft_movement", "l0", "a"})
  void takesSnakeCaseNames(String name) {
    assertThat(new PrunerDescriptor(name, "Does.", "Paper.", List.of()).name()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Movement", "soft-movement", "0l", "_a", "soft movement", "soft.l0"})
  void refusesOtherNames(String name) {
    assertThatThrownBy(() -> new PrunerDescriptor(name, "Does.", "Paper.", List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a pruner's name must match [a-z][a-z0-9_]{0,63}, found \"" + name + "\"");
  }

  @ParameterizedTest
  @CsvSource({"'', Paper.", "Does., ''", "' ', Paper."})
  void refusesMissingTexts(String description, String source) {
    assertThatThrownBy(() -> new PrunerDescriptor("movement", description, source, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pruner movement needs a description and a source");
  }

  @ParameterizedTest(name = "default {0} in [{1}, {2}]")
  @CsvSource({"-1, 0, 1", "2, 0, 1", "NaN, 0, 1", "0, NaN, 1", "0, 0, NaN", "0, 1, -1"})
  void refusesADefaultOutsideItsRange(double byDefault, double minimum, double maximum) {
    assertThatThrownBy(() -> new ParameterDescriptor("floor", byDefault, minimum, maximum, "Is."))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("default of floor must lie in [");
  }

  @Test
  void refusesAParameterWithoutDescription() {
    assertThatThrownBy(() -> new ParameterDescriptor("floor", 0, 0, 1, " "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("parameter floor needs a description");
  }

  @ParameterizedTest(name = "{0} x {1}")
  @CsvSource({"0, 4", "4, 0", "-1, 4"})
  void refusesAnEmptyMatrix(int rows, int columns) {
    assertThatThrownBy(() -> new PrunableParameter("query", rows, columns))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("parameter query must have rows and columns, found " + rows + " x " + columns);
  }

  @Test
  void refusesToOverflow() {
    assertThat(new PrunableParameter("query", 46_340, 46_340).size()).isEqualTo(2_147_395_600);
    assertThatThrownBy(() -> new PrunableParameter("query", 46_341, 46_341).size())
        .isInstanceOf(ArithmeticException.class);
  }
}
