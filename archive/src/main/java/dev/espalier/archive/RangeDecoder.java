package dev.espalier.archive;

/** Reads what {@link RangeEncoder} wrote, with models that learn the same. */
final class RangeDecoder {
  private static final long TOP = 1L << 24;

  private final byte[] bytes;
  private int position;
  private long range = 0xffff_ffffL;
  private long code;

  /**
   * A decoder of {@code bytes} from {@code from} on.
   *
   * @throws MalformedException when there are too few
   */
  RangeDecoder(byte[] bytes, int from) throws MalformedException {
    this.bytes = bytes;
    this.position = from;
    if (bytes.length - from < 4) {
      throw new MalformedException("its coded values have fewer than 4 bytes");
    }
    for (int i = 0; i < 4; i++) {
      code = (code << 8) | (bytes[position++] & 0xff);
    }
  }

  /**
   * Reads a bit and lets its model learn.
   *
   * @throws MalformedException when the bytes are used up
   */
  int bit(BitModels models, int model) throws MalformedException {
    long ones = (range * models.ofOne(model)) >>> BitModels.BITS;
    int bit;
    if (code < ones) {
      range = ones;
      bit = 1;
    } else {
      code -= ones;
      range -= ones;
      bit = 0;
    }
    models.learn(model, bit);
    normalize();
    return bit;
  }

  /**
   * Reads a symbol of known frequency.
   *
   * @throws MalformedException when the bytes are used up
   */
  int symbol(Frequencies frequencies) throws MalformedException {
    long unit = range >>> Frequencies.BITS;
    // What the division leaves over belongs to no symbol, and no encoder goes there.
    int share = (int) Math.min(code / unit, Frequencies.TOTAL - 1);
    int symbol = frequencies.at(share);
    code -= unit * frequencies.before(symbol);
    range = unit * frequencies.of(symbol);
    normalize();
    return symbol;
  }

  private void normalize() throws MalformedException {
    while (range < TOP) {
      if (position == bytes.length) {
        throw new MalformedException("its coded values end before the tensor is complete");
      }
      range <<= 8;
      code = (code << 8) | (bytes[position++] & 0xff);
    }
  }
}
