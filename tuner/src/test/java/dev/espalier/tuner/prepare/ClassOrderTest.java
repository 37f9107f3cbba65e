package dev.espalier.tuner.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.tuner.prepare.ClassOrder.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose rows stand for which classes. */
final class ClassOrderTest {
  @ParameterizedTest
  @CsvSource({
    "neg pos, neg pos, SAME",
    "NEGATIVE Positive, negative positive, SAME",
    "not_equivalent equivalent, not-equivalent equivalent, SAME",
    "pos neg, neg pos, PERMUTED",
    "CONTRADICTION NEUTRAL ENTAILMENT, entailment neutral contradiction, PERMUTED",
    "1 0, 0 1, PERMUTED",
    "a A, A a, PERMUTED",
    "'', neg pos, UNKNOWN",
    "negative positive, 0 1, UNKNOWN",
    "0 1, negative positive, UNKNOWN",
    "negative positive, 1 0, OTHER",
    "one two three, 0 1, OTHER",
    "a A, a b, OTHER",
    "ham spam, neg pos, OTHER",
    "neg pos neutral, neg pos, OTHER",
  })
  void are_compared_by_name(String named, String wanted, Kind kind) {
    assertThat(ClassOrder.of(names(named), names(wanted)).kind()).isEqualTo(kind);
  }

  @Test
  void logits_are_put_in_the_order_of_the_data() {
    ClassOrder order = ClassOrder.of(List.of("C", "A", "B"), List.of("a", "b", "c"));

    assertThat(order.rows()).containsExactly(1, 2, 0);
    assertThat(order.applied(new float[][] {{30, 10, 20}, {3, 1, 2}}))
        .isDeepEqualTo(new float[][] {{10, 20, 30}, {1, 2, 3}});
  }

  @Test
  void what_is_not_known_is_said() {
    assertThat(ClassOrder.of(List.of(), List.of("a", "b")).notes("m"))
        .containsExactly(
            "The class names of m are unknown: its rows are taken in the order [a, b].");
    assertThat(ClassOrder.of(List.of("no", "yes"), List.of("0", "1")).notes("m"))
        .containsExactly(
            "The class names of m, [no, yes], are not those of the data: its rows are taken in the"
                + " order [0, 1].");
    assertThat(ClassOrder.of(List.of("b", "a"), List.of("a", "b")).notes("m"))
        .containsExactly(
            "The classes of m are [b, a], those of the data [a, b]: they are matched by name.");
    assertThat(ClassOrder.of(List.of("a", "b"), List.of("a", "b")).notes("m")).isEmpty();
  }

  private static List<String> names(String written) {
    return written.isEmpty() ? List.of() : List.of(written.split(" ", -1));
  }
}
