package dev.espalier.tuner.directory;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a failing disk means to a user. */
public final class DiskProblems {
  private DiskProblems() {}

  /**
   * The problem behind {@code e}.
   *
   * @param path what was written, where the exception does not know better
   * @param neededBytes how much was to be written, or 0 when unknown
   * @param freeBytes how much could be written, or a negative number when unknown
   */
  public static ProblemException of(IOException e, Path path, long neededBytes, long freeBytes) {
    String where =
        Optional.of(e)
            .filter(FileSystemException.class::isInstance)
            .map(f -> ((FileSystemException) f).getFile())
            .orElse(path.toString());
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.ENVIRONMENT,
                null,
                "cannot write " + where + ": " + reason(e) + bytes(neededBytes, freeBytes),
                isFull(e)
                    ? "Maybe free some space, or point tuning.workspace.path to another disk."
                    : "Maybe point tuning.workspace.path to a folder that can be written.")),
        e);
  }

  /** Too little room, found out before anything was written. */
  static ProblemException tooLittle(Path folder, long neededBytes, long freeBytes) {
    return ProblemException.of(
        ProblemKind.ENVIRONMENT,
        "the disk of "
            + folder
            + " has too little room for the run"
            + bytes(neededBytes, freeBytes),
        "Maybe free some space, or point tuning.workspace.path to another disk.");
  }

  private static boolean isFull(IOException e) {
    String text = reason(e).toLowerCase(Locale.ROOT);
    return text.contains("no space left")
        || text.contains("not enough space")
        || text.contains("quota");
  }

  private static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "there is a file where a folder has to be";
    }
    @Nullable String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return reason == null ? e.getClass().getSimpleName() : reason;
  }

  private static String bytes(long needed, long free) {
    String need = needed > 0 ? "; " + Sizes.inWords(needed) + " are needed" : "";
    String left =
        free >= 0 ? (need.isEmpty() ? "; " : ", ") + Sizes.inWords(free) + " are free" : "";
    return need + left;
  }
}
