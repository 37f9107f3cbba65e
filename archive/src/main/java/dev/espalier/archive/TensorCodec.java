package dev.espalier.archive;

import dev.espalier.archive.StoredTensor.Exact;
import dev.espalier.archive.StoredTensor.Int8;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The payload of one tensor: bytes that no model would shorten, then one stream of the range coder.
 *
 * <p>Exact values: of each value the two most significant bytes are coded, each by a binary tree of
 * adaptive bits, and the others, which in trained biases and norms are noise, stand plainly before.
 *
 * <p>Int8 values: the scales as exact float32 values; then, for a sparse tensor, how many values of
 * each row and of each column are not zero, as a class of half octaves; then a bit for each
 * position whose row and column have any, under a model for the pair of classes, because pruning
 * leaves whole rows and columns fuller than others, and magnitude and sign of each value where it
 * is one. The values of a dense tensor are so many that they are coded by their frequencies, which
 * are counted beforehand: a tenth of the time of adaptive bits.
 */
final class TensorCodec {
  /** One plain byte of payload stands for at most this many values. */
  static final int MOST_VALUES_PER_BYTE = 4096;

  private static final int CODED_BYTES = 2;
  private static final int BYTE_NODES = 256;
  private static final int MAGNITUDE_BITS = 7;
  private static final int CLASS_BITS = 6;
  private static final int CLASSES = 1 << CLASS_BITS;

  private TensorCodec() {}

  // ---------------------------------------------------------------- writing

  static byte[] encode(Exact tensor) {
    int width = tensor.type().bytes();
    int plain = plainBytes(width);
    byte[] plains = new byte[tensor.size() * plain];
    RangeEncoder out = new RangeEncoder(tensor.bytes().length);
    encodeExact(tensor.bytes(), width, plains, out);
    return payload(plains, out.finish(), tensor.bytes().length);
  }

  static byte[] encode(Int8 tensor, boolean sparse) {
    byte[] scales = bytes(tensor.scales());
    byte[] plains = new byte[scales.length / Float.BYTES * plainBytes(Float.BYTES)];
    byte[] values = tensor.values();
    RangeEncoder out = new RangeEncoder(sparse ? values.length / 8 : values.length);
    encodeExact(scales, Float.BYTES, plains, out);
    if (sparse) {
      encodeSparse(values, tensor.columns(), out);
      return payload(plains, out.finish(), values.length);
    }
    Frequencies frequencies = Frequencies.of(values);
    for (byte value : values) {
      int symbol = value & 0xff;
      out.symbol(frequencies.before(symbol), frequencies.of(symbol));
    }
    return payload(frequencies.appendedTo(plains), out.finish(), values.length);
  }

