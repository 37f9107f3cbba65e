package dev.espalier.tasks.text;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

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

  /** What a start is read of. */
  private static final int START = 1 << 20;

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

  /**
   * Reads the first lines of a file, as many as one megabyte holds.
   *
   * @return empty when that is less than a line, or UTF-16, which is not cut
   * @throws ProblemException of kind input, as {@link #read}
   */
  public static Optional<TextFile> start(Path file) {
    byte[] content;
    try (InputStream in = Files.newInputStream(file)) {
      content = in.readNBytes(START + 1);
    } catch (IOException e) {
      return Optional.of(read(file)); // says why
    }
    int length = content.length;
    if (length > START) {
      boolean wide = (content[0] & 0xff) >= 0xfe;
      while (length > 0 && content[length - 1] != '\n') {
        length--;
      }
      if (wide || length == 0) {
        return Optional.empty();
      }
    }
    byte[] lines = Arrays.copyOf(content, length);
    String source = file.toString();
    return Optional.of(new TextFile(source, Sha256.of(lines), Decoder.decode(source, lines)));
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
