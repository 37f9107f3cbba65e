package dev.espalier.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.archive.Entry.Kind;
import dev.espalier.archive.StoredTensor.Exact;
import dev.espalier.archive.StoredTensor.Int8;
import dev.espalier.core.model.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives come back bit for bit, and nothing but archives does. */
class ArchiveTest {
  private static final int TABLE = 20;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  @DisplayName("a small model comes back: the same integers, scales, biases and files")
  void roundTrip(long seed) throws IOException {
    SortedMap<String, Tensor> weights = model(seed);
    Path file = directory.resolve("m.espalier");
    SortedMap<String, byte[]> files = new TreeMap<>();
    files.put("config.json", "{}".getBytes(StandardCharsets.UTF_8));
    files.put("empty.txt", new byte[0]);
    write(file, weights, files, 2);

    try (Archive archive = Archive.open(file)) {
      SortedMap<String, StoredTensor> read = archive.tensors(2);
      assertThat(read.keySet()).isEqualTo(weights.keySet());
      weights.forEach(
          (name, tensor) ->
              assertThat(read.get(name))
                  .as("seed %d, %s", seed, name)
                  .usingRecursiveComparison()
                  .isEqualTo(Packing.DEFAULT.store(name, tensor)));
      assertThat(archive.size()).isEqualTo(Files.size(file));
      for (Entry entry : archive.entries()) {
        if (entry.kind() == Kind.FILE) {
          assertThat(archive.content(entry)).isEqualTo(files.get(entry.name()));
        }
      }
      assertThat(archive.entries().stream().map(Entry::kind))
          .contains(Kind.SPARSE, Kind.DENSE, Kind.EXACT, Kind.FILE);
    }
  }

  @Test
  @DisplayName("equal weights make equal bytes, on one thread and on several")
  void deterministic() throws IOException {
    Path one = directory.resolve("1.espalier");
    Path four = directory.resolve("4.espalier");
    write(one, model(1), new TreeMap<>(), 1);
    write(four, model(1), new TreeMap<>(), 4);

    assertThat(Files.readAllBytes(one)).isEqualTo(Files.readAllBytes(four));
  }

  @Test
  @DisplayName("any names, shapes and types that a checkpoint can have")
  void anything() throws IOException {
    SortedMap<String, ArchiveWriter.Source> tensors = new TreeMap<>();
    tensors.put("scalar", () -> Exact.of(new int[0], 1.5f));
    tensors.put("ünï.コード", () -> Exact.of(new int[] {0}));
    tensors.put("position_ids", () -> new Exact(ElementType.I64, new int[] {1, 2}, new byte[16]));
    tensors.put("conv", () -> new Int8(new int[] {2, 3, 2, 2}, new float[] {1, 2}, new byte[24]));
    tensors.put("one", () -> new Int8(new int[0], new float[] {1}, new byte[] {-127}));
    Path file = directory.resolve("a.espalier");
    ArchiveWriter.write(file, tensors, new TreeMap<>(), Packing.DEFAULT, 1);

    try (Archive archive = Archive.open(file)) {
      SortedMap<String, StoredTensor> read = archive.tensors(1);
      tensors.forEach(
          (name, source) ->
              assertThat(read.get(name)).usingRecursiveComparison().isEqualTo(source.get()));
    }
  }

  @Test
  @DisplayName("pack says the size of the file that it wrote")
  void pack() throws IOException {
    Path file = directory.resolve("p.espalier");
    assertThat(ArchiveWriter.pack(file, model(4))).isEqualTo(Files.size(file));
  }

  // ---------------------------------------------------------------- hostile

  @Test
  @DisplayName("cut anywhere, it is refused")
  void truncated() throws IOException {
    byte[] good = small();
    for (int length = 0; length < good.length; length += 1 + length / 40) {
      refused("cut to " + length, Arrays.copyOf(good, length));
    }
  }

