package dev.espalier.djl;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tuner.port.AtomicFile;
import dev.espalier.tuner.port.CheckpointStore;
import dev.espalier.tuner.port.Tensor;
import dev.espalier.tuner.port.TransformerWeights;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The safetensors format: eight bytes with the header's length, a JSON header with type, shape and
 * offsets of each tensor, then the values, little-endian (Hugging Face, safetensors format).
 * Offsets are 64-bit; only float32 is written and read.
 */
public final class SafeTensors implements CheckpointStore {
  private static final int ALIGNMENT = 8;
  private static final long MAX_HEADER = 100L << 20;

  /** A store; it keeps no state. */
  public SafeTensors() {}

  @Override
  public void write(Path file, TransformerWeights weights) {
    writeTensors(file, weights.tensors());
  }

  @Override
  public void writeTensors(Path file, SortedMap<String, Tensor> tensors) {
    AtomicFile.write(
        file,
        out -> {
          out.write(header(tensors));
          for (Tensor tensor : tensors.values()) {
            out.write(bytes(tensor.values()));
          }
        });
  }

  @Override
  public SortedMap<String, Tensor> readTensors(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long headerSize = readFully(channel, 0, 8).getLong();
      if (headerSize < 2 || headerSize > Math.min(MAX_HEADER, channel.size() - 8)) {
        throw broken(file, "its header claims " + headerSize + " bytes", null);
      }
      String json =
          StandardCharsets.UTF_8.decode(readFully(channel, 8, (int) headerSize)).toString();
      SortedMap<String, Tensor> tensors = new TreeMap<>();
      for (Map.Entry<String, JsonElement> entry :
          JsonParser.parseString(json).getAsJsonObject().entrySet()) {
        if (!entry.getKey().equals("__metadata__")) {
          JsonObject description = entry.getValue().getAsJsonObject();
          tensors.put(entry.getKey(), readTensor(channel, 8 + headerSize, description));
        }
      }
      return tensors;
    } catch (JsonParseException
        | IllegalStateException
        | IllegalArgumentException
        | ArithmeticException
        | UnsupportedOperationException
        | NullPointerException e) {
      throw broken(file, "its header is not what it should be: " + e.getMessage(), e);
    } catch (EOFException e) {
      throw broken(file, "it is shorter than its header says", e);
    } catch (IOException e) {
      throw broken(file, e.toString(), e);
    }
  }

  private static byte[] header(Map<String, Tensor> tensors) {
    JsonObject header = new JsonObject();
    JsonObject metadata = new JsonObject();
    metadata.addProperty("format", "pt");
    header.add("__metadata__", metadata);
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      JsonArray shape = new JsonArray();
      for (int dimension : entry.getValue().shape()) {
        shape.add(dimension);
      }
      JsonArray offsets = new JsonArray();
      offsets.add(offset);
      offset += 4L * entry.getValue().values().length;
      offsets.add(offset);
      JsonObject description = new JsonObject();
      description.addProperty("dtype", "F32");
      description.add("shape", shape);
      description.add("data_offsets", offsets);
      header.add(entry.getKey(), description);
    }
    // Padded with blanks, so that readers can map the values aligned.
    StringBuilder text = new StringBuilder(header.toString());
    while (text.length() % ALIGNMENT != 0) {
      text.append(' ');
    }
    byte[] json = text.toString().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return buffer.array();
  }

  private static Tensor readTensor(FileChannel channel, long dataStart, JsonObject description)
      throws IOException {
    String type = description.get("dtype").getAsString();
    if (!type.equals("F32")) {
      throw new IllegalArgumentException("type " + type + " is not F32");
    }
    JsonArray dimensions = description.getAsJsonArray("shape");
    int[] shape = new int[dimensions.size()];
    int size = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = dimensions.get(i).getAsInt();
      size = Math.multiplyExact(size, shape[i]);
    }
    JsonArray offsets = description.getAsJsonArray("data_offsets");
    long begin = offsets.get(0).getAsLong();
    if (begin < 0 || offsets.get(1).getAsLong() - begin != 4L * size) {
      throw new IllegalArgumentException("offsets " + offsets + " do not fit shape " + dimensions);
    }
    float[] values = new float[size];
    readFully(channel, dataStart + begin, Math.multiplyExact(4, size)).asFloatBuffer().get(values);
    return new Tensor(shape, values);
  }

  private static ByteBuffer readFully(FileChannel channel, long position, int size)
      throws IOException {
    if (position + size > channel.size()) {
      throw new EOFException();
    }
    ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new EOFException();
      }
    }
    return buffer.flip();
  }

  private static ProblemException broken(Path file, String why, @Nullable Throwable cause) {
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.INPUT,
                Location.ofFile(file.toString()),
                "not a readable safetensors file: " + why,
                null)),
        cause);
  }
}
