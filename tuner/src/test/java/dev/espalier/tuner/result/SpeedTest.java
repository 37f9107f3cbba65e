package dev.espalier.tuner.result;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.core.quantization.QuantizedModel.Operator;
import dev.espalier.tuner.result.Speed.Kind;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Slower, faster or neither, by intervals; and the interval against its definition. */
class SpeedTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // int8 low, high | vnni | bytes of each weight | kind | words
        "4 | 5 | false | 100000 | FASTER | The quantized model is 2.22 times as fast as float on this machine: 4.50 ms [4.00, 5.00] in place of 10.00 ms [9.00, 11.00]",
        "8 | 9.5 | false | 100000 | SAME | The quantized model is not shown to be faster than float",
        "12 | 13 | false | 100000 | SLOWER | this CPU lacks VNNI",
        "12 | 13 | true | 1000 | SLOWER | 2 of 2 quantized products have weights below 64 KiB",
        "12 | 13 | true | 100000 | SLOWER | the QuantizeLinear and DequantizeLinear around each",
      })
  @DisplayName("what is slower is said so, with the likely cause")
  void kinds(double low, double high, String vnni, long bytes, Kind kind, String words) {
    ObjectNode environment = JsonNodeFactory.instance.objectNode();
    environment.putObject("cpu").put("vnni", Boolean.parseBoolean(vnni));
    QuantizedModel model =
        new QuantizedModel(
            Map.of(),
            List.of(
                new Operator("a", "MatMul", "int8", null, null, bytes),
                new Operator("b", "Gemm", "int8", null, null, bytes),
                new Operator("c", "Gather", "int8", null, null, 1)));

    Speed speed =
        Speed.of(
            Map.of(
                "fp32", new Latency(10, 12, 9, 11),
                "int8", new Latency((low + high) / 2, 20, low, high)),
            model,
            environment);

    assertThat(Objects.requireNonNull(speed).kind()).isEqualTo(kind);
    assertThat(speed.sentence()).contains(words);
    if (kind != Kind.SLOWER) {
      assertThat(speed.sentence()).doesNotContain("Likely cause");
    }
  }

  @Test
  @DisplayName("of 1,000 samples about 95% have an interval with the true median in it")
  void coverage() {
    long seed = 4;
    Random random = new Random(seed);
    int covered = 0;
    for (int i = 0; i < 1000; i++) {
      // Log-normal: skewed, as latencies are, with the median 1.
      double[] sample =
          DoubleStream.generate(() -> Math.exp(random.nextGaussian()))
              .limit(100)
              .sorted()
              .toArray();
      Latency latency = Latency.of(sample);
      assertThat(latency.p50()).isBetween(latency.low(), latency.high());
      if (latency.low() <= 1 && 1 <= latency.high()) {
        covered++;
      }
    }
    assertThat(covered).as("seed %d", seed).isBetween(935, 985);
  }

  @Test
  @DisplayName("the ranks of a hundred requests are 40 and 61, those of one request 1 and 1")
  void ranks() {
    double[] hundred = DoubleStream.iterate(1, i -> i + 1).limit(100).toArray();

    assertThat(Latency.of(hundred)).isEqualTo(new Latency(50, 90, 40, 61));
    assertThat(Latency.of(7)).isEqualTo(new Latency(7, 7, 7, 7));
  }
}
