package dev.espalier.onnxruntime.graph;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** Constant tensors from and to Java arrays, row-major; little-endian in the file. */
public final class Tensors {
  private Tensors() {}

  /** A float32 tensor. */
  public static TensorProto ofFloats(String name, List<Long> shape, float... values) {
    ByteBuffer bytes = buffer(Math.multiplyExact(values.length, Float.BYTES));
    bytes.asFloatBuffer().put(values);
    return of(name, DataType.FLOAT, shape, values.length, bytes);
  }

  /** An int64 tensor. */
  public static TensorProto ofLongs(String name, List<Long> shape, long... values) {
    ByteBuffer bytes = buffer(Math.multiplyExact(values.length, Long.BYTES));
    bytes.asLongBuffer().put(values);
    return of(name, DataType.INT64, shape, values.length, bytes);
  }

  /** An int8 tensor. */
  public static TensorProto ofInt8(String name, List<Long> shape, byte... values) {
    return of(name, DataType.INT8, shape, values.length, ByteBuffer.wrap(values));
  }

  /** An int32 tensor. */
  public static TensorProto ofInt32(String name, List<Long> shape, int... values) {
    ByteBuffer bytes = buffer(Math.multiplyExact(values.length, Integer.BYTES));
    bytes.asIntBuffer().put(values);
    return of(name, DataType.INT32, shape, values.length, bytes);
  }

  /** A uint8 scalar in [0, 255]. */
  public static TensorProto scalarUint8(String name, int value) {
    return of(name, DataType.UINT8, List.of(), 1, ByteBuffer.wrap(new byte[] {(byte) value}));
  }

  /** A float32 scalar. */
  public static TensorProto scalar(String name, float value) {
    return ofFloats(name, List.of(), value);
  }

  /** An int64 scalar. */
  public static TensorProto scalar(String name, long value) {
    return ofLongs(name, List.of(), value);
  }

  /** The dimensions, outermost first; none for a scalar. */
  public static List<Long> shape(TensorProto tensor) {
    return tensor.getDimsList();
  }

  /** The number of elements. */
  public static long size(TensorProto tensor) {
    return tensor.getDimsList().stream().reduce(1L, Math::multiplyExact);
  }

  /** Whether the tensor has this type and this number of dimensions. */
  public static boolean is(TensorProto tensor, DataType type, int rank) {
    return tensor.getDataType() == type.getNumber() && tensor.getDimsCount() == rank;
  }

  /**
   * The values of a float32 tensor.
   *
   * @throws IllegalArgumentException when it is of another type, kept outside of the file, or holds
   *     another number of values than its shape says
   */
  public static float[] floats(TensorProto tensor) {
    require(tensor, DataType.FLOAT);
    float[] values;
    if (tensor.hasRawData()) {
      values = new float[tensor.getRawData().size() / Float.BYTES];
      raw(tensor).asFloatBuffer().get(values);
    } else {
      values = new float[tensor.getFloatDataCount()];
      for (int i = 0; i < values.length; i++) {
        values[i] = tensor.getFloatData(i);
      }
    }
    requireSize(tensor, values.length);
    return values;
  }

  /**
   * The values of an int64 tensor.
   *
   * @throws IllegalArgumentException as {@link #floats}
   */
  public static long[] longs(TensorProto tensor) {
    require(tensor, DataType.INT64);
    long[] values;
    if (tensor.hasRawData()) {
      values = new long[tensor.getRawData().size() / Long.BYTES];
      raw(tensor).asLongBuffer().get(values);
    } else {
      values = tensor.getInt64DataList().stream().mapToLong(Long::longValue).toArray();
    }
    requireSize(tensor, values.length);
    return values;
  }

  /**
   * The values of an int8 tensor.
   *
   * @throws IllegalArgumentException as {@link #floats}
   */
  public static byte[] int8(TensorProto tensor) {
    require(tensor, DataType.INT8);
    byte[] values;
    if (tensor.hasRawData()) {
      values = tensor.getRawData().toByteArray();
    } else {
      values = new byte[tensor.getInt32DataCount()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (byte) tensor.getInt32Data(i);
      }
    }
    requireSize(tensor, values.length);
    return values;
  }

  /** The bytes that a tensor's values take in a file. */
  public static long bytes(TensorProto tensor) {
    return tensor.hasRawData() ? tensor.getRawData().size() : tensor.getSerializedSize();
  }

  /**
   * Swaps rows and columns.
   *
   * @param values {@code rows · columns} values
   */
  public static float[] transpose(float[] values, int rows, int columns) {
    float[] transposed = new float[values.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        transposed[column * rows + row] = values[row * columns + column];
      }
    }
    return transposed;
  }

  private static TensorProto of(
      String name, DataType type, List<Long> shape, int count, ByteBuffer bytes) {
    TensorProto tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .addAllDims(shape)
            // The buffer was made for this tensor and is not written again.
            .setRawData(UnsafeByteOperations.unsafeWrap(bytes))
            .build();
    requireSize(tensor, count);
    return tensor;
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer raw(TensorProto tensor) {
    ByteString bytes = tensor.getRawData();
    return bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void require(TensorProto tensor, DataType type) {
    if (tensor.getDataType() != type.getNumber()) {
      throw new IllegalArgumentException(
          "tensor " + tensor.getName() + " is of type " + tensor.getDataType() + ", not " + type);
    }
    if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
      throw new IllegalArgumentException(
          "tensor " + tensor.getName() + " is kept outside of the file");
    }
  }

  private static void requireSize(TensorProto tensor, int count) {
    if (size(tensor) != count) {
      throw new IllegalArgumentException(
          "tensor "
              + tensor.getName()
              + " of shape "
              + Arrays.toString(tensor.getDimsList().toArray())
              + " holds "
              + count
              + " values");
    }
  }
}
