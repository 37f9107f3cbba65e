package dev.espalier.onnxruntime.weightonly;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.onnxruntime.calibrate.Activations;
import dev.espalier.onnxruntime.calibrate.CalibrationBatches;
import dev.espalier.onnxruntime.graph.Linear;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.simulate.Int8;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Turns each MatMul with a constant matrix into Microsoft's MatMulNBits: weights in blocks of 4 or
 * 8 bits, activations and sums float. Everything else stays as it is; matrices with fewer than 16
 * columns and those not wanted do, too, and matrices that another operator reads are kept beside
 * their blocks.
 *
 * <p>A weight of exactly zero is exactly zero in the file, with and without zero points and with
 * error feedback.
 *
 * @param format of the blocks
 * @param wanted which matrices
 */
public record WeightOnlyQuantizer(BlockFormat format, Predicate<Linear> wanted) {
  /** Metadata key of the format, with the value weight_only_int4 or weight_only_int8. */
  public static final String FORMAT = "quantization";

  private static final int FEWEST_COLUMNS = 16;

  /** All matrices that can be. */
  public WeightOnlyQuantizer(BlockFormat format) {
    this(format, linear -> true);
  }

  /** Whether a matrix becomes blocks. */
  public boolean takes(Linear linear) {
    return linear.outputs() >= FEWEST_COLUMNS && wanted.test(linear);
  }

  /** The values of a matrix, [inputs, outputs], when each is rounded to the nearest level. */
  public float[] rounded(Linear linear) {
    float[] matrix = Tensors.floats(linear.matrix());
    return BlockMatrix.nearest(format, matrix, linear.inputs(), linear.outputs()).dequantize();
  }

  /** How errors are fed back: Hessians of the inputs. */
  @FunctionalInterface
  private interface Rounding {
    BlockMatrix round(Linear linear, float[] matrix);
  }

  /**
   * What GPTQ takes in.
   *
   * @param activations how the model is run
   * @param rowsPerBatch how many rows of an activation go into its moments from each batch, evenly
   *     spaced; all together should be more than the widest activation has channels
   * @param damping share of the mean diagonal that is added to it; 0.01 is usual
   * @param bytes for the moments that are held at once; where the model needs more, the examples
   *     are run several times
   */
  public record Feedback(Activations activations, int rowsPerBatch, double damping, long bytes) {
    /** Checks the numbers. */
    public Feedback {
      if (rowsPerBatch < 1 || !(damping > 0 && damping <= 1) || bytes < 1) {
        throw new IllegalArgumentException(
            "feedback needs rows, a damping in (0, 1] and memory, not "
                + rowsPerBatch
                + ", "
                + damping
                + " and "
                + bytes);
      }
    }

    /** The usual damping, 256 MB, and 64 rows a batch. */
    public Feedback(Activations activations) {
      this(activations, 64, 0.01, 256L << 20);
    }
  }

  /** Rounds to the nearest level; needs no examples. */
  public ModelProto roundToNearest(ModelProto model, Path source) {
    return rewrite(
        model,
        source,
        Linear.of(OnnxGraph.of(model)),
        new HashMap<>(),
        (linear, matrix) -> BlockMatrix.nearest(format, matrix, linear.inputs(), linear.outputs()));
  }

  /**
   * Rounds with error feedback, GPTQ, on examples.
   *
   * @throws ProblemException as {@link Activations#view}; of kind INPUT when a weight is not finite
   *     or nothing can be quantized
   */
  public ModelProto withFeedback(
      ModelProto model, Path source, CalibrationBatches batches, Feedback feedback) {
    Map<String, List<Linear>> byActivation = new LinkedHashMap<>();
    for (Linear linear : Linear.of(OnnxGraph.of(model))) {
      if (takes(linear)) {
        byActivation
            .computeIfAbsent(linear.activation(), activation -> new ArrayList<>())
            .add(linear);
      }
    }
    Map<String, Blocks> done = new HashMap<>();
    List<String> left = new ArrayList<>(byActivation.keySet());
    while (!left.isEmpty()) {
      Set<String> now = new LinkedHashSet<>();
      long bytes = 0;
      for (String activation : left) {
        long inputs = byActivation.getOrDefault(activation, List.of()).get(0).inputs();
        bytes += inputs * inputs * Double.BYTES;
        if (!now.isEmpty() && bytes > feedback.bytes()) {
          break;
        }
        now.add(activation);
      }
      left.removeAll(now);
      Map<String, Moments> moments = new HashMap<>();
      feedback
          .activations()
          .view(
              model,
              source,
              now,
              batches,
              (tensor, values, shape) ->
                  moments
                      .computeIfAbsent(tensor, name -> new Moments((int) shape[shape.length - 1]))
                      .add(values, feedback.rowsPerBatch()));
      for (String activation : now) {
        Moments of = moments.remove(activation);
        for (Linear linear : byActivation.getOrDefault(activation, List.of())) {
          float[] matrix = finite(linear, source);
          done.put(
              linear.output(),
              Blocks.of(
                  of == null
                      ? BlockMatrix.nearest(format, matrix, linear.inputs(), linear.outputs())
                      : Gptq.quantize(
                          format,
                          matrix,
                          linear.inputs(),
                          linear.outputs(),
                          of.sums,
                          feedback.damping())));
        }
      }
    }
    return rewrite(
        model,
        source,
        Linear.of(OnnxGraph.of(model)),
        done,
        (linear, matrix) -> {
          throw new IllegalStateException("all of " + linear.output() + " was rounded before");
        });
  }

