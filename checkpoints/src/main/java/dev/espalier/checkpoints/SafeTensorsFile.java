package dev.espalier.checkpoints;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.espalier.api.problem.ForeignText;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.model.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A file in the safetensors format, read where it lies: eight bytes with the header's length, a
 * JSON header with type, shape and offsets of each tensor, then the values, little-endian (Hugging
 * Face, safetensors format). Offsets are 64-bit; a tensor's values are mapped into memory when they
 * are asked for.
 *
 * <p>As the format asks for, the tensors must cover the values from first to last byte without hole
 * or overlap. Beyond it, each tensor must begin at a multiple of its value's size, and the header
 * may have 16 MiB, which is enough for 100,000 tensors.
 */
public final class SafeTensorsFile implements NamedTensors {
  private static final long MAX_HEADER = 16L << 20;
  private static final int LENGTH = 8;

  /** Mapped at once: a buffer's limit is 2 GiB. */
  private static final int WINDOW = 1 << 30;

  private static final String METADATA = "__metadata__";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * A tensor in the file.
   *
   * @param info type and shape
   * @param begin of its first byte, from the start of the values
   */
  private record Entry(TensorInfo info, long begin) {
    long end() {
      return begin + info.byteSize();
    }
  }

  private final Path file;
  private final FileChannel channel;
  private final SortedMap<String, Entry> entries = new TreeMap<>();
  private final SortedMap<String, TensorInfo> infos = new TreeMap<>();
  private final SortedMap<String, String> metadata = new TreeMap<>();
  private final long valuesAt;

  private SafeTensorsFile(Path file, FileChannel channel) throws IOException {
    this.file = file;
    this.channel = channel;
    long size = channel.size();
    if (size < LENGTH) {
      throw broken("it has " + size + " bytes, fewer than its header's length takes", null);
    }
    long header = read(0, LENGTH).getLong();
    byte[] start = new byte[(int) Math.min(size, BrokenFile.LFS_BYTES)];
    read(0, start.length).get(start);
    BrokenFile.refuseLfsPointer(file, start);
    if (header < 2 || header > size - LENGTH) {
      throw broken("its header claims " + header + " bytes of a file of " + size, null);
    }
    if (header > MAX_HEADER) {
      throw broken("its header has " + header + " bytes, more than " + MAX_HEADER, null);
    }
    this.valuesAt = LENGTH + header;
    byte[] json = new byte[(int) header];
    read(LENGTH, (int) header).get(json);
    readHeader(json);
    checkLayout(size - valuesAt);
  }

