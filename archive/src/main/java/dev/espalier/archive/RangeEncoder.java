package dev.espalier.archive;

import java.util.Arrays;

/**
 * A binary range coder (Martin 1979; the carry is handled as in LZMA): each bit takes its share of
 * an interval of 32 bits, and the interval's leading byte is written once it is certain.
 */
final class RangeEncoder {
  private static final long FULL = 0xffff_ffffL;
  private static final long TOP = 1L << 24;

  private byte[] bytes;
  private int size;

  private long low;
  private long range = FULL;
  private int pending;
  private int held;
  private boolean first = true;

  /** An encoder that expects about {@code expected} bytes. */
  RangeEncoder(int expected) {
    bytes = new byte[Math.max(64, expected)];
  }

  /** Writes a bit and lets its model learn. */
  void bit(BitModels models, int model, int bit) {
    long ones = (range * models.ofOne(model)) >>> BitModels.BITS;
    if (bit != 0) {
      range = ones;
    } else {
      low += ones;
      range -= ones;
    }
    models.learn(model, bit);
    normalize();
  }

  /**
   * Writes a symbol of known frequency.
   *
   * @param before what all lesser symbols have of the 2^{@link Frequencies#BITS} that there are
   * @param own what this one has
   */
  void symbol(int before, int own) {
    long unit = range >>> Frequencies.BITS;
    low += unit * before;
    range = unit * own;
    normalize();
  }

  private void normalize() {
    while (range < TOP) {
      range <<= 8;
      shift();
    }
  }

  /** Writes all that is left and returns the bytes. */
  byte[] finish() {
    for (int i = 0; i < 5; i++) {
      shift();
    }
    return Arrays.copyOf(bytes, size);
  }

  /** Writes the leading byte, unless a carry may still change it. */
  private void shift() {
    if (low < 0xff00_0000L || low > FULL) {
      int carry = (int) (low >>> 32);
      if (!first) {
        put(held + carry);
      }
      first = false;
      for (; pending > 0; pending--) {
        put(0xff + carry);
      }
      held = (int) (low >>> 24) & 0xff;
    } else {
      pending++;
    }
    low = (low & 0x00ff_ffffL) << 8;
  }

  private void put(int value) {
    if (size == bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.multiplyExact(2, size));
    }
    bytes[size++] = (byte) value;
  }
}
