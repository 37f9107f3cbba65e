package dev.espalier.onnxruntime;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs models of any inputs, and finds the ranges of their tensors by looking at all values. */
public final class OrtRuns {
  private OrtRuns() {}

  /**
   * An input.
   *
   * @param values float[] or long[]
   * @param shape its dimensions
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Input(Object values, long... shape) {}

  /** All float outputs by name. */
  public static Map<String, float[]> run(Path file, OptLevel level, Map<String, Input> inputs) {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    Map<String, OnnxTensor> tensors = new HashMap<>();
    Map<String, float[]> outputs = new LinkedHashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(level);
      options.setIntraOpNumThreads(1);
      try (OrtSession session = environment.createSession(file.toString(), options)) {
        for (Map.Entry<String, Input> input : inputs.entrySet()) {
          tensors.put(input.getKey(), tensor(environment, input.getValue()));
        }
        try (OrtSession.Result result = session.run(tensors)) {
          for (Map.Entry<String, ai.onnxruntime.OnnxValue> output : result) {
            FloatBuffer values = ((OnnxTensor) output.getValue()).getFloatBuffer();
            float[] copy = new float[values.remaining()];
            values.get(copy);
            outputs.put(output.getKey(), copy);
          }
        }
      }
    } catch (OrtException failed) {
      throw new AssertionError(file + " at " + level, failed);
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
    return outputs;
  }

  /** The smallest and largest value of each of these tensors of a model on these inputs. */
  public static Map<String, TensorRange> ranges(
      Path model, Set<String> tensors, List<Map<String, Input>> samples) {
    ModelProto source = OnnxFiles.read(model);
    OnnxGraph graph = OnnxGraph.of(source);
    for (String tensor : tensors) {
      boolean isOutput =
          source.getGraph().getOutputList().stream()
              .anyMatch(output -> output.getName().equals(tensor));
      boolean isInput =
          source.getGraph().getInputList().stream()
              .anyMatch(input -> input.getName().equals(tensor));
      if (isInput) {
        graph.node("Identity", List.of(tensor), tensor + "/seen");
        graph.output(tensor + "/seen", DataType.FLOAT);
      } else if (!isOutput) {
        graph.output(tensor, DataType.FLOAT);
      }
    }
    Path watched = model.resolveSibling(model.getFileName() + ".watched");
    OnnxFiles.write(watched, withoutShapes(graph.toModel()));
    Map<String, TensorRange> ranges = new LinkedHashMap<>();
    for (Map<String, Input> sample : samples) {
      Map<String, float[]> values = run(watched, OptLevel.BASIC_OPT, sample);
      for (String tensor : tensors) {
        float[] all =
            values.containsKey(tensor) ? values.get(tensor) : values.get(tensor + "/seen");
        TensorRange range = ranges.get(tensor);
        float least = range == null ? Float.POSITIVE_INFINITY : range.minimum();
        float most = range == null ? Float.NEGATIVE_INFINITY : range.maximum();
        for (float value : all) {
          least = Math.min(least, value);
          most = Math.max(most, value);
        }
        ranges.put(tensor, new TensorRange(least, most));
      }
    }
    return ranges;
  }

  /** An output that was declared without dimensions is a scalar; of an unknown shape is meant. */
  private static ModelProto withoutShapes(ModelProto model) {
    ModelProto.Builder open = model.toBuilder();
    open.getGraphBuilder()
        .getOutputBuilderList()
        .forEach(output -> output.getTypeBuilder().getTensorTypeBuilder().clearShape());
    return open.build();
  }

  private static OnnxTensor tensor(OrtEnvironment environment, Input input) throws OrtException {
    return input.values() instanceof long[] ids
        ? OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), input.shape())
        : OnnxTensor.createTensor(
            environment, FloatBuffer.wrap((float[]) input.values()), input.shape());
  }
}
