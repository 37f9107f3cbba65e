package dev.espalier.archive;

import dev.espalier.archive.Entry.Kind;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What lies where in an archive: magic number, version, length and CRC-32C of the table; the table;
 * the payloads in its order without gaps; a SHA-256 of all that.
 */
final class Layout {
  /** The version that this writes, and the only one that it reads. */
  static final int VERSION = 1;

  static final int PREFIX = 8 + 3 * Integer.BYTES;
  static final int SHA256 = 32;
  static final int MOST_DIMENSIONS = 8;
  static final int LONGEST_TABLE = 16 << 20;

  /** An array's length. */
  static final long MOST_VALUES = Integer.MAX_VALUE - 8;

  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");

  /** As in PNG: not a text, and broken by whatever changes line ends or clears the eighth bit. */
  private static final byte[] MAGIC = {(byte) 0xE5, 'E', 'S', 'P', '\r', '\n', 0x1A, '\n'};

  private static final int FIXED = Short.BYTES + 4 + Long.BYTES + 2 * Integer.BYTES;

  private Layout() {}

  static byte[] magic() {
    return MAGIC.clone();
  }

  static boolean isFileName(String name) {
    return FILE_NAME.matcher(name).matches();
  }

  static int entrySize(Entry entry) {
    return FIXED
        + entry.name().getBytes(StandardCharsets.UTF_8).length
        + Integer.BYTES * entry.shape().length;
  }

  static void write(Entry entry, ByteBuffer table) {
    byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
    if (name.length == 0 || name.length > 0xffff || entry.shape().length > MOST_DIMENSIONS) {
      throw new IllegalArgumentException(
          "an archive cannot hold the name or the shape of " + entry.name());
    }
    table
        .putShort((short) name.length)
        .put(name)
        .put((byte) entry.kind().code())
        .put((byte) (entry.kind() == Kind.EXACT ? entry.type().code() : 0))
        .put((byte) (entry.scalePerRow() ? 1 : 0))
        .put((byte) entry.shape().length);
    for (int dimension : entry.shape()) {
      table.putInt(dimension);
    }
    table.putLong(entry.length()).putInt(entry.payloadCrc()).putInt(entry.valuesCrc());
  }

  /**
   * Reads a table.
   *
   * @param payloads bytes between the table and the checksum at the end
   * @throws MalformedException when it is not what a writer writes; nothing larger than the table
   *     itself was allocated then
   */
  static List<Entry> read(ByteBuffer table, long payloads) throws MalformedException {
    List<Entry> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    long first = PREFIX + (long) table.remaining();
    long offset = first;
    try {
      while (table.hasRemaining()) {
        Entry entry = readEntry(table, offset, first + payloads - offset);
        if (!names.add(entry.name())) {
          throw new MalformedException("its table has " + entry.name() + " twice");
        }
        offset += entry.length();
        entries.add(entry);
      }
    } catch (BufferUnderflowException e) {
      throw new MalformedException("its table ends within an entry");
    }
    if (offset != first + payloads) {
      throw new MalformedException(
          "its table claims " + (offset - first) + " bytes of payload, there are " + payloads);
    }
    return entries;
  }

  private static Entry readEntry(ByteBuffer table, long offset, long left)
      throws MalformedException {
    String name = readName(table);
    Kind kind = Kind.of(table.get() & 0xff);
    int typeCode = table.get() & 0xff;
    int perRow = table.get() & 0xff;
    int[] shape = readShape(name, table);
    boolean int8 = kind == Kind.DENSE || kind == Kind.SPARSE;
    if ((kind != Kind.EXACT && typeCode != 0)
        || perRow > (int8 && shape.length > 0 ? 1 : 0)
        || (kind == Kind.FILE && (shape.length != 1 || !isFileName(name)))) {
      throw new MalformedException("the table's entry of " + name + " contradicts itself");
    }
    ElementType type = kind == Kind.EXACT ? ElementType.of(typeCode) : ElementType.U8;
    long length = table.getLong();
    int payloadCrc = table.getInt();
    int valuesCrc = table.getInt();
    long bytes = 1;
    for (int dimension : shape) {
      bytes *= dimension; // cannot overflow: readShape has looked
    }
    bytes *= type.bytes();
    if (bytes > MOST_VALUES) {
      throw new MalformedException(name + " claims " + bytes + " bytes of values");
    }
    if (length < 0 || length > left || length > MOST_VALUES) {
      throw new MalformedException(
          name + " claims a payload of " + length + " bytes where " + left + " are left");
    }
    if (length < TensorCodec.leastPayload(bytes)) {
      throw new MalformedException(
          name + " claims " + bytes + " bytes of values in a payload of " + length);
    }
    return new Entry(
        name, kind, type, perRow == 1, shape, offset, (int) length, payloadCrc, valuesCrc);
  }

  private static String readName(ByteBuffer table) throws MalformedException {
    int length = table.getShort() & 0xffff;
    if (length > table.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    table.get(bytes);
    try {
      String name = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (name.isEmpty() || name.chars().anyMatch(Character::isISOControl)) {
        throw new MalformedException(
            "its table has a name that is empty or has control characters");
      }
      return name;
    } catch (CharacterCodingException e) {
      throw new MalformedException("its table has a name that is not UTF-8");
    }
  }

  private static int[] readShape(String name, ByteBuffer table) throws MalformedException {
    int rank = table.get() & 0xff;
    if (rank > MOST_DIMENSIONS) {
      throw new MalformedException(name + " claims " + rank + " dimensions");
    }
    int[] shape = new int[rank];
    long size = 1;
    for (int i = 0; i < rank; i++) {
      shape[i] = table.getInt();
      // max: a dimension of zero must not hide one that is absurd.
      size *= Math.max(1, shape[i]);
      if (shape[i] < 0 || size > MOST_VALUES) {
        throw new MalformedException(name + " claims more values than fit an array");
      }
    }
    return shape;
  }
}
