package dev.espalier.tasks.text;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A file's text.
 *
 * @param source where it came from: a path, or a description of what was generated
 * @param sha256 hash of its bytes in hexadecimal
 * @param text the characters, without a byte order mark
 */
public record TextFile(String source, String sha256, String text) {
  /**
   * The most characters that a row, or a paragraph, may have. A tokenizer needs about a hundred
   * times the memory of its text, and a model reads some thousand characters.
   */
  public static final int LONGEST_ROW = 1_000_000;

  /** Java has no longer arrays. */
  private static final long LONGEST = Integer.MAX_VALUE - 8;

  private static final long GIB = 1L << 30;

  /**
   * Reads a whole file.
   *
   * @throws ProblemException of kind input, with file and line, when the file is missing, longer
   *     than 2 GiB, or neither UTF-8 nor UTF-16 with a byte order mark
   */
  public static TextFile read(Path file) {
    byte[] content = bytes(file);
    String source = file.toString();
    return new TextFile(source, Sha256.of(content), Decoder.decode(source, content));
  }

  /** A text that was generated. */
  public static TextFile generated(String source, String text) {
    return new TextFile(source, Sha256.of(text.getBytes(StandardCharsets.UTF_8)), text);
  }

  private static byte[] bytes(Path file) {
    Path resolved = file.toAbsolutePath().normalize();
    Location location = Location.ofFile(file.toString());
    if (!Files.exists(file)) {
      throw ProblemException.at(
          ProblemKind.INPUT, location, "there is no such file, looked for at " + resolved, null);
    }
    if (!Files.isRegularFile(file)) {
      throw ProblemException.at(
          ProblemKind.INPUT, location, "must be a file, but " + resolved + " is not one", null);
    }
    try {
      long size = Files.size(file);
      if (size > LONGEST) {
        throw ProblemException.at(
            ProblemKind.INPUT,
            location,
            "the file has " + size / GIB + " GiB, and at most 2 GiB are read",
            "Use a sample: rows beyond some millions hardly change a model.");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      String why = e instanceof AccessDeniedException ? "access denied" : String.valueOf(e);
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.INPUT, location, "cannot read " + resolved + ": " + why, null)),
          e);
    }
  }
}
