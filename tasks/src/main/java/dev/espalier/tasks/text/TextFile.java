package dev.espalier.tasks.text;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
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
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /**
   * Reads a whole file.
   *
   * @throws ProblemException of kind input, with file and line, when the file is missing or not
   *     UTF-8
   */
  public static TextFile read(Path file) {
    byte[] content = bytes(file);
    String source = file.toString();
    return new TextFile(source, Sha256.of(content), decode(source, content));
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

  /** Decodes strictly: a replacement character would change what is trained on in silence. */
  private static String decode(String source, byte[] content) {
    ByteBuffer in = ByteBuffer.wrap(content);
    CharBuffer out = CharBuffer.allocate(content.length);
    CoderResult result =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT)
            .decode(in, out, true);
    if (result.isError()) {
      throw ProblemException.at(
          ProblemKind.INPUT,
          Location.ofLine(source, lineOf(in.position(), content)),
          String.format(
              "the file must be UTF-8, but byte 0x%02X at offset %d is not",
              content[in.position()], in.position()),
          "convert it, for instance with iconv -f WINDOWS-1252 -t UTF-8");
    }
    out.flip();
    boolean marked = out.hasRemaining() && out.get(0) == BYTE_ORDER_MARK;
    return out.subSequence(marked ? 1 : 0, out.length()).toString();
  }

  private static int lineOf(int offset, byte[] content) {
    int line = 1;
    for (int i = 0; i < offset; i++) {
      boolean carriageReturnAlone = content[i] == '\r' && content[i + 1] != '\n';
      if (content[i] == '\n' || carriageReturnAlone) {
        line++;
      }
    }
    return line;
  }
}