  /** Σ x·xᵀ of an activation's rows. */
  private static final class Moments {
    final int channels;
    final double[] sums;

    Moments(int channels) {
      this.channels = channels;
      this.sums = new double[Math.multiplyExact(channels, channels)];
    }

    void add(float[] values, int most) {
      float[] rows = Int8.someRows(values, channels, most);
      for (int from = 0; from < rows.length; from += channels) {
        for (int i = 0; i < channels; i++) {
          double x = rows[from + i];
          int at = i * channels;
          if (x != 0) {
            for (int j = 0; j <= i; j++) {
              sums[at + j] += x * rows[from + j];
            }
          }
        }
      }
    }
  }

  /** A matrix as initializers hold it. */
  @SuppressWarnings("ArrayRecordComponent") // megabytes of weights, never compared
  private record Blocks(BlockFormat format, byte[] codes, float[] scales, byte[] zeros) {
    static Blocks of(BlockMatrix matrix) {
      return new Blocks(
          matrix.format(), matrix.packedCodes(), matrix.scales(), matrix.packedZeros());
    }
  }

  private ModelProto rewrite(
      ModelProto model,
      Path source,
      List<Linear> linears,
      Map<String, Blocks> done,
      Rounding rounding) {
    OnnxGraph graph = OnnxGraph.of(model);
    Map<String, NodeProto> replaced = new HashMap<>();
    Map<String, List<String>> shared = new HashMap<>();
    for (Linear linear : linears) {
      if (!takes(linear)) {
        continue;
      }
      Blocks known = done.get(linear.output());
      // With feedback a matrix read twice has two activations, so two roundings.
      List<String> constants =
          known != null
              ? constants(graph, linear, known)
              : shared.computeIfAbsent(
                  linear.weight(),
                  weight ->
                      constants(
                          graph,
                          linear,
                          Blocks.of(rounding.round(linear, finite(linear, source)))));
      replaced.put(linear.output(), node(linear, constants));
    }
    if (replaced.isEmpty()) {
      throw ProblemException.at(
          ProblemKind.INPUT,
          Location.ofFile(source.toString()),
          "holds no MatMul with a constant float matrix that could be quantized",
          null);
    }
    graph.mapNodes(node -> replaced.getOrDefault(node.getOutput(0), node));
    graph.dropUnused();
    graph.importOpset(Nodes.MICROSOFT, 1);
    graph.putMetadata(FORMAT, "weight_only_int" + format.bits());
    graph.putMetadata("block_size", String.valueOf(format.blockSize()));
    return graph.toModel();
  }

  private NodeProto node(Linear linear, List<String> constants) {
    List<String> inputs = new ArrayList<>(List.of(linear.activation()));
    inputs.addAll(constants);
    AttributeProto[] attributes = {
      Nodes.attribute("K", linear.inputs()),
      Nodes.attribute("N", linear.outputs()),
      Nodes.attribute("bits", format.bits()),
      Nodes.attribute("block_size", format.blockSize())
    };
    return Nodes.node("MatMulNBits", inputs, List.of(linear.output()), attributes).toBuilder()
        .setName(linear.node().getName())
        .setDomain(Nodes.MICROSOFT)
        .build();
  }

  private List<String> constants(OnnxGraph graph, Linear linear, Blocks blocks) {
    int perColumn = format.blocks(linear.inputs());
    long columns = linear.outputs();
    List<String> names = new ArrayList<>();
    names.add(
        graph.addInitializer(
            bytes(
                linear.weight() + "_blocks",
                List.of(columns, (long) perColumn, (long) format.blockSize() * format.bits() / 8),
                blocks.codes())));
    names.add(
        graph.addInitializer(
            Tensors.ofFloats(
                linear.weight() + "_scales", List.of(columns * perColumn), blocks.scales())));
    if (format.zeroPoints()) {
      names.add(
          graph.addInitializer(
              bytes(
                  linear.weight() + "_zero_points",
                  List.of((long) blocks.zeros().length),
                  blocks.zeros())));
    }
    return names;
  }

  private static TensorProto bytes(String name, List<Long> shape, byte[] values) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(DataType.UINT8.getNumber())
        .addAllDims(shape)
        .setRawData(ByteString.copyFrom(values))
        .build();
  }

  private static float[] finite(Linear linear, Path source) {
    float[] matrix = Tensors.floats(linear.matrix());
    try {
      BlockMatrix.requireFinite(matrix, linear.outputs());
    } catch (IllegalArgumentException notFinite) {
      throw ProblemException.at(
          ProblemKind.INPUT,
          Location.ofFile(source.toString()),
          "cannot quantize " + linear.weight() + ": " + notFinite.getMessage(),
          null);
    }
    return matrix;
  }
}
