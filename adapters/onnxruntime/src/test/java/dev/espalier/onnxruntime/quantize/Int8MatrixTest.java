package dev.espalier.onnxruntime.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.espalier.onnxruntime.quantize.Int8Matrix.Axis;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Int8MatrixTest {
  @ParameterizedTest
  @CsvSource({"ROW,false,127", "ROW,true,64", "COLUMN,false,127", "COLUMN,true,64"})
  void eachChannelIsWithinHalfAStepAndUsesItsWholeRange(Axis axis, boolean reduceRange, int limit) {
    int rows = 9;
    int columns = 7;
    Random random = new Random(1);
    float[] weights = new float[rows * columns];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) (random.nextGaussian() * Math.pow(10, i % columns - 3));
    }
    Int8Matrix int8 = Int8Matrix.of(weights, rows, columns, axis, reduceRange);

    int[] largest = new int[int8.scales().length];
    for (int i = 0; i < weights.length; i++) {
      int channel = axis == Axis.ROW ? i / columns : i % columns;
      double scale = int8.scales()[channel];
      assertThat(Math.abs(int8.values()[i] * scale - weights[i])).isLessThan(scale * 0.50001);
      largest[channel] = Math.max(largest[channel], Math.abs(int8.values()[i]));
    }
    assertThat(largest).containsOnly(limit);
  }

  @Test
  void zerosStayZeroAlsoInAChannelOfZerosOrOfTinyValues() {
    float[] weights = {0, 5, 0, 9.8e-45f, -0f, -5, 0, 0};
    Int8Matrix int8 = Int8Matrix.of(weights, 2, 4, Axis.COLUMN, false);
    assertThat(int8.values()).containsExactly(0, 127, 0, 0, 0, -127, 0, 0);
    assertThat(int8.scales()[0]).isEqualTo(1f);
    assertThat(int8.scales()[3]).isPositive();
  }

  @Test
  void namesAValueThatIsNotFinite() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Int8Matrix.of(new float[] {1, 2, Float.NaN, 4}, 2, 2, Axis.ROW, false))
        .withMessage("the value at [1, 0] is NaN");
  }
}
