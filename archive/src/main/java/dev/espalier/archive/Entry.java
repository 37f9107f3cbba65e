package dev.espalier.archive;

import java.util.Arrays;

/**
 * One line of an archive's table.
 *
 * @param name the tensor's or the file's
 * @param kind how it is stored
 * @param type what a value is; meaningful for {@link Kind#EXACT} alone
 * @param scalePerRow whether each row has its scale; meaningful for int8 alone
 * @param shape the dimensions; of a file its length
 * @param offset of the payload's first byte in the archive
 * @param length bytes of the payload
 * @param payloadCrc CRC-32C of the payload
 * @param valuesCrc CRC-32C of what the payload stands for: int8 values, bytes of exact values, file
 */
@SuppressWarnings("ArrayRecordComponent") // a few dimensions, never compared
public record Entry(
    String name,
    Kind kind,
    ElementType type,
    boolean scalePerRow,
    int[] shape,
    long offset,
    int length,
    int payloadCrc,
    int valuesCrc) {

  /** How something is stored. */
  public enum Kind {
    /** Values as they are. */
    EXACT(1),
    /** Int8, every value. */
    DENSE(2),
    /** Int8, positions and values of what is not zero. */
    SPARSE(3),
    /** A file that lies beside the weights, for instance config.json, deflated. */
    FILE(4);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }

    static Kind of(int code) throws MalformedException {
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new MalformedException("there is no kind " + code);
    }
  }

  /** The number of values. */
  public int size() {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  /** The bytes that the payload stands for. */
  long valueBytes() {
    return (long) size() * (kind == Kind.EXACT ? type.bytes() : 1);
  }
}
