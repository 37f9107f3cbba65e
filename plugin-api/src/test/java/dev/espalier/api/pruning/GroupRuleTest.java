package dev.espalier.api.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class GroupRuleTest {
  private static final float STAYS = Float.POSITIVE_INFINITY;

  /** By hand: of each M in a row the N least keep their importance and may go. */
  static Stream<Arguments> byHand() {
    return Stream.of(
        arguments(
            new GroupRule(2, 4),
            numbers(1, 4, 2, 3, /**/ 8, 5, 7, 6),
            numbers(1, STAYS, 2, STAYS, /**/ STAYS, 5, STAYS, 6)),
        arguments(
            new GroupRule(1, 2),
            numbers(3, 1, /**/ -2, -1, /**/ 0, 9),
            numbers(STAYS, 1, /**/ -2, STAYS, /**/ 0, STAYS)),
        arguments(
            new GroupRule(3, 8),
            numbers(5, 1, 7, 2, 8, 3, 6, 4),
            numbers(STAYS, 1, STAYS, 2, STAYS, 3, STAYS, STAYS)),
        // Among equals the earlier ones stay, and −0 equals 0.
        arguments(new GroupRule(2, 4), numbers(1, 1, 1, 1), numbers(STAYS, STAYS, 1, 1)),
        arguments(new GroupRule(2, 4), numbers(1, 0, 1, 1), numbers(STAYS, 0, STAYS, 1)),
        arguments(
            new GroupRule(1, 2), numbers(-0f, 0f, /**/ 0f, -0f), numbers(STAYS, 0, STAYS, -0f)),
        arguments(new GroupRule(1, 2), new float[0], new float[0]));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("byHand")
  void protectsAllButTheLeastOfEachGroup(GroupRule rule, float[] importance, float[] expected) {
    float[] out = new float[importance.length];
    Arrays.fill(out, Float.NaN);
    rule.protect(importance, out);
    assertThat(out).isEqualTo(expected);

    rule.protect(importance, importance); // in place
    assertThat(importance).isEqualTo(expected);
  }

  /** By hand: 1 and 2 are the least of all candidates; the group 8, 5, 7, 6 loses its two last. */
  @ParameterizedTest(name = "keep {0} of 8")
  @CsvSource({"8, 11111111", "7, 01111111", "6, 01011111", "5, 01011011", "4, 01011010"})
  void removesTheLeastImportantCandidatesFirst(int keep, String expected) {
    float[] mask = mask(new GroupRule(2, 4), keep, numbers(1, 4, 2, 3, /**/ 8, 5, 7, 6));
    assertThat(IntStream.range(0, 8).mapToObj(i -> mask[i] == 1f ? "1" : "0"))
        .containsExactly(expected.split(""));
  }

  @ParameterizedTest(name = "{0}:{1}")
  @CsvSource({"2, 4", "1, 2", "3, 8", "1, 3", "4, 8", "1, 16"})
  void keepsTheExactCountAndEnoughOfEachGroup(int removed, int of) {
    GroupRule rule = new GroupRule(removed, of);
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    float[] importance = new float[of * 1_000];
    for (int i = 0; i < importance.length; i++) {
      importance[i] = Math.round(random.nextGaussian() * 4) / 4f; // many ties
    }
    double lowest = rule.lowestDensity();

    for (double density : new double[] {1, (1 + lowest) / 2, lowest + 0.001, lowest}) {
      int keep = TopShare.count(density, importance.length);
      float[] mask = mask(rule, keep, importance);
      assertThat(kept(mask, 0, mask.length))
          .as("density %s, seed %d", density, seed)
          .isEqualTo(keep);
      for (int start = 0; start < mask.length; start += of) {
        int ofGroup = kept(mask, start, of);
        assertThat(ofGroup)
            .as("group at %d, seed %d", start, seed)
            .isGreaterThanOrEqualTo(of - removed);
        if (density == lowest) {
          assertThat(ofGroup).as("group at %d, seed %d", start, seed).isEqualTo(of - removed);
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}:{1} keeps {2}")
  @CsvSource({"2, 4, 0.5", "1, 2, 0.5", "3, 8, 0.625", "1, 3, 0.6667"})
  void saysHowSparseItMayGet(int removed, int of, double density) {
    assertThat(new GroupRule(removed, of).lowestDensity()).isCloseTo(density, within(5e-5));
  }

  @Test
  void refusesNaN() {
    assertThatThrownBy(() -> new GroupRule(2, 4).protect(numbers(1, 2, Float.NaN, 4), new float[4]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the importance of element 2 is NaN");
  }

  @ParameterizedTest(name = "{0}:{1}")
  @CsvSource({"0, 4", "-1, 4", "4, 4", "5, 4", "1, 1"})
  void refusesWhatIsNoPattern(int removed, int of) {
    assertThatThrownBy(() -> new GroupRule(removed, of))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("N:M needs 1 <= N < M, found " + removed + ":" + of);
  }

  private static float[] mask(GroupRule rule, int keep, float[] importance) {
    float[] protect = new float[importance.length];
    rule.protect(importance, protect);
    float[] mask = new float[importance.length];
    new TopShare().select(protect, keep, mask);
    return mask;
  }

  private static int kept(float[] mask, int start, int length) {
    return (int) IntStream.range(start, start + length).filter(i -> mask[i] == 1f).count();
  }

  private static float[] numbers(float... numbers) {
    return numbers;
  }
}
