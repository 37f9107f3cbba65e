package dev.espalier.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.espalier.api.problem.ProblemException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The files under {@code torch} were written by torch.save of PyTorch 2.15.0: {@code tensors.bin}
 * has one tensor of each kind, with its values in {@code tensors.json}; {@code bert.bin} is the
 * state of a small BERT; {@code evil.bin} would run os.system when it is unpickled.
 */
class TorchFileTest {
  private static final Path RESOURCES = Path.of("src/test/resources/torch");

  /** What begins every call of torch._utils._rebuild_tensor_v2 below; then offset, shape, ... */
  private static final String STORAGE =
      "ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\n"
          + "X\1\0\0\0"
          + "0X\3\0\0\0cpuK\4tQ";

  private static final String HOOKS = "\u0089ccollections\nOrderedDict\n)RtR";

  @TempDir Path directory;

  @Test
  @DisplayName("every type, transposed and sliced views, scalars, empty tensors and parameters")
  void kinds() throws IOException {
    JsonNode expected =
        JsonMapper.builder().build().readTree(RESOURCES.resolve("tensors.json").toFile());
    try (TorchFile file = TorchFile.open(RESOURCES.resolve("tensors.bin"))) {
      assertThat(file.tensors()).hasSize(13).hasSameSizeAs(expected.properties());
      for (Map.Entry<String, JsonNode> tensor : expected.properties()) {
        float[] values = new float[tensor.getValue().size()];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) tensor.getValue().path(i).doubleValue();
        }
        assertThat(file.read(tensor.getKey()).values()).as(tensor.getKey()).containsExactly(values);
      }
      assertThat(file.read("transposed").shape()).containsExactly(6, 4);
      assertThat(file.tensors().get("bfloat16").type()).isEqualTo(DataType.BF16);
      assertThat(file.read("scalar").shape()).isEmpty();
    }
  }

  @Test
  @DisplayName("a whole model's state")
  void model() {
    try (TorchFile file = TorchFile.open(RESOURCES.resolve("bert.bin"))) {
      assertThat(file.tensors())
          .containsKey("bert.encoder.layer.1.output.dense.weight")
          .containsEntry("classifier.weight", TensorInfo.of(DataType.F32, 3, 8));
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          evil.bin    | it asks for posix.system, which is not among the names that tensors need
          builtin.bin | it asks for __builtin__.print, which
          number.bin  | its entry "n" is no tensor
          legacy.bin  | is in the format that PyTorch wrote before version 1.6
          """)
  @DisplayName("anything but a dictionary of tensors is refused by name, and nothing is executed")
  void refused(String name, String reason) {
    assertThatThrownBy(() -> TorchFile.open(RESOURCES.resolve(name)))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(reason)
        .hasMessageContaining("model.safetensors");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "a value beyond the storage, 'K\u0001', 'K\u0004\u0085', 'K\u0001\u0085', ends at value 5",
    "more values than the storage, 'K\0', 'M\u00e8\u0003\u0085', 'K\0\u0085', has 1000 values",
    "negative strides, 'K\0', 'K\2\u0085', 'J\u00ff\u00ff\u00ff\u00ff\u0085', with strides [-1]",
    "a negative offset, 'J\u00ff\u00ff\u00ff\u00ff', 'K\1\u0085', 'K\1\u0085', from -1",
    "shape without strides, 'K\0', 'K\2\u0085', ')', with strides []",
    "an overflowing shape, 'K\0', '(J\u00ff\u00ff\u00ff\u007fJ\u00ff\u00ff\u00ff\u007fJ\u00ff\u00ff\u00ff\u007ft',"
        + " '(K\1K\1K\1t', larger than any file"
  })
  @DisplayName("a tensor that its storage does not hold is refused")
  void views(String what, String offset, String shape, String strides, String reason)
      throws IOException {
    Path file =
        file(
            "\u0080\u0002}X\1\0\0\0a" + STORAGE + offset + shape + strides + HOOKS + "s.",
            new byte[16]);

    assertThatThrownBy(() -> TorchFile.open(file).close())
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "empty stack, '\u0080\u0002.', empty stack",
    "unknown operation, '\u0080\u0002i', operation 0x69",
    "end, '\u0080\u0002}', ends early",
    "protocol, '\u0080\u0001}.', protocol 1",
    "memo, '\u0080\u0002h\7.', recalls what was never there",
    "text of 2 GiB, '\u0080\u0002X\u00ff\u00ff\u00ff\u007f', ends early",
    "negative text, '\u0080\u0002X\u00ff\u00ff\u00ff\u00ff', ends early",
    "list in itself, '\u0080\u0002]q\0h\0a.', holds no dictionary",
    "list as key, '\u0080\u0002}q\0]q\1h\1aK\1s.', key that is no text",
    "attributes, '\u0080\u0002]}b.', sets attributes",
    "call of a list, '\u0080\u0002])R.', is broken",
    "a class by stack, '\u0080\u0004\u008c\2os\u008c\6system\u0093.', asks for os.system"
  })
  @DisplayName("a broken pickle is refused, and one that refers to itself is not followed")
  void pickles(String what, String pickle, String reason) throws IOException {
    Path file = file(pickle, new byte[16]);

    assertThatThrownBy(() -> TorchFile.open(file).close())
        .as(what)
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(reason);
  }

  @Test
  @DisplayName("a compressed storage is refused: a few bytes could stand for gigabytes")
  void compressed() throws IOException {
    Path file = directory.resolve("bomb.bin");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("m/data.pkl"));
      zip.write(new byte[1 << 20]);
    }

    assertThatThrownBy(() -> TorchFile.open(file).close())
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("compressed");
  }

  /** A file with one pickle and one storage; characters of the pickle are bytes. */
  private Path file(String pickle, byte[] storage) throws IOException {
    Path file = directory.resolve("made.bin");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, "m/data.pkl", pickle.getBytes(StandardCharsets.ISO_8859_1));
      put(zip, "m/data/0", storage);
    }
    return Files.write(file, bytes.toByteArray());
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
  }
}
