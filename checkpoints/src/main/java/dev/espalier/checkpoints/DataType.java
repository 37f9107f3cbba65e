package dev.espalier.checkpoints;

import java.nio.ByteBuffer;

/**
 * What a stored value is, by the name that safetensors gives it. Stored values are little-endian.
 */
public enum DataType {
  /** Eight bytes, IEEE 754. */
  F64(8),
  /** Four bytes, IEEE 754. */
  F32(4),
  /** Two bytes, IEEE 754: 5 bits of exponent, 10 of mantissa. */
  F16(2),
  /** The upper two bytes of {@link #F32}. */
  BF16(2),
  /** Eight bytes, signed. */
  I64(8),
  /** Four bytes, signed. */
  I32(4),
  /** Two bytes, signed. */
  I16(2),
  /** One byte, signed. */
  I8(1),
  /** One byte, unsigned. */
  U8(1),
  /** One byte, 0 or 1. */
  BOOL(1);

  private static final int F16_MANTISSA_BITS = 10;
  private static final int F16_EXPONENT = 0x1f;
  private static final int F32_TO_F16_BIAS = 127 - 15;

  private final int bytes;

  DataType(int bytes) {
    this.bytes = bytes;
  }

  /** The bytes that one value takes. */
  public int bytes() {
    return bytes;
  }

  /** Whether it has values between whole numbers, as weights do. */
  public boolean isFloat() {
    return switch (this) {
      case F64, F32, F16, BF16 -> true;
      case I64, I32, I16, I8, U8, BOOL -> false;
    };
  }

  /**
   * Reads values as float32: exact from F32, F16, BF16 and small integers, rounded to nearest from
   * the others.
   *
   * @param source little-endian, at its position; at least {@code count} values
   * @param target where they go
   * @param from index of the first in {@code target}
   */
  void toFloats(ByteBuffer source, float[] target, int from, int count) {
    switch (this) {
      case F32 -> source.asFloatBuffer().get(target, from, count);
      case F64 -> {
        var doubles = source.asDoubleBuffer();
        for (int i = 0; i < count; i++) {
          target[from + i] = (float) doubles.get(i);
        }
      }
      case F16 -> {
        var halves = source.asShortBuffer();
        for (int i = 0; i < count; i++) {
          target[from + i] = halfToFloat(halves.get(i));
        }
      }
      case BF16 -> {
        var halves = source.asShortBuffer();
        for (int i = 0; i < count; i++) {
          target[from + i] = Float.intBitsToFloat(halves.get(i) << 16);
        }
      }
      case I64 -> {
        var longs = source.asLongBuffer();
        for (int i = 0; i < count; i++) {
          target[from + i] = longs.get(i);
        }
      }
      case I32 -> {
        var ints = source.asIntBuffer();
        for (int i = 0; i < count; i++) {
          target[from + i] = ints.get(i);
        }
      }
      case I16 -> {
        var shorts = source.asShortBuffer();
        for (int i = 0; i < count; i++) {
          target[from + i] = shorts.get(i);
        }
      }
      case I8 -> {
        for (int i = 0; i < count; i++) {
          target[from + i] = source.get(source.position() + i);
        }
      }
      case U8, BOOL -> {
        for (int i = 0; i < count; i++) {
          target[from + i] = source.get(source.position() + i) & 0xff;
        }
      }
    }
  }

  /** The float32 of the same value: every float16 has one. */
  static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> F16_MANTISSA_BITS) & F16_EXPONENT;
    int mantissa = half & 0x3ff;
    if (exponent == F16_EXPONENT) { // infinity, NaN
      return Float.intBitsToFloat(sign | 0x7f800000 | (mantissa << 13));
    }
    if (exponent == 0) { // zero, subnormal: mantissa · 2^-24
      float magnitude = mantissa * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | ((exponent + F32_TO_F16_BIAS) << 23) | (mantissa << 13));
  }
}
