package dev.espalier.onnxruntime.graph;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tuner.port.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads and writes {@code .onnx} files. */
public final class OnnxFiles {
  /** The largest message that protobuf can hold: a model above it needs external data. */
  static final long LARGEST = Integer.MAX_VALUE;

  private static final String BROKEN = "is not an ONNX model, or it is cut off";

  private OnnxFiles() {}

  /**
   * Reads a model.
   *
   * @throws ProblemException of kind INPUT when the file is missing, larger than 2 GB, or not ONNX
   */
  public static ModelProto read(Path file) {
    byte[] bytes;
    try {
      if (Files.size(file) > LARGEST) {
        throw input(file, "is larger than 2 GB", null);
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException missing) {
      throw input(file, "there is no such file", missing);
    } catch (IOException unreadable) {
      throw input(file, "cannot be read: " + unreadable.getMessage(), unreadable);
    }
    return parse(bytes, file.toString());
  }

  /**
   * Reads a model from memory.
   *
   * @param source what messages call it
   * @throws ProblemException of kind INPUT when it is not ONNX
   */
  public static ModelProto parse(byte[] bytes, String source) {
    ModelProto model;
    try {
      model = ModelProto.parseFrom(bytes);
    } catch (InvalidProtocolBufferException broken) {
      throw input(source, BROKEN, broken);
    }
    // Protobuf skips fields it doesn't know, so that much of what is not ONNX can be parsed.
    if (model.getIrVersion() <= 0
        || model.getGraph().getNodeCount() == 0
        || model.getGraph().getOutputCount() == 0
        || model.getOpsetImportCount() == 0) {
      throw input(source, BROKEN, null);
    }
    return model;
  }

  /**
   * Writes a model as a whole or not at all: into a temporary file next to {@code file}, synced,
   * then moved over it.
   *
   * @throws ProblemException of kind ENVIRONMENT when it cannot be written, for instance because
   *     the disk is full, or CONFIGURATION when it is larger than 2 GB
   */
  public static void write(Path file, ModelProto model) {
    long bytes = size(model);
    requireFits(file, bytes);
    AtomicFile.write(file, model::writeTo);
  }

  /** Checks that a model of this many bytes can be one file. */
  static void requireFits(Path file, long bytes) {
    if (bytes > LARGEST) {
      throw ProblemException.at(
          ProblemKind.CONFIGURATION,
          Location.ofFile(file.toString()),
          "the model takes " + bytes + " bytes, an ONNX file holds at most " + LARGEST,
          "External data is not supported yet; choose a smaller model.");
    }
  }

  /** The size of the initializers: the whole is a little larger, but its own sum overflows. */
  private static long size(ModelProto model) {
    long tensors = model.getGraph().getInitializerList().stream().mapToLong(Tensors::bytes).sum();
    return tensors > LARGEST ? tensors : Math.max(tensors, model.getSerializedSize());
  }

  private static ProblemException input(Path file, String message, @Nullable Throwable cause) {
    return input(file.toString(), message, cause);
  }

  private static ProblemException input(String source, String message, @Nullable Throwable cause) {
    return new ProblemException(
        List.of(new Problem(ProblemKind.INPUT, Location.ofFile(source), message, null)), cause);
  }
}
