package dev.espalier.api.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.pruning.ParameterDescriptor.Choice;
import dev.espalier.api.pruning.ParameterDescriptor.Quantity;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a plugin's author is told when a descriptor, or the shape of units, cannot be right. */
final class DescriptorTest {
  private static PrunerDescriptor descriptor(String name, String description, String source) {
    return new PrunerDescriptor(name, description, source, List.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"movement", "soft_movement", "l0", "a"})
  void takesSnakeCaseNames(String name) {
    assertThat(descriptor(name, "Does.", "Paper.").name()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Movement", "soft-movement", "0l", "_a", "soft movement", "soft.l0"})
  void refusesOtherNames(String name) {
    assertThatThrownBy(() -> descriptor(name, "Does.", "Paper."))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a pruner's name must match [a-z][a-z0-9_]{0,63}, found \"" + name + "\"");
  }

  @ParameterizedTest
  @CsvSource({"'', Paper.", "Does., ''", "' ', Paper."})
  void refusesMissingTexts(String description, String source) {
    assertThatThrownBy(() -> descriptor("movement", description, source))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pruner movement needs a description and a source");
  }

  @Test
  void isNotChangedThroughWhatItWasMadeOf() {
    List<ParameterDescriptor> parameters =
        new ArrayList<>(List.of(new Quantity("floor", 0.0, 0, 1, "Is.")));
    PrunerDescriptor descriptor = new PrunerDescriptor("movement", "Does.", "Paper.", parameters);

    parameters.clear();

    assertThat(descriptor.parameters()).hasSize(1);
  }

  @ParameterizedTest(name = "default {0} in [{1}, {2}]")
  @CsvSource({"-1, 0, 1", "2, 0, 1", "NaN, 0, 1", "0, NaN, 1", "0, 0, NaN", "0, 1, -1"})
  void refusesADefaultOutsideItsRange(double byDefault, double minimum, double maximum) {
    assertThatThrownBy(() -> new Quantity("floor", byDefault, minimum, maximum, "Is."))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "default of floor must lie in [" + minimum + ", " + maximum + "], found " + byDefault);
  }

  @Test
  void refusesADefaultThatIsNoOption() {
    assertThatThrownBy(() -> new Choice("init", "zero", List.of("constant", "uniform"), "Is."))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("default of init must be one of [constant, uniform], found zero");
  }

  @Test
  void refusesAParameterWithoutDescription() {
    assertThatThrownBy(() -> new Quantity("floor", 0.0, 0, 1, " "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("parameter floor needs a description");
    assertThatThrownBy(() -> new Choice("init", "zero", List.of("zero"), ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("parameter init needs a description");
  }

  @Test
  void refusesTwoParametersOfOneName() {
    Quantity floor = new Quantity("floor", 0.0, 0, 1, "Is.");
    assertThatThrownBy(
            () -> new PrunerDescriptor("movement", "Is.", "Paper.", List.of(floor, floor)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pruner movement has two parameters named \"floor\"");
  }

  @ParameterizedTest(name = "{0} to {1}: {2}")
  @CsvSource({
    "0, 1, 'a number in [0, 1]'",
    "0.001, 100000, 'a number in [0.001, 100000]'",
    "-1e9, 1, 'a number in [-1.0E9, 1]'",
  })
  void saysWhichNumbersItTakes(double minimum, double maximum, String range) {
    assertThat(new Quantity("floor", 1.0, minimum, maximum, "Is.").range()).isEqualTo(range);
  }

  @Test
  void saysWhichWordsItTakes() {
    assertThat(new Choice("init", "zero", List.of("zero", "uniform"), "Is.").range())
        .isEqualTo("one of zero, uniform");
  }

  @ParameterizedTest(name = "{0} x {1}")
  @CsvSource({"0, 4", "4, 0", "-1, 4"})
  void refusesAnEmptyMatrix(int rows, int columns) {
    assertThatThrownBy(() -> new Units("query", rows, columns))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("query must have rows and columns, found " + rows + " x " + columns);
  }

  @Test
  void refusesToOverflow() {
    assertThat(new Units("query", 46_340, 46_340).size()).isEqualTo(2_147_395_600);
    assertThatThrownBy(() -> new Units("query", 46_341, 46_341).size())
        .isInstanceOf(ArithmeticException.class);
  }
}
