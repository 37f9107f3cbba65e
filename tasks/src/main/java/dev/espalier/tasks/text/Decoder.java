package dev.espalier.tasks.text;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a data file: UTF-8 with or without a byte order mark, or UTF-16 with one. Everything else
 * is refused with its line, because a replacement character would silently change what is trained
 * on.
 */
final class Decoder {
  /** How much of a file is looked at to tell UTF-16 without a byte order mark. */
  private static final int SAMPLE = 1 << 12;

  private static final char REPLACEMENT = '\uFFFD';

  /** The first bytes of files that are no text. */
  private record Magic(String bytes, String name, String advice) {
    boolean begins(byte[] content) {
      byte[] wanted = bytes.getBytes(StandardCharsets.ISO_8859_1);
      if (content.length < wanted.length) {
        return false;
      }
      for (int i = 0; i < wanted.length; i++) {
        if (content[i] != wanted[i]) {
          return false;
        }
      }
      return true;
    }
  }

  private static final String CONVERT = "Convert it, for instance with iconv -f UTF-32 -t UTF-8.";

  private static final List<Magic> BINARY =
      List.of(
          new Magic("\u00FF\u00FE\0\0", "UTF-32", CONVERT),
          new Magic("\0\0\u00FE\u00FF", "UTF-32", CONVERT),
          new Magic("\u001F\u008B", "compressed with gzip", "Unpack it, for instance with gunzip."),
          new Magic(
              "PK\3\4",
              "a zip archive or a spreadsheet",
              "Unpack it, or export the spreadsheet as CSV."),
          new Magic("PAR1\u0015", "a Parquet file", "Let its name end with .parquet."));

  private final String source;
  private final byte[] content;
  private final Charset charset;
  private final int start;

  private Decoder(String source, byte[] content, Charset charset, int start) {
    this.source = source;
    this.content = content;
    this.charset = charset;
    this.start = start;
  }

  /**
   * The text, without the byte order mark.
   *
   * @throws ProblemException of kind input when it is none, with the line
   */
  static String decode(String source, byte[] content) {
    for (Magic magic : BINARY) {
      if (magic.begins(content)) {
        throw ProblemException.at(
            ProblemKind.INPUT,
            Location.ofFile(source),
            "the file must be UTF-8 text, but is " + magic.name(),
            magic.advice());
      }
    }
    return of(source, content).text();
  }

  private static Decoder of(String source, byte[] content) {
    if (new Magic("\u00FF\u00FE", "", "").begins(content)) {
      return new Decoder(source, content, StandardCharsets.UTF_16LE, 2);
    }
    if (new Magic("\u00FE\u00FF", "", "").begins(content)) {
      return new Decoder(source, content, StandardCharsets.UTF_16BE, 2);
    }
    boolean marked = new Magic("\u00EF\u00BB\u00BF", "", "").begins(content);
    return new Decoder(source, content, StandardCharsets.UTF_8, marked ? 3 : 0);
  }

  private String text() {
    Charset unmarked = charset.equals(StandardCharsets.UTF_8) ? unmarkedUtf16() : null;
    if (unmarked != null) {
      throw problem(
          1,
          "the file must be UTF-8, but seems to be " + unmarked + " without a byte order mark",
          "Convert it, for instance with iconv -f " + unmarked + " -t UTF-8.");
    }
    String text = new String(content, start, content.length - start, charset);
    if (text.indexOf(REPLACEMENT) >= 0) {
      checkWhole(text);
    }
    int nul = text.indexOf('\0');
    if (nul >= 0) {
      throw problem(
          lineOf(text, nul),
          "the line has a NUL character, which no text has",
          "Remove it; where there are many, part of the file was never written, so write it"
              + " again.");
    }
    return text;
  }

  /** Which UTF-16 has a NUL in every other byte of plain text; null when it is not that. */
  private @Nullable Charset unmarkedUtf16() {
    int length = Math.min(SAMPLE, content.length) & ~1;
    int even = 0;
    int odd = 0;
    for (int i = 0; i < length; i += 2) {
      even += content[i] == 0 && content[i + 1] != 0 ? 1 : 0;
      odd += content[i + 1] == 0 && content[i] != 0 ? 1 : 0;
    }
    if (Math.max(even, odd) <= length / 4 || Math.min(even, odd) > 0) {
      return null;
    }
    return even > odd ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE;
  }

  /** Tells a replacement character that the file has from one that stands for a broken byte. */
  private void checkWhole(String text) {
    CharsetDecoder decoder =
        charset
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(content, start, content.length - start);
    CharBuffer out = CharBuffer.allocate(SAMPLE);
    int decoded = 0;
    CoderResult result;
    do {
      out.clear();
      result = decoder.decode(in, out, true);
      decoded += out.position();
    } while (result.isOverflow());
    if (result.isError()) {
      throw problem(
          lineOf(text, decoded),
          String.format(
              "the file must be %s, but byte 0x%02X at offset %d is not",
              charset.equals(StandardCharsets.UTF_8)
                  ? "UTF-8"
                  : "UTF-16, as its byte order mark says",
              content[in.position()],
              in.position()),
          charset.equals(StandardCharsets.UTF_8)
              ? "Convert it, for instance with iconv -f WINDOWS-1252 -t UTF-8."
              : "Write it again as UTF-8; it may be cut off.");
    }
  }

  private ProblemException problem(int line, String message, String advice) {
    return ProblemException.at(ProblemKind.INPUT, Location.ofLine(source, line), message, advice);
  }

  /** The line of a character; lines end in LF, CR or CRLF. */
  private static int lineOf(String text, int offset) {
    int line = 1;
    for (int i = 0; i < offset; i++) {
      char c = text.charAt(i);
      boolean carriageReturnAlone = c == '\r' && text.charAt(i + 1) != '\n';
      if (c == '\n' || carriageReturnAlone) {
        line++;
      }
    }
    return line;
  }
}
