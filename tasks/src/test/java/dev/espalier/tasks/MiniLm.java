package dev.espalier.tasks;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** The tokenizer that the tests use, from a Maven artifact. */
public final class MiniLm {
  private MiniLm() {}

  /** The tokenizer.json of all-MiniLM-L6-v2, which asks for 128 tokens, cut and padded. */
  public static byte[] tokenizerJson() {
    String name = "/all-minilm-l6-v2-tokenizer.json";
    try (InputStream in = MiniLm.class.getResourceAsStream(name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
