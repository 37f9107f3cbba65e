package dev.espalier.cli;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where a command writes: a place that nothing is lost at, checked before any work is done. */
final class OutputPath {
  private OutputPath() {}

  /**
   * Checks that a file can be made without overwriting anything, the command's own input least of
   * all.
   *
   * @param output the file to make
   * @param input what the command reads
   * @throws ProblemException of kind INPUT when something is there, or no folder can be above it
   */
  static void checkNewFile(Path output, Path input) {
    if (Files.exists(output, LinkOption.NOFOLLOW_LINKS)) {
      throw problem(
          output,
          isSame(input, output) ? "this is the model itself" : "there is something already",
          "Name another file with -o, or remove this one.");
    }
    checkFoldersAbove(output);
  }

  /**
   * Checks that a folder is empty, or not there and can be made.
   *
   * @throws ProblemException of kind INPUT when something would be overwritten or no folder can be
   *     there, of kind ENVIRONMENT when the folder cannot be read
   */
  static void checkEmptyFolder(Path folder) {
    String advice = "Name another folder, or empty this one.";
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        if (files.findAny().isPresent()) {
          throw problem(
              folder, "the folder is not empty, and nothing in it is overwritten", advice);
        }
      } catch (IOException e) {
        throw ProblemException.at(
            ProblemKind.ENVIRONMENT,
            Location.ofFile(folder.toString()),
            "cannot be read: " + e,
            null);
      }
    } else if (Files.isSymbolicLink(folder)) {
      throw problem(folder, "it is a symbolic link to what is no folder", advice);
    } else if (Files.exists(folder)) {
      throw problem(folder, "it is a file", advice);
    }
    checkFoldersAbove(folder);
  }

  private static void checkFoldersAbove(Path output) {
    Path parent = output.toAbsolutePath().normalize().getParent();
    if (parent != null) {
      Folders.inTheWayOf(parent)
          .ifPresent(
              above -> {
                throw problem(output, above + " is not a folder", "Name another place with -o.");
              });
    }
  }

  private static boolean isSame(Path input, Path output) {
    try {
      return Files.exists(input) && Files.isSameFile(input, output);
    } catch (IOException e) {
      return false;
    }
  }

  private static ProblemException problem(Path output, String message, String advice) {
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.INPUT,
                ProblemCode.CONTRADICTION,
                Location.ofFile(output.toString()),
                message,
                advice)));
  }
}
