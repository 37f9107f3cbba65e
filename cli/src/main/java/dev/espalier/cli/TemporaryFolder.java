package dev.espalier.cli;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The JVM's folder for temporary files, to which ONNX Runtime unpacks its library at each start.
 */
final class TemporaryFolder {
  /** More than the library of any platform takes, 30 MB in 2026. */
  private static final long NEEDED = 64_000_000;

  private TemporaryFolder() {}

  /**
   * Checks that files can be made there.
   *
   * @throws ProblemException of kind ENVIRONMENT when not
   */
  static void check() {
    check(Path.of(System.getProperty("java.io.tmpdir")), NEEDED);
  }

  static void check(Path folder, long needed) {
    try {
      Files.delete(Files.createTempFile(folder, "espalier", null));
      long room = Files.getFileStore(folder).getUsableSpace();
      if (room < needed) {
        throw problem(
            "%s: ONNX Runtime's library needs %d MB in the temporary folder, and %d MB are free"
                .formatted(folder, needed / 1_000_000, room / 1_000_000),
            "Free disk space, or");
      }
    } catch (IOException e) {
      throw problem(
          folder + ": the temporary folder cannot be written: " + e, "Make it writable, or");
    }
  }

  private static ProblemException problem(String message, String advice) {
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.ENVIRONMENT,
                null,
                message,
                advice + " set ESPALIER_JAVA_OPTS=-Djava.io.tmpdir=FOLDER.")));
  }
}
