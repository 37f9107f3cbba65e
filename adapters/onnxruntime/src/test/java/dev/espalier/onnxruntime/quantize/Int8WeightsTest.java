package dev.espalier.onnxruntime.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.espalier.onnxruntime.quantize.Int8Weights.Channels;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Int8WeightsTest {
  @ParameterizedTest(name = "axis {0} of {1}, reduced range {2}")
  @CsvSource({
    "0,9 7,false,127",
    "0,9 7,true,64",
    "1,9 7,false,127",
    "1,9 7,true,64",
    "0,6 3 2,false,127",
    "1,3 6 2,true,64",
    "2,3 2 6,false,127"
  })
  void eachChannelIsWithinHalfAStepAndUsesItsWholeRange(
      int axis, String dimensions, boolean reduceRange, int limit) {
    List<Long> shape = Arrays.stream(dimensions.split(" ")).map(Long::valueOf).toList();
    int count = Math.toIntExact(shape.get(axis));
    int inner = 1;
    for (long size : shape.subList(axis + 1, shape.size())) {
      inner *= (int) size;
    }
    float[] weights = new float[shape.stream().reduce(1L, (a, b) -> a * b).intValue()];
    Random random = new Random(1);
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) (random.nextGaussian() * Math.pow(10, i / inner % count - 3));
    }
    Int8Weights int8 = Int8Weights.of(weights, Channels.along(shape, axis), reduceRange);

    int[] largest = new int[int8.scales().length];
    for (int i = 0; i < weights.length; i++) {
      int channel = i / inner % count;
      double scale = int8.scales()[channel];
      assertThat(Math.abs(int8.values()[i] * scale - weights[i])).isLessThan(scale * 0.50001);
      largest[channel] = Math.max(largest[channel], Math.abs(int8.values()[i]));
    }
    assertThat(largest).hasSize(count).containsOnly(limit);
  }

  @Test
  void oneScaleForAllIsThatOfTheLargest() {
    Int8Weights int8 = Int8Weights.of(new float[] {1, -2, 0.5f, 0}, Channels.ONE, false);
    assertThat(int8.scales()).containsExactly(2f / 127);
    // 1 / (2/127) = 63.5 and 0.5 / (2/127) = 31.75; ties go to the even.
    assertThat(int8.values()).containsExactly(64, -127, 32, 0);
  }

  @Test
  void zerosStayZeroAlsoInAChannelOfZerosOrOfTinyValues() {
    float[] weights = {0, 5, 0, 9.8e-45f, -0f, -5, 0, 0};
    Int8Weights int8 = Int8Weights.of(weights, new Channels(4, 1), false);
    assertThat(int8.values()).containsExactly(0, 127, 0, 0, 0, -127, 0, 0);
    assertThat(int8.scales()[0]).isEqualTo(1f);
    assertThat(int8.scales()[3]).isPositive();
  }

  @Test
  void aLeastScaleIsKept() {
    Int8Weights int8 = Int8Weights.of(new float[] {1.27f, 1.27f}, new Channels(2, 1), false, 0, 1);
    assertThat(int8.scales()).containsExactly(0.01f, 1f);
    assertThat(int8.values()).containsExactly(127, 1);
  }

  @Test
  void namesAValueThatIsNotFinite() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Int8Weights.of(new float[] {1, 2, Float.NaN, 4}, Channels.ONE, false))
        .withMessage("the value at index 2 is NaN");
  }
}
