package dev.espalier.api.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ParameterValuesTest {
  private static final PrunerDescriptor DESCRIPTOR =
      new PrunerDescriptor(
          "sample",
          "For this test.",
          "No paper.",
          List.of(
              new ParameterDescriptor("threshold", 0.1, 0, 1, "Where scores are cut."),
              new ParameterDescriptor("floor", 0.005, 0, 0.5, "The share always kept."),
              new ParameterDescriptor(
                  "scale", 1, 0, Double.POSITIVE_INFINITY, "Of the scores' start.")));

  @Test
  void fillsInTheDefaults() {
    ParameterValues values = ParameterValues.of(DESCRIPTOR, Map.of("floor", 0.25));

    assertThat(values.get("threshold")).isEqualTo(0.1);
    assertThat(values.get("floor")).isEqualTo(0.25);
    assertThat(values.get("scale")).isEqualTo(1.0);
  }

  @Test
  void keepsTheDescriptorsOrder() {
    assertThat(ParameterValues.of(DESCRIPTOR, Map.of("scale", 2.0, "floor", 0.0)).asMap())
        .containsExactly(
            Map.entry("threshold", 0.1), Map.entry("floor", 0.0), Map.entry("scale", 2.0));
  }

  @Test
  void isNotChangedThroughItsMapNorByTheOneItCameFrom() {
    Map<String, Double> given = new LinkedHashMap<>(Map.of("floor", 0.25));
    ParameterValues values = ParameterValues.of(DESCRIPTOR, given);

    given.put("floor", 0.5);
    assertThat(values.get("floor")).isEqualTo(0.25);
    assertThatThrownBy(() -> values.asMap().put("floor", 0.5))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 1})
  void takesTheWholeRange(double threshold) {
    assertThat(ParameterValues.of(DESCRIPTOR, Map.of("threshold", threshold)).get("threshold"))
        .isEqualTo(threshold);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.001, 1.001, Double.NaN, Double.NEGATIVE_INFINITY})
  void refusesWhatIsOutOfRange(double threshold) {
    assertThatThrownBy(() -> ParameterValues.of(DESCRIPTOR, Map.of("threshold", threshold)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pruner sample: threshold must lie in [0.0, 1.0], found " + threshold);
  }

  @Test
  void refusesAnUnknownNameAndSaysWhichThereAre() {
    assertThatThrownBy(() -> ParameterValues.of(DESCRIPTOR, Map.of("treshold", 0.1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "pruner sample: unknown parameter treshold, there is [threshold, floor, scale]");
  }

  @Test
  void namesEverythingThatIsWrongAtOnce() {
    Map<String, Double> given = new LinkedHashMap<>();
    given.put("speed", 1.0);
    given.put("floor", 0.9);
    given.put("threshold", 2.0);

    assertThatThrownBy(() -> ParameterValues.of(DESCRIPTOR, given))
        .hasMessage(
            "pruner sample: threshold must lie in [0.0, 1.0], found 2.0;"
                + " floor must lie in [0.0, 0.5], found 0.9;"
                + " unknown parameter speed, there is [threshold, floor, scale]");
  }

  @Test
  void refusesToReadWhatWasNeverDeclared() {
    ParameterValues values = ParameterValues.of(DESCRIPTOR, Map.of());
    assertThatThrownBy(() -> values.get("speed"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("parameter speed is not in the descriptor");
  }
}
