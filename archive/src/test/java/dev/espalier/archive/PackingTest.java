package dev.espalier.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.archive.Packing.Scales;
import dev.espalier.archive.StoredTensor.Exact;
import dev.espalier.archive.StoredTensor.Int8;
import dev.espalier.core.model.Tensor;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which tensor is stored how, and to which integers values go. */
class PackingTest {
  @Test
  @DisplayName("by hand: scale 2/127 for the tensor, halves go to the even integer")
  void byHand() {
    float unit = 2f / 127;
    Int8 stored =
        (Int8)
            Packing.DEFAULT.store(
                "w", Tensor.matrix(2, 5, new float[] {2, 0, 0, -1, 0, 0, 0, 0, 0.4f * unit, 0}));

    assertThat(stored.scales()).containsExactly(unit);
    // -1 / (2/127) = -63.5
    assertThat(stored.values()).containsExactly(127, 0, 0, -64, 0, 0, 0, 0, 0, 0);
    assertThat(stored.toFloats()[0]).isEqualTo(127 * unit);
  }

  @Test
  @DisplayName("a full matrix has a scale for each row; a row of zeros has scale 1")
  void perRow() {
    Int8 stored =
        (Int8)
            Packing.DEFAULT.store("w", Tensor.matrix(3, 2, new float[] {127, 1, 0, 0, -254, 254}));

    assertThat(stored.scales()).containsExactly(1, 1, 2);
    assertThat(stored.values()).containsExactly(127, 1, 0, 0, -127, 127);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  @DisplayName("every value is off by half a scale at most, and is the integer of exact arithmetic")
  void nearest(long seed) {
    Tensor tensor = new Synthetic(seed).matrix(20, 50, 0.9);
    for (Scales scales : Scales.values()) {
      Int8 stored = (Int8) new Packing(0, scales, scales).store("w", tensor);
      for (int i = 0; i < tensor.values().length; i++) {
        BigDecimal scale = new BigDecimal(stored.scales()[scales == Scales.ONE ? 0 : i / 50]);
        BigDecimal value = new BigDecimal(tensor.values()[i]);
        assertThat((int) stored.values()[i])
            .as("seed %d, position %d", seed, i)
            .isEqualTo(
                Math.min(
                    127,
                    Math.max(-127, value.divide(scale, 0, RoundingMode.HALF_EVEN).intValue())));
      }
    }
  }

  @Test
  @DisplayName("vectors, empty tensors and what is too small for a scale stay exact")
  void exact() {
    assertThat(Packing.DEFAULT.store("b", Tensor.vector(1, 2, 3))).isInstanceOf(Exact.class);
    assertThat(Packing.DEFAULT.store("e", Tensor.matrix(0, 3, new float[0])))
        .isInstanceOf(Exact.class);
    assertThat(Packing.DEFAULT.store("t", Tensor.matrix(1, 2, new float[] {Float.MIN_VALUE, 0})))
        .isInstanceOf(Exact.class);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  @DisplayName("a value that is not finite is an error that names it")
  void notFinite(float value) {
    assertThatThrownBy(
            () -> Packing.DEFAULT.store("w", Tensor.matrix(1, 2, new float[] {1, value})))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("w has the value " + value + " at position 1");
  }
}
