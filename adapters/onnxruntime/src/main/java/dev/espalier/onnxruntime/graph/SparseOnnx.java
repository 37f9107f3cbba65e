package dev.espalier.onnxruntime.graph;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.nio.file.Path;
import java.util.List;

/**
 * ONNX files that say zeros once: float matrices as {@code sparse_initializer}, values with their
 * flat indices (ONNX IR, SparseTensorProto). ONNX Runtime makes full matrices of them when it
 * loads, so the file is smaller, and nothing else changes.
 */
public final class SparseOnnx {
  /** A value takes 4 bytes, and 12 with its index. */
  private static final double WORTH_IT = 1.0 / 3;

  private SparseOnnx() {}

  /**
   * Writes {@code source} with its sparse float matrices stored as such; what is a third full or
   * more stays as it is.
   *
   * @return how many matrices are sparse now
   * @throws dev.espalier.api.problem.ProblemException as {@link OnnxFiles#read} and {@link
   *     OnnxFiles#write}
   */
  public static int write(Path source, Path target) {
    ModelProto model = OnnxFiles.read(source);
    GraphProto.Builder graph = model.getGraph().toBuilder().clearInitializer();
    int sparse = 0;
    for (TensorProto tensor : model.getGraph().getInitializerList()) {
      if (Tensors.is(tensor, DataType.FLOAT, 2)) {
        float[] values = Tensors.floats(tensor);
        int kept = nonZeros(values);
        if (kept < WORTH_IT * values.length) {
          graph.addSparseInitializer(sparse(tensor, values, kept));
          sparse++;
          continue;
        }
      }
      graph.addInitializer(tensor);
    }
    OnnxFiles.write(target, model.toBuilder().setGraph(graph).build());
    return sparse;
  }

  private static int nonZeros(float[] values) {
    int count = 0;
    for (float value : values) {
      count += value == 0f ? 0 : 1;
    }
    return count;
  }

  private static SparseTensorProto sparse(TensorProto tensor, float[] values, int kept) {
    float[] left = new float[kept];
    long[] indices = new long[kept];
    int at = 0;
    for (int i = 0; i < values.length; i++) {
      if (values[i] != 0f) {
        left[at] = values[i];
        indices[at++] = i;
      }
    }
    List<Long> count = List.of((long) kept);
    return SparseTensorProto.newBuilder()
        .setValues(Tensors.ofFloats(tensor.getName(), count, left))
        .setIndices(Tensors.ofLongs(tensor.getName() + "_indices", count, indices))
        .addAllDims(tensor.getDimsList())
        .build();
  }
}
