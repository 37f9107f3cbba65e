package dev.espalier.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Elements that must not be there are found wherever they are. */
class ElementsTest {
  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  @DisplayName("what is not finite is found at every index of every length around a piece's")
  void notFinite(float wrong) {
    IntStream.of(1, 2, 1023, 1024, 1025, 2050)
        .forEach(
            length -> {
              float[] values = new float[length];
              Arrays.fill(values, -Float.MAX_VALUE);
              assertThat(Elements.firstNotFinite(values)).isEqualTo(-1);
              for (int i = length - 1; i >= 0; i--) {
                values[i] = wrong;
                assertThat(Elements.firstNotFinite(values)).isEqualTo(i);
              }
            });
  }

  @ParameterizedTest
  @ValueSource(floats = {-0x1p-149f, 1.0000001f, -1f, 2f, Float.NaN, Float.POSITIVE_INFINITY})
  @DisplayName("a share lies in [0, 1], both included")
  void shares(float wrong) {
    float[] values = new float[3000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 3 == 0 ? 1f : i % 3 == 1 ? -0f : 0.25f;
    }
    assertThat(Elements.firstOutsideOfShares(values)).isEqualTo(-1);
    for (int at : new int[] {2999, 2048, 1024, 17}) {
      values[at] = wrong;
      assertThat(Elements.firstOutsideOfShares(values)).isEqualTo(at);
    }
  }

  @Test
  @DisplayName("the bits tell a change of any element, also of two that change places")
  void bits() {
    float[] values = new float[3000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 7 - 3;
    }
    int before = Elements.bits(values);
    for (int at : new int[] {0, 17, 2048, 2999}) {
      float kept = values[at];
      values[at] = Math.nextUp(kept);
      assertThat(Elements.bits(values)).isNotEqualTo(before);
      values[at] = kept;
    }
    float first = values[0];
    values[0] = values[1];
    values[1] = first;
    assertThat(Elements.bits(values)).isNotEqualTo(before);
  }

  @Test
  @DisplayName("a mask of a constant pruner holds 0 and 1")
  void zeroOrOne() {
    assertThat(Elements.firstNeitherZeroNorOne(new float[] {0, 1, -0f, 1})).isEqualTo(-1);
    assertThat(Elements.firstNeitherZeroNorOne(new float[] {0, 1, 0.5f})).isEqualTo(2);
    assertThat(Elements.firstNeitherZeroNorOne(new float[] {Float.NaN})).isZero();
  }

  @Test
  @DisplayName("an empty array has none")
  void empty() {
    assertThat(Elements.firstNotFinite(new float[0])).isEqualTo(-1);
    assertThat(Elements.firstOutsideOfShares(new float[0])).isEqualTo(-1);
  }
}
