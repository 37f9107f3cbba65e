package dev.espalier.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a plugin or a library closes still takes what a command has to say. */
class StandardStreamsTest {
  private static final String ENCODING = "standard-streams-test.encoding";

  @Test
  @DisplayName("a stream that was closed goes on, and nothing waits in a buffer")
  void closed() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream stream = StandardStreams.unclosable(new PrintStream(bytes), ENCODING);

    stream.print("before");
    stream.close();
    stream.print(" and after");

    assertThat(bytes.toString(Charset.defaultCharset())).isEqualTo("before and after");
    assertThat(stream.checkError()).isFalse();
  }

  @Test
  @DisplayName("texts are encoded as the console wants them, and once")
  void encoded() {
    System.setProperty("sun." + ENCODING, "ISO-8859-1");
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      PrintStream console = new PrintStream(bytes, true, ISO_8859_1);

      StandardStreams.unclosable(console, ENCODING).println("Größe");

      assertThat(bytes.toByteArray())
          .isEqualTo(("Größe" + System.lineSeparator()).getBytes(ISO_8859_1));
    } finally {
      System.clearProperty("sun." + ENCODING);
    }
  }
}
