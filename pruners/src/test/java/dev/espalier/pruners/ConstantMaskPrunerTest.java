package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.testkit.PrunerContract;
import org.junit.jupiter.api.Test;

final class ConstantMaskPrunerTest extends PrunerContract {
  ConstantMaskPrunerTest() {
    super("constant_mask");
  }

  /** By hand: only zero is removed, of either sign, however small the others are. */
  @Test
  void keepsTheZeros() {
    float[] mask = new float[6];
    new ConstantMaskPruner()
        .mask(
            Created.STEP,
            new float[] {
              1f,
              0f,
              -2f, //
              -0f,
              Float.MIN_VALUE,
              -1e-30f
            },
            mask);
    assertThat(mask)
        .containsExactly(
            1f, 0f, 1f, //
            0f, 1f, 1f);
  }

  @Test
  void refusesNaN() {
    assertThatThrownBy(
            () ->
                new ConstantMaskPruner()
                    .mask(Created.STEP, new float[] {1f, Float.NaN}, new float[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("element 1 is NaN");
  }
}