  /**
   * Opens {@code file} and checks its header.
   *
   * @throws ProblemException of kind INPUT when the file is missing or its header is not what it
   *     should be
   */
  public static SafeTensorsFile open(Path file) {
    @Nullable FileChannel channel = null;
    boolean opened = false;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
      SafeTensorsFile safe = new SafeTensorsFile(file, channel);
      opened = true;
      return safe;
    } catch (NoSuchFileException e) {
      throw BrokenFile.missing(file, "there is no such file", null);
    } catch (IOException e) {
      String why = Files.isDirectory(file) ? "it is a folder" : BrokenFile.reason(e);
      throw broken(file, why, e);
    } finally {
      if (!opened && channel != null) {
        closeQuietly(channel);
      }
    }
  }

  @Override
  public SortedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSortedMap(infos);
  }

  /** The free texts of the header, for instance {@code format: pt}. */
  public SortedMap<String, String> metadata() {
    return Collections.unmodifiableSortedMap(metadata);
  }

  @Override
  public Path source() {
    return file;
  }

  @Override
  public Tensor read(String name) {
    Entry entry = entry(name);
    DataType type = entry.info().type();
    try {
      int[] shape = entry.info().arrayShape(name);
      float[] values = new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
      int atOnce = WINDOW / type.bytes();
      for (int from = 0; from < values.length; from += atOnce) {
        int count = Math.min(atOnce, values.length - from);
        long position = valuesAt + entry.begin() + (long) from * type.bytes();
        type.toFloats(map(position, (long) count * type.bytes()), values, from, count);
      }
      return new Tensor(shape, values);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw broken(BrokenFile.reason(e), e);
    }
  }

  /**
   * The stored bytes of one tensor, little-endian and read-only, mapped and not copied.
   *
   * @throws ProblemException of kind INPUT when they are 2 GiB or more, or cannot be read
   */
  public ByteBuffer bytes(String name) {
    Entry entry = entry(name);
    if (entry.info().byteSize() > Integer.MAX_VALUE) {
      throw broken(name + " has " + entry.info().byteSize() + " bytes", null);
    }
    return map(valuesAt + entry.begin(), entry.info().byteSize());
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException unused) {
      // Nothing was written, so nothing is lost.
    }
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new IllegalArgumentException(file + " has no tensor " + name);
    }
    return entry;
  }

  private ByteBuffer map(long position, long size) {
    try {
      // Mapping beyond the end would make the file larger, or end the process when it is touched.
      if (position + size > channel.size()) {
        throw broken("it became shorter while it was read", null);
      }
      return channel.map(MapMode.READ_ONLY, position, size).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw broken(BrokenFile.reason(e), e);
    }
  }

  private ByteBuffer read(long position, int size) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw broken("it became shorter while it was read", null);
      }
    }
    return buffer.flip();
  }

  private void readHeader(byte[] json) {
    try {
      JsonNode root = JSON.readTree(json);
      if (!root.isObject()) {
        throw new IllegalArgumentException("it is no JSON object");
      }
      for (Map.Entry<String, JsonNode> property : root.properties()) {
        if (property.getKey().equals(METADATA)) {
          readMetadata(property.getValue());
        } else {
          readEntry(property.getKey(), property.getValue());
        }
      }
    } catch (JsonProcessingException e) {
      throw broken(
          "its header is not what it should be: " + ForeignText.ofJson(e.getOriginalMessage()), e);
    } catch (IOException | IllegalArgumentException | ArithmeticException e) {
      throw broken("its header is not what it should be: " + BrokenFile.reason(e), e);
    }
  }

  private void readMetadata(JsonNode texts) {
    if (!texts.isObject()) {
      throw new IllegalArgumentException(METADATA + " is no JSON object");
    }
    for (Map.Entry<String, JsonNode> text : texts.properties()) {
      if (!text.getValue().isTextual()) {
        throw new IllegalArgumentException(METADATA + "." + text.getKey() + " is no text");
      }
      metadata.put(text.getKey(), text.getValue().textValue());
    }
  }

  private void readEntry(String name, JsonNode description) {
    TensorInfo info =
        new TensorInfo(
            type(name, description.path("dtype")), wholes(name, "shape", description, -1));
    List<Long> offsets = wholes(name, "data_offsets", description, 2);
    long begin = offsets.get(0);
    if (begin < 0 || offsets.get(1) < begin || offsets.get(1) - begin != info.byteSize()) {
      throw new IllegalArgumentException(
          name
              + ": offsets "
              + offsets
              + " do not fit shape "
              + info.shape()
              + " of "
              + info.type());
    }
    if (begin % info.type().bytes() != 0) {
      throw new IllegalArgumentException(
          name + ": offset " + begin + " is no multiple of " + info.type().bytes() + " bytes");
    }
    entries.put(name, new Entry(info, begin));
    infos.put(name, info);
  }

  private static DataType type(String name, JsonNode dtype) {
    for (DataType type : DataType.values()) {
      if (dtype.isTextual() && type.name().equals(dtype.textValue())) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        name + ": type " + dtype + " is none of " + Arrays.toString(DataType.values()));
  }

  /** A list of whole numbers; {@code count} of them, or any number when that is negative. */
  private static List<Long> wholes(String name, String key, JsonNode description, int count) {
    JsonNode list = description.path(key);
    if (!list.isArray() || (count >= 0 && list.size() != count)) {
      throw new IllegalArgumentException(name + ": " + key + " is not what it should be: " + list);
    }
    List<Long> numbers = new ArrayList<>();
    for (JsonNode number : list) {
      if (!number.isIntegralNumber() || !number.canConvertToLong()) {
        throw new IllegalArgumentException(name + ": " + key + " has " + number);
      }
      numbers.add(number.longValue());
    }
    return numbers;
  }

  /** In the order of their offsets, each tensor begins where the one before ended. */
  private void checkLayout(long size) {
    long expected = 0;
    List<Map.Entry<String, Entry>> inOrder = new ArrayList<>(entries.entrySet());
    // Empty ones first: they end where they begin.
    inOrder.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    for (Map.Entry<String, Entry> entry : inOrder) {
      long begin = entry.getValue().begin();
      if (begin != expected) {
        throw broken(
            entry.getKey()
                + " begins at "
                + begin
                + (begin < expected ? ", within the tensor before it" : ", after a hole")
                + ": "
                + expected
                + " was expected",
            null);
      }
      expected = entry.getValue().end();
    }
    if (expected > size) {
      throw broken(
          "it is shorter than its header says: " + size + " bytes of values, not " + expected,
          null);
    }
    if (expected < size) {
      throw broken((size - expected) + " bytes after the last tensor belong to none", null);
    }
  }

  private ProblemException broken(String why, @Nullable Throwable cause) {
    return broken(file, why, cause);
  }

  private static ProblemException broken(Path file, String why, @Nullable Throwable cause) {
    return BrokenFile.format(file, "safetensors", why, cause);
  }
}
