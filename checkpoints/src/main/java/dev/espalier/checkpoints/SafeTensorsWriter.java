package dev.espalier.checkpoints;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.core.files.AtomicFile;
import dev.espalier.core.model.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Writes files in the safetensors format that any reader can map into memory. */
public final class SafeTensorsWriter {
  /** What the Python library asks for before it loads a file as PyTorch's. */
  public static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private static final int ALIGNMENT = 8;
  private static final int CHUNK = 1 << 14;

  private SafeTensorsWriter() {}

  /**
   * A tensor that is not float32, as bytes.
   *
   * @param info type and shape
   * @param bytes the values, little-endian, from position to limit
   */
  public record Stored(TensorInfo info, ByteBuffer bytes) {
    /** Checks that there are as many bytes as type and shape say. */
    public Stored {
      if (bytes.remaining() != info.byteSize()) {
        throw new IllegalArgumentException(
            bytes.remaining() + " bytes are not " + info.shape() + " of " + info.type());
      }
    }
  }

  @FunctionalInterface
  private interface Values {
    void writeTo(OutputStream out) throws IOException;
  }

  private record Part(String name, TensorInfo info, Values values) {}

  /**
   * Writes float32 tensors, as a whole or not at all.
   *
   * @param metadata free texts for the header, for instance {@link #PYTORCH}
   * @throws dev.espalier.api.problem.ProblemException as {@link AtomicFile#write}
   */
  public static void write(Path file, Map<String, String> metadata, Map<String, Tensor> tensors) {
    write(file, metadata, tensors, Map.of());
  }

  /**
   * Writes tensors of several types, as a whole or not at all. The wider types come first, so that
   * every tensor is aligned to its values; among equals the order is that of the maps.
   *
   * @param metadata free texts for the header
   * @param tensors stored as float32
   * @param others stored as they are, under other names
   * @throws dev.espalier.api.problem.ProblemException as {@link AtomicFile#write}
   */
  public static void write(
      Path file,
      Map<String, String> metadata,
      Map<String, Tensor> tensors,
      Map<String, Stored> others) {
    List<Part> parts = new ArrayList<>();
    tensors.forEach(
        (name, tensor) ->
            parts.add(
                new Part(
                    name,
                    TensorInfo.of(DataType.F32, tensor.shape()),
                    out -> writeFloats(tensor.values(), out))));
    others.forEach(
        (name, stored) -> {
          if (tensors.containsKey(name)) {
            throw new IllegalArgumentException("two tensors are called " + name);
          }
          parts.add(new Part(name, stored.info(), out -> writeBytes(stored.bytes(), out)));
        });
    parts.sort(Comparator.comparingInt((Part part) -> part.info().type().bytes()).reversed());
    AtomicFile.write(
        file,
        out -> {
          out.write(header(metadata, parts));
          for (Part part : parts) {
            part.values().writeTo(out);
          }
        });
  }

  private static byte[] header(Map<String, String> metadata, List<Part> parts) {
    ObjectNode header = JsonNodeFactory.instance.objectNode();
    if (!metadata.isEmpty()) {
      ObjectNode texts = header.putObject("__metadata__");
      metadata.forEach(texts::put);
    }
    long offset = 0;
    for (Part part : parts) {
      ObjectNode description = header.putObject(part.name());
      description.put("dtype", part.info().type().name());
      ArrayNode shape = description.putArray("shape");
      part.info().shape().forEach(shape::add);
      long end = offset + part.info().byteSize();
      description.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    // Padded with blanks, so that readers can map the values aligned.
    int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer bytes =
        ByteBuffer.allocate(ALIGNMENT + padded)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(padded)
            .put(json);
    while (bytes.hasRemaining()) {
      bytes.put((byte) ' ');
    }
    return bytes.array();
  }

  private static void writeFloats(float[] values, OutputStream out) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += CHUNK) {
      int count = Math.min(CHUNK, values.length - from);
      chunk.asFloatBuffer().put(values, from, count);
      out.write(chunk.array(), 0, count * Float.BYTES);
    }
  }

  private static void writeBytes(ByteBuffer values, OutputStream out) throws IOException {
    ByteBuffer source = values.duplicate();
    byte[] chunk = new byte[CHUNK * Float.BYTES];
    while (source.hasRemaining()) {
      int count = Math.min(chunk.length, source.remaining());
      source.get(chunk, 0, count);
      out.write(chunk, 0, count);
    }
  }
}