  private static void encodeSparse(byte[] values, int columns, RangeEncoder out) {
    BitModels signs = new BitModels(1);
    BitModels magnitudes = new BitModels(1 << MAGNITUDE_BITS);
    int rows = columns == 0 ? 0 : values.length / columns;
    int[] ofRow = new int[rows];
    int[] ofColumn = new int[columns];
    for (int i = 0, row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++, i++) {
        if (values[i] != 0) {
          ofRow[row]++;
          ofColumn[column]++;
        }
      }
    }
    encodeClasses(ofRow, out);
    encodeClasses(ofColumn, out);
    BitModels mask = new BitModels(CLASSES * CLASSES);
    for (int row = 0; row < rows; row++) {
      if (ofRow[row] != 0) {
        int models = ofRow[row] * CLASSES;
        int i = row * columns;
        for (int column = 0; column < columns; column++, i++) {
          if (ofColumn[column] != 0) {
            byte value = values[i];
            out.bit(mask, models + ofColumn[column], value == 0 ? 0 : 1);
            if (value != 0) {
              encodeValue(value, signs, magnitudes, out);
            }
          }
        }
      }
    }
  }

  /** Replaces counts by their classes and writes those. */
  private static void encodeClasses(int[] counts, RangeEncoder out) {
    BitModels models = new BitModels(CLASSES);
    for (int i = 0; i < counts.length; i++) {
      counts[i] = classOf(counts[i]);
      encodeTree(counts[i], CLASS_BITS, models, 0, out);
    }
  }

  private static void encodeValue(
      byte value, BitModels signs, BitModels magnitudes, RangeEncoder out) {
    encodeTree(Math.abs(value), MAGNITUDE_BITS, magnitudes, 0, out);
    if (value != 0) {
      out.bit(signs, 0, value < 0 ? 1 : 0);
    }
  }

  private static void encodeExact(byte[] bytes, int width, byte[] plains, RangeEncoder out) {
    int plain = plainBytes(width);
    BitModels models = new BitModels(CODED_BYTES * BYTE_NODES);
    for (int from = 0, at = 0; from < bytes.length; from += width) {
      for (int k = 0; k < plain; k++) {
        plains[at++] = bytes[from + k];
      }
      for (int k = width - 1; k >= plain; k--) {
        encodeTree(bytes[from + k] & 0xff, 8, models, (k - plain) * BYTE_NODES, out);
      }
    }
  }

  /** The bits of a number, highest first; the model of a bit is named by those before it. */
  private static void encodeTree(
      int number, int bits, BitModels models, int firstModel, RangeEncoder out) {
    int node = 1;
    for (int shift = bits - 1; shift >= 0; shift--) {
      int bit = (number >>> shift) & 1;
      out.bit(models, firstModel + node, bit);
      node = (node << 1) | bit;
    }
  }

  /** Zeros at the end keep the promise that a tensor is not much larger than its payload. */
  private static byte[] payload(byte[] plains, byte[] coded, int values) {
    int least = leastPayload(values);
    byte[] payload = Arrays.copyOf(plains, Math.max(least, plains.length + coded.length));
    System.arraycopy(coded, 0, payload, plains.length, coded.length);
    return payload;
  }

  // ---------------------------------------------------------------- reading

  /** The fewest bytes that a payload for so many values, or bytes of exact values, may have. */
  static int leastPayload(long values) {
    return Math.toIntExact((values + MOST_VALUES_PER_BYTE - 1) / MOST_VALUES_PER_BYTE);
  }

  static Exact decodeExact(ElementType type, int[] shape, byte[] payload)
      throws MalformedException {
    int count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    int plain = plainBytes(type.bytes());
    RangeDecoder in = new RangeDecoder(payload, checkPlain(payload, (long) count * plain));
    return new Exact(type, shape, decodeExact(count, type.bytes(), payload, in));
  }

  static Int8 decodeInt8(int[] shape, boolean scalePerRow, boolean sparse, byte[] payload)
      throws MalformedException {
    int count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    int scaleCount = scalePerRow ? shape[0] : 1;
    int plains = checkPlain(payload, (long) scaleCount * plainBytes(Float.BYTES));
    int coded = sparse ? plains : checkPlain(payload, (long) plains + Frequencies.BYTES);
    RangeDecoder in = new RangeDecoder(payload, coded);
    float[] scales = floats(decodeExact(scaleCount, Float.BYTES, payload, in));
    for (float scale : scales) {
      if (!(scale > 0 && scale <= Float.MAX_VALUE)) {
        throw new MalformedException("it has the scale " + scale);
      }
    }
    byte[] values = new byte[count];
    Int8 tensor = new Int8(shape, scales, values);
    if (sparse) {
      decodeSparse(values, tensor.columns(), in);
    } else {
      Frequencies frequencies = Frequencies.read(payload, plains);
      for (int i = 0; i < count; i++) {
        values[i] = (byte) in.symbol(frequencies);
      }
    }
    return tensor;
  }

  private static void decodeSparse(byte[] values, int columns, RangeDecoder in)
      throws MalformedException {
    BitModels signs = new BitModels(1);
    BitModels magnitudes = new BitModels(1 << MAGNITUDE_BITS);
    int rows = columns == 0 ? 0 : values.length / columns;
    byte[] ofRow = decodeClasses(rows, in);
    byte[] ofColumn = decodeClasses(columns, in);
    BitModels mask = new BitModels(CLASSES * CLASSES);
    for (int row = 0; row < rows; row++) {
      if (ofRow[row] != 0) {
        int models = ofRow[row] * CLASSES;
        int i = row * columns;
        for (int column = 0; column < columns; column++, i++) {
          if (ofColumn[column] != 0 && in.bit(mask, models + ofColumn[column]) != 0) {
            values[i] = decodeValue(signs, magnitudes, in);
          }
        }
      }
    }
  }

  private static byte[] decodeClasses(int count, RangeDecoder in) throws MalformedException {
    BitModels models = new BitModels(CLASSES);
    byte[] classes = new byte[count];
    for (int i = 0; i < count; i++) {
      classes[i] = (byte) decodeTree(CLASS_BITS, models, 0, in);
    }
    return classes;
  }

  private static byte decodeValue(BitModels signs, BitModels magnitudes, RangeDecoder in)
      throws MalformedException {
    int magnitude = decodeTree(MAGNITUDE_BITS, magnitudes, 0, in);
    return (byte) (magnitude != 0 && in.bit(signs, 0) != 0 ? -magnitude : magnitude);
  }

  private static byte[] decodeExact(int count, int width, byte[] payload, RangeDecoder in)
      throws MalformedException {
    int plain = plainBytes(width);
    byte[] bytes = new byte[Math.multiplyExact(count, width)];
    BitModels models = new BitModels(CODED_BYTES * BYTE_NODES);
    for (int to = 0, at = 0; to < bytes.length; to += width) {
      for (int k = 0; k < plain; k++) {
        bytes[to + k] = payload[at++];
      }
      for (int k = width - 1; k >= plain; k--) {
        bytes[to + k] = (byte) decodeTree(8, models, (k - plain) * BYTE_NODES, in);
      }
    }
    return bytes;
  }

  private static int decodeTree(int bits, BitModels models, int firstModel, RangeDecoder in)
      throws MalformedException {
    int node = 1;
    for (int i = 0; i < bits; i++) {
      node = (node << 1) | in.bit(models, firstModel + node);
    }
    return node - (1 << bits);
  }

  private static int checkPlain(byte[] payload, long plain) throws MalformedException {
    if (plain > payload.length) {
      throw new MalformedException(
          "its payload has " + payload.length + " bytes, fewer than the " + plain + " plain ones");
    }
    return (int) plain;
  }

  // ---------------------------------------------------------------- both

  /** How many bytes of a value stand plainly. */
  private static int plainBytes(int width) {
    return Math.max(0, width - CODED_BYTES);
  }

  /** 0 for none, else by half octaves: 1, 2, 3, 4 to 5, 6 to 7, 8 to 11, ... */
  static int classOf(int count) {
    if (count <= 1) {
      return count;
    }
    int octave = 31 - Integer.numberOfLeadingZeros(count);
    return 2 * octave + ((count >>> (octave - 1)) & 1);
  }

  private static byte[] bytes(float[] floats) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Float.BYTES * floats.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(floats);
    return buffer.array();
  }

  private static float[] floats(byte[] bytes) {
    float[] floats = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }
}
