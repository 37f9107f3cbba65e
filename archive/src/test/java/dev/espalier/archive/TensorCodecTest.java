package dev.espalier.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.archive.StoredTensor.Exact;
import dev.espalier.archive.StoredTensor.Int8;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is decoded is what was encoded, and takes about as much as its entropy. */
class TensorCodecTest {
  @ParameterizedTest(name = "{0} x {1}, density {2}, values to {3}")
  @CsvSource({
    "1, 1, 1, 127", "1, 1, 0, 1", "1, 5000, 0.001, 127", "5000, 1, 0.001, 127", "3, 7, 0.5, 127",
    "64, 256, 0.06, 127", "64, 256, 0.06, 1", "64, 256, 0, 1", "64, 256, 1, 127", "64, 256, 1, 1",
    "300, 300, 0.005, 3", "300, 300, 0.9, 127",
  })
  @DisplayName("int8 values and scales come back bit for bit, stored densely and sparsely")
  void int8(int rows, int columns, double density, int largest) throws MalformedException {
    for (long seed = 0; seed < 5; seed++) {
      byte[] values = values(seed, rows * columns, density, largest);
      for (boolean perRow : new boolean[] {false, true}) {
        float[] scales = scales(seed, perRow ? rows : 1);
        Int8 tensor = new Int8(new int[] {rows, columns}, scales, values);
        for (boolean sparse : new boolean[] {false, true}) {
          Int8 read =
              TensorCodec.decodeInt8(
                  tensor.shape(), perRow, sparse, TensorCodec.encode(tensor, sparse));

          assertThat(read.values()).as("seed " + seed).isEqualTo(values);
          assertThat(read.scales()).as("seed " + seed).isEqualTo(scales);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  @DisplayName("exact values come back bit for bit, whatever they are: any bits, NaN, none at all")
  void exact(ElementType type) throws MalformedException {
    for (int size : new int[] {0, 1, 2, 1000}) {
      byte[] bytes = new byte[size * type.bytes()];
      new SplittableRandom(size).nextBytes(bytes);
      Exact tensor = new Exact(type, new int[] {size}, bytes);

      Exact read = TensorCodec.decodeExact(type, tensor.shape(), TensorCodec.encode(tensor));

      assertThat(read.bytes()).isEqualTo(bytes);
      assertThat(read.type()).isEqualTo(type);
    }
  }

  @ParameterizedTest(name = "density {0}: {1} times the entropy at most")
  @CsvSource({"0.005, 1.09", "0.03, 1.03", "0.06, 1.02", "0.1, 1.01", "0.3, 1.01"})
  @DisplayName("independent positions and values of one matrix take little more than their entropy")
  void closeToEntropy(double density, double most) {
    byte[] values = values(7, 768 * 768, density, 127);
    Int8 tensor = new Int8(new int[] {768, 768}, new float[] {1}, values);

    double bytes = TensorCodec.encode(tensor, true).length;

    assertThat(bytes / (entropyBits(values) / 8)).isBetween(0.98, most);
  }

  @Test
  @DisplayName("positions that crowd in few rows and columns take less than independent ones")
  void structure() {
    int size = 768;
    byte[] crowded = new byte[size * size];
    SplittableRandom random = new SplittableRandom(3);
    for (int row = 0; row < size; row++) {
      for (int column = 0; column < size; column++) {
        boolean full = row % 8 == 0 && column % 4 == 0;
        if (random.nextDouble() < (full ? 0.8 : 0.01)) {
          crowded[row * size + column] = (byte) (1 + random.nextInt(127));
        }
      }
    }
    Int8 tensor = new Int8(new int[] {size, size}, new float[] {1}, crowded);

    assertThat(TensorCodec.encode(tensor, true).length * 8.0)
        .isLessThan(0.8 * entropyBits(crowded));
  }

  @ParameterizedTest(name = "{0}: class {1}")
  @CsvSource({
    "0,0",
    "1,1",
    "2,2",
    "3,3",
    "4,4",
    "5,4",
    "6,5",
    "7,5",
    "8,6",
    "11,6",
    "12,7",
    "15,7",
    "16,8",
    "768,19",
    "1000,19",
    "1024,20",
    "3072,23",
    "2147483647,61",
  })
  @DisplayName("classes are half octaves")
  void classes(int count, int expected) {
    assertThat(TensorCodec.classOf(count)).isEqualTo(expected);
  }

  @Test
  @DisplayName("a payload without its end is refused")
  void truncated() {
    byte[] values = values(1, 4096, 0.5, 127);
    Int8 tensor = new Int8(new int[] {64, 64}, new float[] {1}, values);
    for (boolean sparse : new boolean[] {false, true}) {
      byte[] payload = TensorCodec.encode(tensor, sparse);
      for (int length : new int[] {0, 1, 5, payload.length / 2, payload.length - 8}) {
        byte[] cut = Arrays.copyOf(payload, length);
        assertThatThrownBy(() -> TensorCodec.decodeInt8(tensor.shape(), false, sparse, cut))
            .isInstanceOf(MalformedException.class);
      }
    }
  }

  /** Positions and values, each as independent draws from what is there. */
  private static double entropyBits(byte[] values) {
    double[] counts = new double[256];
    for (byte value : values) {
      counts[value & 0xff]++;
    }
    double bits = 0;
    for (double count : counts) {
      bits -= count == 0 ? 0 : count * Math.log(count / values.length) / Math.log(2);
    }
    return bits;
  }

  private static byte[] values(long seed, int count, double density, int largest) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] values = new byte[count];
    for (int i = 0; i < count; i++) {
      if (random.nextDouble() < density) {
        int value = (int) Math.rint(random.nextGaussian() * largest / 4);
        values[i] = (byte) Math.max(-largest, Math.min(largest, value == 0 ? largest : value));
      }
    }
    return values;
  }

  private static float[] scales(long seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] scales = new float[count];
    for (int i = 0; i < count; i++) {
      scales[i] = (float) Math.exp(random.nextGaussian() * 20);
    }
    return scales;
  }
}
