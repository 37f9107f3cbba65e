package dev.espalier.onnxruntime.graph;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
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
    writeAtomically(file, model::writeTo);
  }

  /** What a file is made of. */
  @FunctionalInterface
  interface Content {
    /** Writes all of it. */
    void writeTo(OutputStream out) throws IOException;
  }

  /** {@link #write} for any content. */
  static void writeAtomically(Path file, Content content) {
    Path target = file.toAbsolutePath();
    @Nullable Path temporary = null;
    try {
      Path directory = Files.createDirectories(target.getParent());
      // Not Files.createTempFile: its files are readable for their owner alone.
      temporary = directory.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(Channels.newOutputStream(channel));
        channel.force(true);
      }
      move(temporary, target);
    } catch (IOException failed) {
      delete(temporary, failed);
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.ENVIRONMENT,
                  Location.ofFile(file.toString()),
                  "cannot be written: " + failed.getMessage(),
                  "Make room on the disk, or choose another workspace; nothing was left behind.")),
          failed);
    } catch (RuntimeException | Error bug) {
      delete(temporary, bug);
      throw bug;
    }
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

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException unsupported) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void delete(@Nullable Path temporary, Throwable because) {
    if (temporary != null) {
      try {
        Files.deleteIfExists(temporary);
      } catch (IOException left) {
        because.addSuppressed(left);
      }
    }
  }

  private static ProblemException input(Path file, String message, @Nullable Throwable cause) {
    return input(file.toString(), message, cause);
  }

  private static ProblemException input(String source, String message, @Nullable Throwable cause) {
    return new ProblemException(
        List.of(new Problem(ProblemKind.INPUT, Location.ofFile(source), message, null)), cause);
  }
}
