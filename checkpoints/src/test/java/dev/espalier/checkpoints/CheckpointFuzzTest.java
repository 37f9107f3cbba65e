package dev.espalier.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.model.Tensor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutations of files with weights, by a seed: nothing but tensors or a problem comes out, and
 * within a second. The profile {@code fuzz} tries 25,000 of each in 512 MB.
 */
class CheckpointFuzzTest {
  private static final int INPUTS = Integer.getInteger("espalier.fuzz.inputs", 2000) / 4;
  private static final long SEED = Long.getLong("espalier.fuzz.seed", 20261125);
  private static final long MOST_MILLIS = 1000;

  @TempDir Path directory;

  @Test
  @DisplayName("mutated PyTorch files")
  void torch() throws IOException {
    fuzz(Path.of("src/test/resources/torch/tensors.bin"), "bin");
  }

  @Test
  @DisplayName("mutated safetensors files")
  void safetensors() throws IOException {
    Map<String, Tensor> tensors = new TreeMap<>();
    tensors.put("matrix", Tensor.matrix(2, 3, new float[6]));
    tensors.put("vector", Tensor.vector(1, 2, 3));
    tensors.put("scalar", new Tensor(new int[0], new float[1]));
    Path file = directory.resolve("model.safetensors");
    SafeTensorsWriter.write(file, SafeTensorsWriter.PYTORCH, tensors);
    fuzz(file, "safetensors");
  }

  private void fuzz(Path original, String ending) throws IOException {
    byte[] bytes = Files.readAllBytes(original);
    SplittableRandom random = new SplittableRandom(SEED);
    int refused = 0;
    for (int input = 0; input < INPUTS; input++) {
      byte[] mutated = mutate(bytes, random.split());
      Path file = directory.resolve("mutated-" + input % 2 + "." + ending);
      Files.write(file, mutated);
      long start = cpuNanos();
      try (NamedTensors tensors = WeightFiles.open(file)) {
        assertThat(tensors.readAll()).isNotNull();
      } catch (ProblemException problem) {
        refused++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("input " + input + " of seed " + SEED, e);
      }
      assertThat((cpuNanos() - start) / 1_000_000)
          .as("milliseconds of input %d of seed %d", input, SEED)
          .isLessThan(MOST_MILLIS);
    }
    assertThat(refused).as("refused of %d", INPUTS).isBetween(INPUTS / 10, INPUTS - 1);
  }

  /** Up to eight bytes changed, or a stretch cut, repeated or zeroed. */
  private static byte[] mutate(byte[] bytes, SplittableRandom random) {
    byte[] mutated = bytes.clone();
    int from = random.nextInt(bytes.length);
    int length = 1 + random.nextInt(Math.min(64, bytes.length - from));
    switch (random.nextInt(6)) {
      case 0 -> mutated = Arrays.copyOf(bytes, from);
      case 1 -> Arrays.fill(mutated, from, from + length, (byte) random.nextInt(256));
      case 2 -> {
        mutated = Arrays.copyOf(bytes, bytes.length + length);
        System.arraycopy(bytes, from, mutated, from + length, bytes.length - from);
      }
      default -> {
        for (int i = random.nextInt(8); i >= 0; i--) {
          mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
        }
      }
    }
    return mutated;
  }

  /** Processor time of this thread: a busy machine must not fail a test. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