  @Test
  @DisplayName("with any one bit flipped, it is refused when it is opened")
  void flipped() throws IOException {
    byte[] good = small();
    for (int bit = 0; bit < 8 * good.length; bit += 7) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      Path file = Files.write(directory.resolve("flipped"), bad);
      assertThatThrownBy(() -> Archive.open(file).close())
          .as("bit " + bit)
          .isInstanceOf(ProblemException.class);
    }
  }

  @Test
  @DisplayName("another version is refused by its number")
  void version() throws IOException {
    byte[] bad = small();
    bad[8] = 2;
    assertThat(refused("version", sealed(bad))).contains("version 2", "reads version 1");
  }

  @Test
  @DisplayName("any other file is refused as one")
  void otherFile() {
    assertThat(
            refused(
                "text",
                "a text, and rather a long one at that, is no archive"
                    .getBytes(StandardCharsets.UTF_8)))
        .contains("it does not begin like one");
  }

  @Test
  @DisplayName(
      "sizes that the file cannot have are refused, with valid checksums, before allocating")
  void hugeSizes() throws IOException {
    // The first entry is a.weight, 8 x 64: its shape begins after name, kind, type, scales and
    // rank.
    int shape = TABLE + 2 + "a.weight".length() + 4;
    int length = shape + 8;
    assertThat(refused("rows", edited(b -> b.putInt(shape, Integer.MAX_VALUE))))
        .contains("more values than fit an array");
    assertThat(refused("negative", edited(b -> b.putInt(shape, -1))))
        .contains("more values than fit an array");
    assertThat(refused("bomb", edited(b -> b.putInt(shape, 30_000_000))))
        .contains("claims 1920000000 bytes of values in a payload of");
    assertThat(refused("payload", edited(b -> b.putLong(length, Long.MAX_VALUE))))
        .contains("claims a payload of 9223372036854775807 bytes where");
    assertThat(refused("payload", edited(b -> b.putLong(length, -1)))).contains("payload of -1");
    assertThat(refused("gap", edited(b -> b.putLong(length, b.getLong(length) - 1)))).isNotEmpty();
    assertThat(refused("rank", edited(b -> b.put(shape - 1, (byte) 255))))
        .contains("255 dimensions");
    assertThat(refused("kind", edited(b -> b.put(shape - 4, (byte) 9)))).contains("no kind 9");
    assertThat(refused("name", edited(b -> b.putShort(TABLE, (short) -1))))
        .contains("ends within an entry");
    assertThat(refused("table", edited(b -> b.putInt(12, -1))))
        .contains("a table of 4294967295 bytes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "/etc/x", "a/b", "a\\b", ".hidden", "", "nul\0"})
  @DisplayName("a file's name cannot lead out of the folder")
  void fileNames(String name) {
    assertThat(Layout.isFileName(name)).isFalse();
    assertThatThrownBy(
            () ->
                write(
                    directory.resolve("x"),
                    new TreeMap<>(),
                    new TreeMap<>(Map.of(name, new byte[1])),
                    1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @DisplayName("mutated and sealed again, an archive is read or refused, never anything else")
  void fuzz() throws IOException {
    int inputs = Integer.getInteger("espalier.fuzz.inputs", 2000);
    byte[] good = small();
    for (int seed = 0; seed < inputs; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] bad = good.clone();
      for (int k = random.nextInt(1, 5); k > 0; k--) {
        int at = random.nextInt(good.length);
        switch (random.nextInt(3)) {
          case 0 -> bad[at] = (byte) random.nextInt(256);
          case 1 -> bad[at] = (byte) (random.nextBoolean() ? 0xff : 0);
          default -> bad[random.nextInt(good.length)] = good[at];
        }
      }
      byte[] resealed = sealed(bad);
      int which = seed;
      assertThatCode(() -> readOrRefuse(resealed)).as("seed " + which).doesNotThrowAnyException();
    }
  }

  private void readOrRefuse(byte[] bytes) throws IOException {
    Path file = Files.write(directory.resolve("fuzzed"), bytes);
    try (Archive archive = Archive.open(file)) {
      archive.tensors(1);
      for (Entry entry : archive.entries()) {
        if (entry.kind() == Kind.FILE) {
          archive.content(entry);
        }
      }
    } catch (ProblemException e) {
      assertThat(e.problems()).hasSize(1);
    }
  }

  private String refused(String what, byte[] bytes) {
    try {
      Path file = Files.write(directory.resolve("bad.espalier"), bytes);
      try (Archive archive = Archive.open(file)) {
        archive.tensors(1);
      }
    } catch (ProblemException e) {
      assertThat(e.problems()).hasSize(1);
      assertThat(e.problems().get(0).kind()).isEqualTo(ProblemKind.INPUT);
      assertThat(e).hasMessageContaining("not a readable Espalier archive: ");
      return String.valueOf(e.getMessage());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError(what + " was not refused");
  }

  private byte[] edited(Consumer<ByteBuffer> edit) throws IOException {
    byte[] bytes = small();
    edit.accept(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    return sealed(bytes);
  }

  /** Makes the checksums right, where they can be made, as whoever means harm would. */
  private static byte[] sealed(byte[] bytes) {
    try {
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      int table = buffer.getInt(12);
      if (table >= 0 && TABLE + table + 32 <= bytes.length) {
        buffer.putInt(16, ArchiveWriter.crc(Arrays.copyOfRange(bytes, TABLE, TABLE + table)));
      }
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(Arrays.copyOf(bytes, bytes.length - 32));
      System.arraycopy(digest, 0, bytes, bytes.length - 32, 32);
      return bytes;
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private byte[] small() throws IOException {
    Synthetic made = new Synthetic(9);
    SortedMap<String, Tensor> weights = new TreeMap<>();
    weights.put("a.weight", made.matrix(8, 64, 0.1));
    weights.put("b.weight", made.matrix(4, 16, 1));
    weights.put("c.bias", made.vector(5, 0));
    Path file = directory.resolve("small.espalier");
    SortedMap<String, byte[]> files = new TreeMap<>();
    files.put("config.json", "{\"a\": 1}".getBytes(StandardCharsets.UTF_8));
    write(file, weights, files, 1);
    return Files.readAllBytes(file);
  }

  private static SortedMap<String, Tensor> model(long seed) {
    Synthetic made = new Synthetic(seed);
    SortedMap<String, Tensor> weights = made.encoder(2, 48, 0.06);
    made.addEmbeddings(weights, 1000, 48);
    weights.put("bert.empty.weight", Tensor.matrix(48, 48, new float[48 * 48]));
    return weights;
  }

  private static void write(
      Path file, SortedMap<String, Tensor> weights, SortedMap<String, byte[]> files, int threads) {
    SortedMap<String, ArchiveWriter.Source> tensors = new TreeMap<>();
    weights.forEach((name, tensor) -> tensors.put(name, () -> Packing.DEFAULT.store(name, tensor)));
    ArchiveWriter.write(file, tensors, files, Packing.DEFAULT, threads);
  }
}
