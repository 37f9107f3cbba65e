package dev.espalier.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.model.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafeTensorsFileTest {
  @TempDir Path directory;

  @Test
  @DisplayName("what is written is read back, bit by bit, with its shape and the header's texts")
  void roundTrip() {
    Map<String, Tensor> tensors = new TreeMap<>();
    tensors.put("matrix", Tensor.matrix(2, 3, new float[] {1, -2, 3e-40f, 0, -0f, Float.NaN}));
    tensors.put("scalar", new Tensor(new int[0], new float[] {7}));
    tensors.put("empty", new Tensor(new int[] {0, 4}, new float[0]));
    tensors.put("größe \"1\"", Tensor.vector(1, 2));
    float[] long_ = new float[50_000];
    for (int i = 0; i < long_.length; i++) {
      long_[i] = i;
    }
    tensors.put("long", Tensor.vector(long_));
    Path file = directory.resolve("a/model.safetensors");

    SafeTensorsWriter.write(file, Map.of("format", "pt", "note", "ä"), tensors);

    try (SafeTensorsFile read = SafeTensorsFile.open(file)) {
      assertThat(read.metadata()).isEqualTo(Map.of("format", "pt", "note", "ä"));
      assertThat(read.tensors().keySet()).isEqualTo(tensors.keySet());
      tensors.forEach(
          (name, tensor) -> {
            assertThat(read.read(name).shape()).as(name).isEqualTo(tensor.shape());
            assertThat(bits(read.read(name).values())).as(name).isEqualTo(bits(tensor.values()));
          });
    }
  }

  @Test
  @DisplayName("wider types come first, so that all are aligned, and bytes come back as they were")
  void otherTypes() {
    Map<String, SafeTensorsWriter.Stored> others = new LinkedHashMap<>();
    others.put("bytes", stored(DataType.I8, "ff7f80", 3));
    others.put("wide", stored(DataType.I64, "0100000000000080", 1));
    Path file = directory.resolve("mixed.safetensors");

    SafeTensorsWriter.write(file, Map.of(), Map.of("floats", Tensor.vector(1.5f)), others);

    try (SafeTensorsFile read = SafeTensorsFile.open(file)) {
      assertThat(read.tensors().get("bytes")).isEqualTo(TensorInfo.of(DataType.I8, 3));
      byte[] bytes = new byte[3];
      read.bytes("bytes").get(bytes);
      assertThat(bytes).containsExactly(0xff, 0x7f, 0x80);
      assertThat(read.bytes("wide").getLong()).isEqualTo(Long.MIN_VALUE + 1);
      assertThat(read.read("floats").values()).containsExactly(1.5f);
    }
  }

  @ParameterizedTest(name = "{0} {1} = {2}")
  @CsvSource({
    "F64,  182d4454fb210940, 3.1415927",
    "F32,  db0f4940,         3.1415927",
    "F16,  0000,             0",
    "F16,  003c,             1",
    "F16,  00c0,             -2",
    "F16,  ff7b,             65504",
    "F16,  0100,             5.9604645E-8",
    "F16,  0184,             -6.1094761E-5",
    "F16,  007c,             Infinity",
    "F16,  007e,             NaN",
    "BF16, 803f,             1",
    "BF16, 4940,             3.140625",
    "BF16, 80ff,             -Infinity",
    "I64,  feffffffffffffff, -2",
    "I32,  00000080,         -2147483648",
    "I16,  0080,             -32768",
    "I8,   80,               -128",
    "U8,   ff,               255",
    "BOOL, 01,               1"
  })
  @DisplayName("every type is read as float32")
  void types(DataType type, String bytes, float value) {
    Path file = directory.resolve("typed.safetensors");
    SafeTensorsWriter.write(file, Map.of(), Map.of(), Map.of("x", stored(type, bytes, 1)));

    try (SafeTensorsFile read = SafeTensorsFile.open(file)) {
      assertThat(read.read("x").values()).containsExactly(value);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          not JSON          | hello                                                                   | its header is not what it should be
          an array          | []                                                                      | it is no JSON object
          two documents     | {} {}                                                                   | its header is not what it should be
          the same name     | {"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}} | Duplicate
          unknown type      | {"a":{"dtype":"F8","shape":[8],"data_offsets":[0,8]}}                   | a: type "F8" is none of [F64, F32,
          no type           | {"a":{"shape":[2],"data_offsets":[0,8]}}                                | a: type
          no shape          | {"a":{"dtype":"F32","data_offsets":[0,8]}}                              | a: shape is not what it should be
          shape is a text   | {"a":{"dtype":"F32","shape":"[2]","data_offsets":[0,8]}}                | a: shape is not what it should be
          shape of texts    | {"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}                | a: shape has "2"
          half a dimension  | {"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,10]}}               | a: shape has 2.5
          negative shape    | {"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}              | has a negative dimension
          huge shape        | {"a":{"dtype":"F32","shape":[99999999999,99999999999],"data_offsets":[0,8]}} | is larger than any file
          hidden huge shape | {"a":{"dtype":"F32","shape":[0,4611686018427387904,8],"data_offsets":[0,0]}} | is larger than any file
          beyond 64 bits    | {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551624]}} | data_offsets has 18446744073709551624
          three offsets     | {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}                | a: data_offsets is not what it should be
          wrong offsets     | {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,400]}}                | do not fit shape [2] of F32
          backward offsets  | {"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}                  | do not fit shape [2] of F32
          negative offset   | {"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}                 | do not fit shape [2] of F32
          unaligned offset  | {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}} | b: offset 1 is no multiple of 4 bytes
          beyond the end    | {"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}                 | it is shorter than its header says: 8 bytes of values, not 12
          far beyond it     | {"a":{"dtype":"U8","shape":[4611686018427387904],"data_offsets":[0,4611686018427387904]}} | it is shorter than its header says
          overlap           | {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}} | b begins at 4, within the tensor before it: 8 was expected
          the same place    | {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | b begins at 0, within the tensor before it
          hole              | {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}                  | a begins at 4, after a hole: 0 was expected
          bytes at the end  | {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}                  | 4 bytes after the last tensor belong to none
          numbers as texts  | {"__metadata__":{"a":1}}                                                | __metadata__.a is no text
          metadata a list   | {"__metadata__":[]}                                                     | __metadata__ is no JSON object
          """)
  @DisplayName("a broken header is refused with a reason")
  void broken(String name, String header, String reason) throws IOException {
    Path file = file(header.getBytes(StandardCharsets.UTF_8), header.length(), 8);

    assertRefused(file, reason);
  }

  @Test
  @DisplayName("a header as deep as a well is refused, not followed")
  void deepHeader() throws IOException {
    byte[] header = "{\"a\":".concat("[".repeat(100_000)).getBytes(StandardCharsets.UTF_8);

    assertRefused(file(header, header.length, 0), "its header is not what it should be");
  }

  @ParameterizedTest(name = "a length of {0}")
  @ValueSource(longs = {-1, 0, 1, 3, 1L << 40, Long.MIN_VALUE, Long.MAX_VALUE})
  @DisplayName("a header's length that the file does not have is refused before memory is taken")
  void headerLength(long claimed) throws IOException {
    assertRefused(
        file("{}".getBytes(StandardCharsets.UTF_8), claimed, 0),
        "its header claims " + claimed + " bytes of a file of 10");
  }

  @Test
  @DisplayName("a header of more than 16 MiB is refused, though the file has it")
  void hugeHeader() throws IOException {
    Path file = file(new byte[0], 17 << 20, 0);
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(18 << 20);
    }
    assertRefused(file, "its header has 17825792 bytes, more than 16777216");
  }

  @ParameterizedTest(name = "cut after {0} bytes")
  @ValueSource(ints = {0, 7, 8, 9, 60, 71, 79})
  @DisplayName("a file that was cut is refused when it is opened")
  void truncated(int length) throws IOException {
    Path file = directory.resolve("whole.safetensors");
    SafeTensorsWriter.write(file, Map.of(), Map.of("a", Tensor.vector(1, 2, 3, 4)));
    byte[] whole = Files.readAllBytes(file);
    assertThat(whole.length).isGreaterThan(length);
    Files.write(file, Arrays.copyOf(whole, length));

    assertRefused(file, "not a readable safetensors file");
  }

  @Test
  @DisplayName("a file that shrinks between opening and reading is refused, and ends no process")
  void shrinks() throws IOException {
    Path file = directory.resolve("shrinking.safetensors");
    SafeTensorsWriter.write(file, Map.of(), Map.of("a", Tensor.vector(new float[10_000])));
    try (SafeTensorsFile opened = SafeTensorsFile.open(file);
        RandomAccessFile other = new RandomAccessFile(file.toFile(), "rw")) {
      other.setLength(1_000);

      assertThatThrownBy(() -> opened.read("a"))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("it became shorter while it was read");
    }
  }

  @Test
  @DisplayName("values beyond 2 GiB are found by their 64-bit offset")
  void beyondTwoGigabytes() throws IOException {
    // A sparse file: it takes no room on disks that know holes.
    long first = 3L << 30;
    String header =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]},".formatted(first, first)
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[%d,%d]}}"
                .formatted(first, first + 8);
    Path file = file(header.getBytes(StandardCharsets.UTF_8), header.length(), 0);
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.seek(8 + header.length() + first);
      sparse.write(HexFormat.of().parseHex("0000803f00000040"));
    }
    try (SafeTensorsFile read = SafeTensorsFile.open(file)) {
      assertThat(read.read("b").values()).containsExactly(1, 2);
      assertThatThrownBy(() -> read.read("a"))
          .hasMessageContaining("a has 3221225472 values; at most 2^31 fit an array");
    }
  }

  @Test
  @DisplayName("a missing file and a folder are the user's to mend, exit code 2")
  void missing() {
    assertThatThrownBy(() -> SafeTensorsFile.open(directory.resolve("none")))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
        .hasMessageContaining("there is no such file");
    assertThatThrownBy(() -> SafeTensorsFile.open(directory))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
        .hasMessageContaining("it is a folder");
  }

  private void assertRefused(Path file, String reason) {
    assertThatThrownBy(() -> SafeTensorsFile.open(file).close())
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
        .hasMessageContaining("not a readable safetensors file")
        .hasMessageContaining(reason);
  }

  private Path file(byte[] header, long claimed, int values) throws IOException {
    return Files.write(
        directory.resolve("hostile.safetensors"),
        ByteBuffer.allocate(8 + header.length + values)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(claimed)
            .put(header)
            .array());
  }

  private static SafeTensorsWriter.Stored stored(DataType type, String bytes, int count) {
    return new SafeTensorsWriter.Stored(
        TensorInfo.of(type, count), ByteBuffer.wrap(HexFormat.of().parseHex(bytes)));
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
