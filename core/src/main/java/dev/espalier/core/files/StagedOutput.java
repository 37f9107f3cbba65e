package dev.espalier.core.files;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What a command writes, made in a hidden folder on the same disk and moved into place once all of
 * it is complete. A command that fails, or is killed, leaves at the place what was there before;
 * one that is killed by force leaves the hidden folder behind.
 *
 * <p>{@link AtomicFile} is enough for one file that is written in one go. This is for a file that
 * is written several times before it is the right one, for one with others beside it, and for
 * folders.
 */
public final class StagedOutput implements AutoCloseable {
  private final Path target;
  private final Path draft;
  private final Path folder;
  private final String last;
  private final boolean whole;

  /**
   * @param target what is written
   * @param draft the hidden folder
   * @param folder where its files go
   * @param last the file that is moved after the others: what reads the output looks for it
   * @param whole whether the draft itself becomes {@code folder}
   */
  private StagedOutput(Path target, Path draft, Path folder, String last, boolean whole) {
    this.target = target;
    this.draft = draft;
    this.folder = folder;
    this.last = last;
    this.whole = whole;
  }

  /**
   * A file, with whatever is made beside it. It keeps its name, which others may refer to. Folders
   * that are missing are made.
   *
   * @throws ProblemException of kind ENVIRONMENT when nothing can be written there
   */
  public static StagedOutput file(Path target) {
    Path file = target.toAbsolutePath();
    String name = file.getFileName().toString();
    return new StagedOutput(target, hidden(file, file.getParent()), file.getParent(), name, false)
        .made();
  }

  /**
   * A folder. One that is not there appears at once with all its files; into one that is there, and
   * empty, complete files are moved one by one.
   *
   * @param last the file that makes the folder what it is, moved after all others
   * @throws ProblemException of kind ENVIRONMENT when nothing can be written there
   */
  public static StagedOutput folder(Path target, String last) {
    Path folder = target.toAbsolutePath().normalize();
    boolean there = Files.isDirectory(folder);
    // A folder that is there may be another disk, or its parent may not be writable.
    Path draft = hidden(folder, there ? folder : folder.getParent());
    return new StagedOutput(target, draft, folder, last, !there).made();
  }

  private static Path hidden(Path target, Path parent) {
    return parent.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
  }

  private StagedOutput made() {
    try {
      TemporaryPaths.add(draft);
      Files.createDirectories(draft);
      return this;
    } catch (IOException e) {
      close();
      throw problem(e);
    }
  }

  /** Where to make a file of the output. */
  public Path resolve(String name) {
    return draft.resolve(name);
  }

  /** Where to make the file that the output is, or that makes the folder what it is. */
  public Path path() {
    return draft.resolve(last);
  }

  /**
   * Moves everything into place.
   *
   * @throws ProblemException of kind CONFIGURATION when there is something by now, of kind
   *     ENVIRONMENT when it cannot be moved
   */
  public void publish() {
    try {
      if (whole) {
        move(draft, folder);
        return;
      }
      List<Path> others = new ArrayList<>();
      try (Stream<Path> files = Files.list(draft)) {
        files.filter(file -> !file.equals(path())).sorted().forEach(others::add);
      }
      for (Path other : others) {
        move(other, folder.resolve(other.getFileName()));
      }
      move(path(), folder.resolve(last));
    } catch (IOException e) {
      throw problem(e);
    }
  }

  /** Without {@code REPLACE_EXISTING}: what is there is nobody's to overwrite. */
  private static void move(Path from, Path to) throws IOException {
    Path unused = Files.move(from, to);
  }

  /** Removes what was not published. */
  @Override
  public void close() {
    try {
      Folders.delete(draft);
    } catch (IOException | UncheckedIOException e) {
      // A hidden folder stays; what was published is complete all the same.
    }
    TemporaryPaths.forget(draft);
  }

  private ProblemException problem(IOException cause) {
    boolean taken = cause instanceof FileAlreadyExistsException;
    return new ProblemException(
        List.of(
            new Problem(
                taken ? ProblemKind.CONFIGURATION : ProblemKind.ENVIRONMENT,
                taken ? ProblemCode.CONTRADICTION : ProblemCode.ENVIRONMENT,
                Location.ofFile(target.toString()),
                taken
                    ? cause.getMessage() + " exists already, and is not overwritten"
                    : "cannot be written: " + cause,
                taken
                    ? "Name another place, or remove what is there."
                    : "Make room on the disk, or choose another place; what was there before is"
                        + " unchanged.")),
        cause);
  }
}
