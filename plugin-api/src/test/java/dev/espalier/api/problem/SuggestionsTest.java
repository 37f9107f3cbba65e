package dev.espalier.api.problem;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SuggestionsTest {
  private static final List<String> PRUNERS =
      List.of("movement", "magnitude", "soft_movement", "l0");

  @ParameterizedTest(name = "{0} to {1}: {2}")
  @CsvSource({
    "'', '', 0",
    "'', abc, 3",
    "abc, '', 3",
    "abc, abc, 0",
    "abc, abd, 1", // substitution
    "abc, abcd, 1", // insertion
    "abcd, abd, 1", // deletion
    "abc, acb, 1", // swap of neighbours
    "kitten, sitting, 3",
    "ca, abc, 3", // no edit between swapped letters: optimal string alignment
  })
  void countsEdits(String from, String to, int edits) {
    assertThat(Suggestions.distance(from, to)).isEqualTo(edits);
    assertThat(Suggestions.distance(to, from)).as("the other way round").isEqualTo(edits);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "movment, movement",
    "moevment, movement",
    "MAGNITUDE, magnitude",
    "softmovement, soft_movement",
    "lo, l0",
  })
  void findsWhatWasMeant(String typed, String meant) {
    assertThat(Suggestions.nearest(typed, PRUNERS, 1)).containsExactly(meant);
  }

  @Test
  void putsTheNearestFirst() {
    assertThat(Suggestions.nearest("movment", PRUNERS, 2))
        .containsExactly("movement", "soft_movement");
  }

  @Test
  void ordersTheEquallyNearByName() {
    assertThat(Suggestions.nearest("x", List.of("c", "a", "b"), 2)).containsExactly("a", "b");
  }

  @Test
  void findsNothingAmongNothing() {
    assertThat(Suggestions.nearest("movement", List.of(), 3)).isEmpty();
    assertThat(Suggestions.nearest("movement", PRUNERS, 0)).isEmpty();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "movment, movement",
    "sof_movement, soft_movement",
    "lo, l0",
    "L0, l0",
  })
  void takesWhatIsNearForASlip(String typed, String meant) {
    assertThat(Suggestions.closest(typed, PRUNERS)).contains(meant);
    assertThat(Suggestions.advice(typed, PRUNERS)).isEqualTo("Maybe \"" + meant + "\" is meant.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"platon", "x", "ab", "frobnicate", "wanda", ""})
  void suggestsNothingThatIsFar(String typed) {
    assertThat(Suggestions.closest(typed, PRUNERS)).isEmpty();
    assertThat(Suggestions.advice(typed, PRUNERS)).isEqualTo("Choose one of these.");
  }
}
