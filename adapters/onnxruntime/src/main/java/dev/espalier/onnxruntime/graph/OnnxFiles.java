package dev.espalier.onnxruntime.graph;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.AtomicFile;
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

  private static final int LONGEST_MESSAGE = 500;

  /** For nodes, names and shapes. */
  private static final long ROOM = 1 << 26;

  private static final String BROKEN = "is not an ONNX model, or it is cut off";

  private OnnxFiles() {}

  /**
   * Reads a model, with the weights that it keeps in other files of its folder; those are mapped,
   * and take no memory of the heap.
   *
   * @throws ProblemException of kind INPUT when the file is missing, larger than 2 GB, or not ONNX,
   *     or when a file that it refers to is missing, too short, or outside of its folder
   */
  public static ModelProto read(Path file) {
    byte[] bytes;
    try {
      if (Files.size(file) > LARGEST) {
        throw input(file, "is larger than 2 GB, which no ONNX file is by itself", null);
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException missing) {
      throw input(file, "there is no such file", missing);
    } catch (IOException unreadable) {
      throw input(file, "cannot be read: " + unreadable.getMessage(), unreadable);
    } catch (OutOfMemoryError tooLarge) {
      throw input(file, "is larger than the memory of the JVM", null);
    }
    ModelProto model = parse(bytes, file.toString());
    try {
      return ExternalData.load(model, file);
    } catch (IllegalArgumentException | IOException broken) {
      throw input(file, String.valueOf(broken.getMessage()), broken);
    }
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
   * then moved over it. Of a model of more than 2 GB, the large tensors go into {@code <file>.data}
   * first; that file is complete before the model is there.
   *
   * @throws ProblemException of kind ENVIRONMENT when it cannot be written, for instance because
   *     the disk is full
   */
  public static void write(Path file, ModelProto model) {
    write(file, model, LARGEST);
  }

  /** Writes a model, as two files when it has more bytes than {@code most}. */
  static void write(Path file, ModelProto model, long most) {
    if (size(model) <= most) {
      AtomicFile.write(file, model::writeTo);
      return;
    }
    Path data = file.resolveSibling(file.getFileName() + ".data");
    AtomicFile.write(data, out -> ExternalData.write(model, out));
    AtomicFile.write(file, ExternalData.refer(model, data)::writeTo);
  }

  /**
   * The bytes of a model's file and of the files that it keeps weights in.
   *
   * @throws ProblemException of kind INPUT when one of them cannot be read
   */
  public static long size(Path file) {
    try {
      long bytes = Files.size(file);
      ModelProto model = parse(Files.readAllBytes(file), file.toString());
      for (Path data : ExternalData.files(model, file)) {
        bytes += Files.size(data);
      }
      return bytes;
    } catch (IOException unreadable) {
      throw input(file, "cannot be read: " + unreadable.getMessage(), unreadable);
    }
  }

  /** A message in one line of bearable length, whatever names a broken file brought into it. */
  public static String oneLine(String message) {
    String clean = message.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
    return clean.length() <= LONGEST_MESSAGE ? clean : clean.substring(0, LONGEST_MESSAGE) + "...";
  }

  /** The size of the initializers: the whole is a little larger, but its own sum overflows. */
  private static long size(ModelProto model) {
    long tensors = model.getGraph().getInitializerList().stream().mapToLong(Tensors::bytes).sum();
    return tensors > LARGEST - ROOM ? Long.MAX_VALUE : Math.max(tensors, model.getSerializedSize());
  }

  private static ProblemException input(Path file, String message, @Nullable Throwable cause) {
    return input(file.toString(), message, cause);
  }

  private static ProblemException input(String source, String message, @Nullable Throwable cause) {
    return new ProblemException(
        List.of(new Problem(ProblemKind.INPUT, Location.ofFile(source), oneLine(message), null)),
        cause);
  }
}
