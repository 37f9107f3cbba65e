package dev.espalier.core.files;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Files that are there as a whole or not at all. */
public final class AtomicFile {
  private static final int BUFFER = 1 << 16;

  private AtomicFile() {}

  /** What a file is made of. */
  @FunctionalInterface
  public interface Content {
    /** Writes all of it; the stream is buffered, and closed by others. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Writes into a temporary file next to {@code file}, waits until it is on the disk, and moves it
   * into place. Folders that are missing are made.
   *
   * @throws ProblemException of kind ENVIRONMENT when it cannot be written, for instance because
   *     the disk is full; nothing is left behind then
   */
  public static void write(Path file, Content content) {
    Path target = file.toAbsolutePath();
    @Nullable Path temporary = null;
    try {
      Path directory = Files.createDirectories(target.getParent());
      // Not Files.createTempFile: its files are readable for their owner alone.
      temporary = directory.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
      TemporaryPaths.add(temporary);
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
        content.writeTo(out);
        out.flush();
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
    } finally {
      if (temporary != null) {
        TemporaryPaths.forget(temporary);
      }
    }
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
}
