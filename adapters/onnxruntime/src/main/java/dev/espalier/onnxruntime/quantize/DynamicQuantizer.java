package dev.espalier.onnxruntime.quantize;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Rewrites a float32 ONNX model to dynamic int8: weights are quantized here, activations at run
 * time.
 *
 * <p>A MatMul with a constant matrix becomes, in plain ONNX operators,
 *
 * <pre>
 * q, s, z = DynamicQuantizeLinear(x)         uint8, one per activation however many read it
 * y       = Cast(MatMulInteger(q, w, z)) · (s · scales)
 * </pre>
 *
 * with {@code w} int8 and {@code scales} one per output column. ONNX Runtime fuses this to
 * DynamicQuantizeMatMul where x has one reader and to MatMulIntegerToFloat where it has several,
 * the bias that follows included; at optimization level NONE it runs as it stands. A Gather from a
 * constant table becomes a Gather of int8 rows and one of their scales. Everything else stays
 * float.
 *
 * @param reduceRange keeps weights in [−64, 64] instead of [−127, 127]. ONNX Runtime adds pairs of
 *     uint8 × int8 products in 16 bits on x86 CPUs without VNNI, which saturates for large weights;
 *     there, a reduced range is exact. Recorded in the file's metadata.
 */
public record DynamicQuantizer(boolean reduceRange) {
  /** Metadata key of the format, with the value {@code dynamic_int8}. */
  public static final String FORMAT = "quantization";

  /** Metadata key of {@link #reduceRange}, with the value true or false. */
  public static final String REDUCE_RANGE = "reduce_range";

  /**
   * Rewrites {@code source} into {@code target}, which is written as a whole or not at all. The
   * same source makes the same bytes.
   *
   * @throws ProblemException of kind INPUT when the source is not an ONNX model, is quantized
   *     already, has an opset outside of [11, 26], keeps weights outside of the file or holds
   *     nothing to quantize; of kind ENVIRONMENT when the target cannot be written
   */
  public QuantizationReport quantize(Path source, Path target) {
    OnnxGraph graph = OnnxGraph.of(OnnxFiles.read(source));
    DynamicRewrite rewrite;
    try {
      Quantizable.check(graph);
      rewrite = new DynamicRewrite(graph, reduceRange);
      rewrite.run();
    } catch (IllegalArgumentException unfit) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.INPUT,
                  Location.ofFile(source.toString()),
                  String.valueOf(unfit.getMessage()),
                  null)),
          unfit);
    }
    graph.putMetadata(FORMAT, "dynamic_int8");
    graph.putMetadata(REDUCE_RANGE, String.valueOf(reduceRange));
    OnnxFiles.write(target, graph.toModel());
    return new QuantizationReport(
        rewrite.quantized(), rewrite.left(), size(source), size(target), reduceRange);
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException vanished) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.ENVIRONMENT,
                  Location.ofFile(file.toString()),
                  "cannot be read: " + vanished.getMessage(),
                  null)),
          vanished);
    }
  }
}
