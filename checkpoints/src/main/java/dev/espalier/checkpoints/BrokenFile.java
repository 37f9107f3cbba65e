package dev.espalier.checkpoints;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says of a file that it is not what it should be. */
public final class BrokenFile {
  private static final String LFS = "version https://git-lfs";

  /** How many bytes tell a Git LFS pointer. */
  static final int LFS_BYTES = LFS.length();

  private BrokenFile() {}

  /** {@code FILE: not a readable FORMAT file: WHY}. */
  public static ProblemException format(
      Path file, String format, String why, @Nullable Throwable cause) {
    return file(file, "not a readable " + format + " file: " + why, null, cause);
  }

  /** {@code FILE: MESSAGE}, of kind INPUT. */
  public static ProblemException file(
      Path file, String message, @Nullable String advice, @Nullable Throwable cause) {
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.INPUT,
                ProblemCode.BAD_DATA,
                Location.ofFile(file.toString()),
                message,
                advice)),
        cause);
  }

  /**
   * Throws when a file is what Git LFS leaves in place of one that it has not fetched.
   *
   * @param start the file's first bytes, {@link #LFS_BYTES} of them if it has as many
   * @throws ProblemException of kind INPUT
   */
  static void refuseLfsPointer(Path file, byte[] start) {
    if (new String(start, 0, Math.min(start.length, LFS_BYTES), StandardCharsets.ISO_8859_1)
        .startsWith(LFS)) {
      throw file(
          file,
          "is a Git LFS pointer, not the file that it stands for",
          "Run \"git lfs pull\" in the folder's repository, or download the file itself.",
          null);
    }
  }

  /** {@code FILE: MESSAGE}, of a file that is not there. */
  public static ProblemException missing(Path file, String message, @Nullable String advice) {
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.INPUT,
                ProblemCode.MISSING_FILE,
                Location.ofFile(file.toString()),
                message,
                advice)));
  }

  /** What an exception of the layer below says, on one line and without the class name. */
  public static String reason(Throwable cause) {
    String message = cause.getMessage();
    return message == null
        ? cause.getClass().getSimpleName()
        : message.replaceAll("\\s*\\R\\s*", " ").trim();
  }
}
