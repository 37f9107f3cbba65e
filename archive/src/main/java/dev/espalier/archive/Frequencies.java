package dev.espalier.archive;

import java.util.Arrays;

/**
 * How often each of the 256 bytes is there, in shares of 2^15, each that is there with at least
 * one.
 */
final class Frequencies {
  /** Logarithm of what the frequencies add up to. */
  static final int BITS = 15;

  static final int TOTAL = 1 << BITS;

  /** Bytes that they take in a payload: 256 numbers of 16 bits, little-endian. */
  static final int BYTES = 512;

  private static final int SYMBOLS = 256;

  private final int[] own;
  private final int[] before = new int[SYMBOLS];
  private final byte[] at = new byte[TOTAL];

  private Frequencies(int[] own) {
    this.own = own;
    int sum = 0;
    for (int symbol = 0; symbol < SYMBOLS; symbol++) {
      before[symbol] = sum;
      Arrays.fill(at, sum, sum + own[symbol], (byte) symbol);
      sum += own[symbol];
    }
  }

  /** The frequencies of values, of which there is at least one. */
  static Frequencies of(byte[] values) {
    long[] counts = new long[SYMBOLS];
    for (byte value : values) {
      counts[value & 0xff]++;
    }
    int[] own = new int[SYMBOLS];
    int sum = 0;
    int most = 0;
    for (int symbol = 0; symbol < SYMBOLS; symbol++) {
      if (counts[symbol] > 0) {
        own[symbol] = (int) Math.max(1, counts[symbol] * TOTAL / values.length);
        sum += own[symbol];
        most = own[symbol] > own[most] ? symbol : most;
      }
    }
    // Rounding left some over, or took too many: at most 255, and the largest has more than that
    // whenever it is too many.
    own[most] += TOTAL - sum;
    return new Frequencies(own);
  }

  /**
   * Reads what {@link #appendedTo} wrote.
   *
   * @throws MalformedException when they do not add up to 2^15, or have -128
   */
  static Frequencies read(byte[] payload, int from) throws MalformedException {
    int[] own = new int[SYMBOLS];
    int sum = 0;
    for (int symbol = 0; symbol < SYMBOLS; symbol++) {
      own[symbol] =
          (payload[from + 2 * symbol] & 0xff) | ((payload[from + 2 * symbol + 1] & 0xff) << 8);
      sum += own[symbol];
    }
    if (own[0x80] != 0) {
      throw new MalformedException("it has the value -128, which no int8 of an archive has");
    }
    if (sum != TOTAL) {
      throw new MalformedException("its frequencies add up to " + sum + " instead of " + TOTAL);
    }
    return new Frequencies(own);
  }

  byte[] appendedTo(byte[] bytes) {
    byte[] all = Arrays.copyOf(bytes, bytes.length + BYTES);
    for (int symbol = 0; symbol < SYMBOLS; symbol++) {
      all[bytes.length + 2 * symbol] = (byte) own[symbol];
      all[bytes.length + 2 * symbol + 1] = (byte) (own[symbol] >>> 8);
    }
    return all;
  }

  /** The share of a symbol. */
  int of(int symbol) {
    return own[symbol];
  }

  /** The shares of all lesser symbols together. */
  int before(int symbol) {
    return before[symbol];
  }

  /** The symbol to which a share in [0, 2^15) belongs. */
  int at(int share) {
    return at[share] & 0xff;
  }
}
