package dev.espalier.onnxruntime.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.onnxruntime.TinyBert;
import dev.espalier.onnxruntime.bert.BertOnnxExporter;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.GraphText;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutations of ONNX files, by a seed: each is quantized, or refused in a sentence with exit code 2
 * or 4, and within two seconds. The profile {@code fuzz} tries 50,000 in 512 MB.
 */
final class QuantizerFuzzTest {
  /** Half as many as of smaller files. */
  private static final int INPUTS = Integer.getInteger("espalier.fuzz.inputs", 1000) / 2;

  private static final long SEED = Long.getLong("espalier.fuzz.seed", 20_261_124);
  private static final long MOST_MILLIS = 2000;
  private static final List<Format> FORMATS = List.of(Format.DYNAMIC, Format.QDQ, Format.QOPERATOR);

  @TempDir Path directory;
  private final Random random = new Random(SEED);

  @Test
  void mutatedFilesAreQuantizedOrRefusedAndNeverSlowly() throws IOException {
    List<byte[]> seeds = seeds();
    Path file = directory.resolve("mutant.onnx");
    Path target = directory.resolve("target.onnx");
    int quantized = 0;
    long slowest = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] input = mutated(seeds);
      Files.write(file, input);
      Format format = FORMATS.get(random.nextInt(FORMATS.size()));
      Quantizer quantizer =
          new Quantizer(
              QuantizationPlan.of(format)
                  .with(
                      changes -> {
                        changes.perChannel = random.nextBoolean();
                        changes.excluded = random.nextBoolean() ? List.of("*1*") : List.of();
                      }));
      long start = cpuNanos();
      try {
        Map<String, TensorRange> ranges = new HashMap<>();
        for (String tensor : quantizer.tensorsToCalibrate(file)) {
          ranges.put(tensor, new TensorRange(-random.nextFloat(), random.nextFloat()));
        }
        quantizer.quantize(file, target, ranges);
        assertThat(GraphText.of(OnnxFiles.read(target))).isNotEmpty();
        quantized++;
      } catch (ProblemException refused) {
        assertThat(refused.problems()).hasSize(1);
        assertThat(refused.problems().get(0).message()).isNotBlank().doesNotContain("\n");
        assertThat(refused.exitCode()).isIn(2, 4);
      } catch (Throwable crash) {
        throw new AssertionError(described(i, format, input), crash);
      }
      long millis = (cpuNanos() - start) / 1_000_000;
      slowest = Math.max(slowest, millis);
      if (millis > MOST_MILLIS) {
        throw new AssertionError(millis + " ms: " + described(i, format, input));
      }
    }
    System.out.printf(
        "fuzz: %d ONNX files, seed %d, %d quantized, slowest %d ms%n",
        INPUTS, SEED, quantized, slowest);
    assertThat(quantized).isPositive().isLessThan(INPUTS);
  }

  private List<byte[]> seeds() throws IOException {
    Path bert = directory.resolve("bert.onnx");
    BertOnnxExporter.exportClassifier(TinyBert.weights(1, 2), List.of("no", "yes"), bert);
    List<byte[]> seeds = new ArrayList<>();
    seeds.add(Files.readAllBytes(bert));
    for (OnnxGraph graph :
        List.of(
            SmallGraphs.linear(32, 16),
            SmallGraphs.perceptron(16, 16, 16),
            SmallGraphs.residual(),
            SmallGraphs.random(new Random(1)),
            SmallGraphs.random(new Random(2)))) {
      seeds.add(graph.toModel().toByteArray());
    }
    return seeds;
  }

  /** Mostly the structure, which is at the front of these files or between the weights. */
  private byte[] mutated(List<byte[]> seeds) {
    byte[] input = seeds.get(random.nextInt(seeds.size())).clone();
    for (int edits = random.nextInt(4); edits >= 0 && input.length > 1; edits--) {
      int bound = random.nextBoolean() ? Math.min(input.length, 600) : input.length;
      int at = random.nextInt(bound);
      int to = at + random.nextInt(Math.min(40, input.length - at) + 1);
      byte[] other = seeds.get(random.nextInt(seeds.size()));
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> input[at] ^= (byte) (1 << random.nextInt(8));
        case 3 -> input[at] = (byte) random.nextInt(256);
        case 4 -> input = splice(input, at, to, new byte[0]);
        case 5 -> input = splice(input, at, at, Arrays.copyOfRange(input, at, to));
        case 6 -> input = Arrays.copyOf(input, at);
        default -> {
          int from = random.nextInt(other.length);
          int end = Math.min(other.length, from + random.nextInt(200));
          input = splice(input, at, to, Arrays.copyOfRange(other, from, end));
        }
      }
    }
    return input;
  }

  private static byte[] splice(byte[] input, int from, int to, byte[] between) {
    byte[] out = new byte[input.length - (to - from) + between.length];
    System.arraycopy(input, 0, out, 0, from);
    System.arraycopy(between, 0, out, from, between.length);
    System.arraycopy(input, to, out, from + between.length, input.length - to);
    return out;
  }

  private static String described(int i, Format format, byte[] input) {
    return "input %d of seed %d, %s, %d bytes: %s"
        .formatted(
            i,
            SEED,
            format,
            input.length,
            HexFormat.of().formatHex(Arrays.copyOf(input, Math.min(input.length, 2000))));
  }

  /** Processor time of this thread: a busy machine must not fail a test. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
