package dev.espalier.cli;

import java.io.PrintStream;
import java.nio.charset.Charset;

/**
 * Standard output and error that cannot be closed: whatever a plugin or a library does, what a
 * command has to say is printed.
 */
final class StandardStreams {
  private StandardStreams() {}

  /** From now on to close one of them only flushes it. */
  static void keepOpen() {
    System.setOut(unclosable(System.out, "stdout.encoding"));
    System.setErr(unclosable(System.err, "stderr.encoding"));
  }

  /**
   * {@code stream} without its end.
   *
   * @param encoding the system property that names its charset, which before Java 18 the stream
   *     itself does not tell, and which begins with {@code sun.} before Java 19
   */
  static PrintStream unclosable(PrintStream stream, String encoding) {
    String charset = System.getProperty(encoding, System.getProperty("sun." + encoding));
    return new PrintStream(
        stream, true, charset == null ? Charset.defaultCharset() : Charset.forName(charset)) {
      @Override
      public void close() {
        flush();
      }
    };
  }
}
