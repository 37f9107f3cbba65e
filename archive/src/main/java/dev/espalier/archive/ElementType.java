package dev.espalier.archive;

/** What an exactly stored value is; the names are those of the safetensors format. */
public enum ElementType {
  /** IEEE 754, 4 bytes. */
  F32(1, 4),
  /** IEEE 754, 8 bytes. */
  F64(2, 8),
  /** IEEE 754, 2 bytes. */
  F16(3, 2),
  /** The upper two bytes of an F32. */
  BF16(4, 2),
  /** Signed, 8 bytes. */
  I64(5, 8),
  /** Signed, 4 bytes. */
  I32(6, 4),
  /** Signed, 2 bytes. */
  I16(7, 2),
  /** Signed, 1 byte. */
  I8(8, 1),
  /** Unsigned, 1 byte. */
  U8(9, 1),
  /** 0 or 1, 1 byte. */
  BOOL(10, 1);

  private final int code;
  private final int bytes;

  ElementType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** The number by which a file names it. */
  int code() {
    return code;
  }

  /** The bytes of one value. */
  public int bytes() {
    return bytes;
  }

  static ElementType of(int code) throws MalformedException {
    for (ElementType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new MalformedException("there is no element type " + code);
  }
}
