package dev.espalier.api.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.espalier.api.pruning.ParameterDescriptor.Choice;
import dev.espalier.api.pruning.ParameterDescriptor.Quantity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ParameterValuesTest {
  private static final PrunerDescriptor DESCRIPTOR =
      new PrunerDescriptor(
          "sample",
          "For this test.",
          "No paper.",
          List.of(
              new Quantity("threshold", 0.1, 0, 1, "Where scores are cut."),
              new Quantity("floor", 0.005, 0, 0.5, "The share always kept."),
              new Choice("start", "zero", List.of("zero", "uniform"), "Where scores start.")));

  @Test
  void fillsInTheDefaults() {
    ParameterValues values = ParameterValues.of(DESCRIPTOR, Map.of("floor", 0.25));

    assertThat(values.number("threshold")).isEqualTo(0.1);
    assertThat(values.number("floor")).isEqualTo(0.25);
    assertThat(values.choice("start")).isEqualTo("zero");
  }

  @Test
  void keepsTheDescriptorsOrder() {
    Map<String, Object> values =
        ParameterValues.of(DESCRIPTOR, Map.of("start", "uniform", "floor", 0.0)).asMap();

    assertThat(values.keySet()).containsExactly("threshold", "floor", "start");
    assertThat(values.values()).containsExactly(0.1, 0.0, "uniform");
  }

  @Test
  void isNotChangedThroughItsMapNorByTheOneItCameFrom() {
    Map<String, Object> given = new LinkedHashMap<>(Map.of("floor", 0.25));
    ParameterValues values = ParameterValues.of(DESCRIPTOR, given);

    given.put("floor", 0.5);
    assertThat(values.number("floor")).isEqualTo(0.25);
    assertThatThrownBy(() -> values.asMap().put("floor", 0.5))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 1})
  void takesTheWholeRange(double threshold) {
    assertThat(numberOf(threshold)).isEqualTo(threshold);
  }

  @Test
  void takesNumbersOfEveryType() {
    assertThat(numberOf(1)).isEqualTo(1.0);
    assertThat(numberOf(1L)).isEqualTo(1.0);
    assertThat(numberOf(0.5f)).isEqualTo(0.5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zero", "uniform"})
  void takesEachOption(String start) {
    assertThat(ParameterValues.of(DESCRIPTOR, Map.of("start", start)).choice("start"))
        .isEqualTo(start);
  }

  static Stream<Arguments> wrong() {
    String number = "threshold must be a number in [0, 1], found ";
    String word = "start must be one of zero, uniform, found ";
    return Stream.of(
        arguments("threshold", -0.001, number + "-0.001"),
        arguments("threshold", 1.001, number + "1.001"),
        arguments("threshold", 2, number + "2"),
        arguments("threshold", Double.NaN, number + "NaN"),
        arguments("threshold", Double.NEGATIVE_INFINITY, number + "-Infinity"),
        arguments("threshold", "0.5", number + "0.5"), // a word, though it looks like a number
        arguments("threshold", true, number + "true"),
        arguments("threshold", List.of(0.5), number + "[0.5]"),
        arguments("start", "Zero", word + "Zero"),
        arguments("start", "", word),
        arguments("start", 0, word + "0"),
        arguments("start", List.of("zero"), word + "[zero]"));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("wrong")
  void refusesWhatIsOutOfRangeOrOfAnotherType(String name, Object value, String message) {
    assertThatThrownBy(() -> ParameterValues.of(DESCRIPTOR, Map.of(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pruner sample: " + message);
  }

  @Test
  void refusesAnUnknownNameAndSaysWhichThereAre() {
    assertThatThrownBy(() -> ParameterValues.of(DESCRIPTOR, Map.of("treshold", 0.1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "pruner sample: unknown parameter treshold, there is [threshold, floor, start]");
  }

  @Test
  void namesEverythingThatIsWrongAtOnce() {
    Map<String, Object> given = new LinkedHashMap<>();
    given.put("speed", 1.0);
    given.put("start", "anyhow");
    given.put("threshold", 2.0);

    assertThatThrownBy(() -> ParameterValues.of(DESCRIPTOR, given))
        .hasMessage(
            "pruner sample: threshold must be a number in [0, 1], found 2.0;"
                + " start must be one of zero, uniform, found anyhow;"
                + " unknown parameter speed, there is [threshold, floor, start]");
  }

  @Test
  void refusesToReadWhatWasNeverDeclaredOrIsOfAnotherType() {
    ParameterValues values = ParameterValues.of(DESCRIPTOR, Map.of());

    assertThatThrownBy(() -> values.number("speed"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the descriptor declares no number named speed");
    assertThatThrownBy(() -> values.number("start"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the descriptor declares no number named start");
    assertThatThrownBy(() -> values.choice("floor"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the descriptor declares no choice named floor");
  }

  private static double numberOf(Object threshold) {
    return ParameterValues.of(DESCRIPTOR, Map.of("threshold", threshold)).number("threshold");
  }
}
