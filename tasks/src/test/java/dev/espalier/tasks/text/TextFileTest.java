package dev.espalier.tasks.text;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.Sha256;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextFileTest {
  private static final String TEXT = "label\tsentence\n1\tcrème brûlée 電影 🎬 \uFFFD\r\n0\tx\r";

  @TempDir Path folder;

  @Test
  @DisplayName("UTF-8 is read with and without a byte order mark, UTF-16 with one")
  void encodings() throws IOException {
    assertThat(read(TEXT.getBytes(UTF_8)).text()).isEqualTo(TEXT);
    for (Charset charset : List.of(UTF_8, UTF_16LE, UTF_16BE)) {
      assertThat(read(("\uFEFF" + TEXT).getBytes(charset)).text())
          .as("%s", charset)
          .isEqualTo(TEXT);
      assertThat(read("\uFEFF".getBytes(charset)).text()).as("%s", charset).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16LE", "UTF-16BE"})
  @DisplayName("UTF-16 without a byte order mark is recognized and refused")
  void unmarked(String charset) throws IOException {
    assertThat(failure("label,text\n1,good film\n".getBytes(Charset.forName(charset))))
        .hasMessageContaining(
            "data:1: the file must be UTF-8, but seems to be "
                + charset
                + " without a byte order mark")
        .hasMessageContaining("iconv -f " + charset + " -t UTF-8");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "fffe0000 61000000|but is UTF-32",
        "0000feff 00000061|but is UTF-32",
        "1f8b0800 00000000|but is compressed with gzip",
        "504b0304 14000000|but is a zip archive or a spreadsheet",
        "50415231 15041500|but is a Parquet file",
        "fffe 6100 0a00 00d8 6100|data:2: the file must be UTF-16, as its byte order mark says, but",
        "fffe 6100 0a00 61|data:2: the file must be UTF-16, as its byte order mark says, but",
        "6162 0a 63 00 64 65 0a|data:2: the line has a NUL character",
        "6162 0a 000000000000000000000000|data:2: the line has a NUL character",
        "fffe 6100 0a00 0000|data:2: the line has a NUL character",
        "61 0d 0d0a 62 c3|data:3: the file must be UTF-8, but byte 0xC3 at offset 5 is not",
        "efbfbd 0a 62 e9 0a|data:2: the file must be UTF-8, but byte 0xE9 at offset 5 is not",
        "eda080|data:1: the file must be UTF-8, but byte 0xED at offset 0 is not",
      })
  void refused(String hex, String message) throws IOException {
    ProblemException e = failure(HexFormat.of().parseHex(hex.replace(" ", "")));

    assertThat(e).hasMessageContaining(message);
    assertThat(e.problems().get(0).kind()).isEqualTo(ProblemKind.INPUT);
    assertThat(e.problems().get(0).advice()).isNotBlank();
  }

  @Test
  @DisplayName("any bytes are text or are refused; what is read is what Java reads strictly")
  void anyBytes() throws IOException {
    long seed = 20_261_128;
    Random random = new Random(seed);
    int texts = 0;
    for (int i = 0; i < 5_000; i++) {
      byte[] content = ("\uFEFF" + TEXT).getBytes(i % 2 == 0 ? UTF_8 : UTF_16LE);
      for (int change = random.nextInt(3); change >= 0; change--) {
        content[random.nextInt(content.length)] = (byte) random.nextInt(256);
      }
      try {
        Decoder.decode("data", content);
        texts++;
      } catch (ProblemException e) {
        assertThat(e.problems().get(0).kind()).as("seed %d", seed).isEqualTo(ProblemKind.INPUT);
      }
    }
    assertThat(texts).isBetween(500, 4_500);
  }

  @Test
  @DisplayName("bytes are kept as they are for the hash")
  void hash() throws IOException {
    byte[] content = ("\uFEFF" + TEXT).getBytes(UTF_16LE);

    assertThat(read(content).sha256()).isEqualTo(Sha256.of(content));
  }

  @Test
  @DisplayName("a file that no array can hold is refused before it is read")
  void tooLarge() throws IOException {
    Path file = folder.resolve("data");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(3L << 30);
    }

    assertThat(catchThrowableOfType(ProblemException.class, () -> TextFile.read(file)))
        .hasMessageContaining("data: the file has 3 GiB, and at most 2 GiB are read");
  }

  @Test
  @DisplayName("a file in Latin-1 is named with the line of the first letter that shows it")
  void latin1() throws IOException {
    assertThat(failure("a\nb\n1\tcrème\n".getBytes(ISO_8859_1)))
        .hasMessageContaining("data:3: the file must be UTF-8, but byte 0xE8 at offset 8 is not")
        .hasMessageContaining("iconv -f WINDOWS-1252 -t UTF-8");
  }

  private TextFile read(byte[] content) throws IOException {
    return TextFile.read(Files.write(folder.resolve("data"), content));
  }

  private ProblemException failure(byte[] content) throws IOException {
    Path file = Files.write(folder.resolve("data"), content);
    return catchThrowableOfType(ProblemException.class, () -> TextFile.read(file));
  }
}
