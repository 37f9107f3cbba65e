package dev.espalier.cli;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.stream.Stream;

/** A folder that a command fills and that was empty or not there before. */
final class OutputFolder {
  private OutputFolder() {}

  /**
   * Checks that nothing would be overwritten.
   *
   * @throws ProblemException of kind CONFIGURATION when something would, of kind ENVIRONMENT when
   *     the folder cannot be read
   */
  static void checkEmpty(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw taken(folder, "it is a file");
    }
    try (Stream<Path> files = Files.list(folder)) {
      if (files.findAny().isPresent()) {
        throw taken(folder, "the folder is not empty, and nothing in it is overwritten");
      }
    } catch (IOException e) {
      throw ProblemException.at(
          ProblemKind.ENVIRONMENT,
          Location.ofFile(folder.toString()),
          "cannot be read: " + e,
          null);
    }
  }

  /** Writes files, each as a whole or not at all. */
  static void write(Path folder, SortedMap<String, byte[]> files) {
    files.forEach(
        (name, content) -> AtomicFile.write(folder.resolve(name), out -> out.write(content)));
  }

  private static ProblemException taken(Path folder, String why) {
    return ProblemException.at(
        ProblemKind.CONFIGURATION,
        Location.ofFile(folder.toString()),
        why,
        "Name another folder, or empty this one.");
  }
}
