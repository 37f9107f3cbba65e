package dev.espalier.tuner.directory;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/** Sizes of files, in words and compressed. */
public final class Sizes {
  private Sizes() {}

  /** A size in bytes, kB or MB. */
  public static String inWords(long bytes) {
    if (bytes < 1000) {
      return bytes + " bytes";
    }
    return bytes < 1_000_000
        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
        : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  /** The bytes that gzip makes of a file, at its default level. */
  public static long compressed(Path file) throws IOException {
    CountingStream counter = new CountingStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(counter, 1 << 16)) {
      Files.copy(file, gzip);
    }
    return counter.bytes;
  }

  /** Counts what is written to it, and keeps nothing. */
  private static final class CountingStream extends OutputStream {
    private long bytes;

    @Override
    public void write(int value) {
      bytes++;
    }

    @Override
    public void write(byte[] values, int offset, int length) {
      bytes += length;
    }
  }
}
