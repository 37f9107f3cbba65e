package dev.espalier.onnxruntime.graph;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Weights in files beside the model, which is how ONNX stores models of more than 2 GB: a tensor
 * then has a location (relative to the model's folder), an offset and a length in place of its
 * values.
 */
final class ExternalData {
  /** Tensors of fewer bytes stay in the model. */
  private static final int FEWEST_BYTES = 1024;

  /** Where tensors start: at a page, so that a runtime can map them. */
  private static final int ALIGNMENT = 4096;

  private ExternalData() {}

  /**
   * A model with its external tensors mapped into memory.
   *
   * @throws IllegalArgumentException when a location, offset or length makes no sense
   * @throws IOException when a file cannot be read
   */
  static ModelProto load(ModelProto model, Path file) throws IOException {
    GraphProto graph = model.getGraph();
    boolean none = graph.getInitializerList().stream().noneMatch(ExternalData::isExternal);
    if (none) {
      return model;
    }
    Path folder = file.toAbsolutePath().normalize().getParent();
    Map<Path, FileChannel> channels = new HashMap<>();
    try {
      GraphProto.Builder loaded = graph.toBuilder();
      for (int i = 0; i < graph.getInitializerCount(); i++) {
        TensorProto tensor = graph.getInitializer(i);
        if (isExternal(tensor)) {
          loaded.setInitializer(i, load(tensor, folder, channels));
        }
      }
      return model.toBuilder().setGraph(loaded).build();
    } finally {
      // What is mapped stays so.
      for (FileChannel channel : channels.values()) {
        channel.close();
      }
    }
  }

  /** The files that a model keeps tensors in. */
  static Set<Path> files(ModelProto model, Path file) {
    Set<Path> files = new LinkedHashSet<>();
    for (TensorProto tensor : model.getGraph().getInitializerList()) {
      for (StringStringEntryProto entry : tensor.getExternalDataList()) {
        if (isExternal(tensor) && entry.getKey().equals("location")) {
          files.add(file.resolveSibling(entry.getValue()));
        }
      }
    }
    return files;
  }

  private static boolean isExternal(TensorProto tensor) {
    return tensor.getDataLocation() == DataLocation.EXTERNAL;
  }

  private static TensorProto load(TensorProto tensor, Path folder, Map<Path, FileChannel> channels)
      throws IOException {
    Map<String, String> entries = new HashMap<>();
    tensor.getExternalDataList().forEach(entry -> entries.put(entry.getKey(), entry.getValue()));
    String location = entries.getOrDefault("location", "");
    String what = "keeps " + tensor.getName() + " in '" + location + "'";
    Path data;
    try {
      data = folder.resolve(location).normalize();
    } catch (InvalidPathException odd) {
      throw new IllegalArgumentException(what + ", which is no path", odd);
    }
    if (location.isEmpty() || !data.startsWith(folder) || data.equals(folder)) {
      throw new IllegalArgumentException(what + ", which is not in the model's folder");
    }
    if (!Files.isRegularFile(data)) {
      throw new IllegalArgumentException(what + ", which is not there");
    }
    FileChannel channel = channels.get(data);
    if (channel == null) {
      channel = FileChannel.open(data, StandardOpenOption.READ);
      channels.put(data, channel);
    }
    long offset = number(entries.getOrDefault("offset", "0"), what);
    String length = entries.get("length");
    long bytes = length == null ? channel.size() - offset : number(length, what);
    if (bytes < 0 || bytes > Integer.MAX_VALUE || offset > channel.size() - bytes) {
      throw new IllegalArgumentException(
          what
              + ", which has "
              + channel.size()
              + " bytes, not "
              + bytes
              + " from byte "
              + offset
              + " on");
    }
    MappedByteBuffer values = channel.map(FileChannel.MapMode.READ_ONLY, offset, bytes);
    return tensor.toBuilder()
        .clearDataLocation()
        .clearExternalData()
        .setRawData(UnsafeByteOperations.unsafeWrap(values))
        .build();
  }

  private static long number(String text, String what) {
    if (!text.matches("[0-9]{1,18}")) {
      throw new IllegalArgumentException(what + " from byte or for bytes '" + text + "'");
    }
    return Long.parseLong(text);
  }

  /** Writes the values of the large tensors, in the order of the model. */
  static void write(ModelProto model, OutputStream out) throws IOException {
    long at = 0;
    for (TensorProto tensor : model.getGraph().getInitializerList()) {
      if (isLarge(tensor)) {
        long start = aligned(at);
        out.write(new byte[(int) (start - at)]);
        ByteString values = tensor.getRawData();
        values.writeTo(out);
        at = start + values.size();
      }
    }
  }

  /** The model with references to what {@link #write} wrote to {@code data}. */
  static ModelProto refer(ModelProto model, Path data) {
    GraphProto graph = model.getGraph();
    GraphProto.Builder referring = graph.toBuilder().clearInitializer();
    long at = 0;
    for (TensorProto tensor : graph.getInitializerList()) {
      if (!isLarge(tensor)) {
        referring.addInitializer(tensor);
        continue;
      }
      long start = aligned(at);
      int length = tensor.getRawData().size();
      at = start + length;
      referring.addInitializer(
          tensor.toBuilder()
              .clearRawData()
              .setDataLocation(DataLocation.EXTERNAL)
              .addExternalData(entry("location", data.getFileName().toString()))
              .addExternalData(entry("offset", String.valueOf(start)))
              .addExternalData(entry("length", String.valueOf(length))));
    }
    return model.toBuilder().setGraph(referring).build();
  }

  private static boolean isLarge(TensorProto tensor) {
    return tensor.getRawData().size() >= FEWEST_BYTES;
  }

  private static long aligned(long offset) {
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
