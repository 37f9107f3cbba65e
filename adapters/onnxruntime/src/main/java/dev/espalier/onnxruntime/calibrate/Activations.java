package dev.espalier.onnxruntime.calibrate;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.measure.OrtLibrary;
import dev.espalier.onnxruntime.measure.OrtSessions;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs a model over examples and shows its intermediate tensors, one at a time.
 *
 * <p>The wanted tensors become outputs of a copy of the model. ONNX Runtime holds those of one
 * batch at once; when there are more than {@code tensorsPerPass}, the examples are run several
 * times. Passes save next to no memory on MiniLM (docs/results.md), so the default only bounds
 * unusual graphs.
 *
 * @param threads intra-op threads of ONNX Runtime
 * @param tensorsPerPass how many tensors are held at once, at least 1
 */
public record Activations(int threads, int tensorsPerPass) {
  /** Enough for BERT-base at once. */
  public static final int TENSORS_PER_PASS = 256;

  /** Checks both. */
  public Activations {
    if (threads < 1 || tensorsPerPass < 1) {
      throw new IllegalArgumentException(
          "threads and tensors per pass are at least 1, not " + threads + " and " + tensorsPerPass);
    }
  }

  /** A run on this many threads. */
  public Activations(int threads) {
    this(threads, TENSORS_PER_PASS);
  }

  /** Looks at one tensor of one batch. */
  @FunctionalInterface
  public interface Viewer {
    /**
     * Looks.
     *
     * @param tensor its name in the model
     * @param values row-major, all finite; the array is not used again
     * @param shape the dimensions
     */
    void view(String tensor, float[] values, long[] shape);
  }

  /**
   * Shows {@code tensors} of each batch. Within a batch their order is that of {@code tensors};
   * with several passes, all batches of the first tensors come before those of the next.
   *
   * @param source what problems call the model
   * @param tensors names of float32 tensors that a node writes or that are inputs
   * @throws IllegalArgumentException when the model has no such tensor, or there is no batch
   * @throws ProblemException of kind INPUT when a value is NaN or infinite, when ONNX Runtime can't
   *     load or run the model, or a batch lacks an input; ENVIRONMENT when ONNX Runtime itself
   *     can't be loaded or the temporary directory is full
   */
  public void view(
      ModelProto model,
      Path source,
      Collection<String> tensors,
      CalibrationBatches batches,
      Viewer viewer) {
    List<String> wanted = List.copyOf(new LinkedHashSet<>(tensors));
    for (int from = 0; from < wanted.size(); from += tensorsPerPass) {
      int to = Math.min(wanted.size(), from + tensorsPerPass);
      pass(model, source, wanted.subList(from, to), batches, viewer);
    }
  }

  private void pass(
      ModelProto model,
      Path source,
      List<String> tensors,
      CalibrationBatches batches,
      Viewer viewer) {
    OrtSessions sessions = new OrtSessions(OrtLibrary::environment);
    Path copy = temporary();
    try {
      OnnxFiles.write(copy, withOutputs(model, tensors));
      OrtSession session =
          sessions.open(
              copy,
              source,
              options -> {
                options.setOptimizationLevel(OptLevel.BASIC_OPT);
                options.setIntraOpNumThreads(threads);
                options.setInterOpNumThreads(1);
                // Else memory once taken for a long batch is kept for all that follow.
                options.setCPUArenaAllocator(false);
                options.setMemoryPatternOptimization(false);
              });
      try (session) {
        int batch = 0;
        for (Map<String, OnnxInput> inputs : batches) {
          run(sessions.environment(), session, source, tensors, inputs, batch, viewer);
          batch++;
        }
        if (batch == 0) {
          throw new IllegalArgumentException("there is nothing to calibrate on");
        }
      }
    } catch (OrtException failed) {
      throw OrtSessions.running(source, failed);
    } finally {
      copy.toFile().delete();
    }
  }

  private static void run(
      OrtEnvironment environment,
      OrtSession session,
      Path source,
      List<String> tensors,
      Map<String, OnnxInput> inputs,
      int batch,
      Viewer viewer)
      throws OrtException {
    List<OnnxTensor> opened = new ArrayList<>();
    try {
      Map<String, OnnxTensor> fed = new HashMap<>();
      for (String name : session.getInputNames()) {
        OnnxInput input = inputs.get(name);
        if (input == null) {
          throw problem(
              source, "has an input " + name + ", which the calibration set doesn't have");
        }
        OnnxTensor tensor = tensor(environment, input);
        opened.add(tensor);
        fed.put(name, tensor);
      }
      Set<String> written = new LinkedHashSet<>(tensors);
      written.removeAll(session.getInputNames());
      // Nothing to ask for when all that is wanted are inputs; ONNX Runtime wants one output.
      Set<String> asked = written.isEmpty() ? Set.of(first(session)) : written;
      try (OrtSession.Result result = session.run(fed, asked)) {
        for (String name : tensors) {
          OnnxInput input = inputs.get(name);
          if (!written.contains(name) && input instanceof OnnxInput.Floats floats) {
            show(source, name, floats.values().clone(), floats.shape(), batch, viewer);
            continue;
          }
          OnnxValue value = result.get(name).orElseThrow();
          if (value instanceof OnnxTensor tensor && tensor.getInfo().type == OnnxJavaType.FLOAT) {
            FloatBuffer buffer = tensor.getFloatBuffer();
            float[] values = new float[buffer.remaining()];
            buffer.get(values);
            show(source, name, values, tensor.getInfo().getShape(), batch, viewer);
          } else {
            throw problem(source, "the tensor " + name + " is not of type float32");
          }
        }
      }
    } finally {
      opened.forEach(OnnxTensor::close);
    }
  }

  private static void show(
      Path source, String name, float[] values, long[] shape, int batch, Viewer viewer) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw problem(
            source,
            "the tensor "
                + name
                + " has the value "
                + values[i]
                + " at position "
                + i
                + " of calibration batch "
                + (batch + 1));
      }
    }
    viewer.view(name, values, shape);
  }

  private static String first(OrtSession session) {
    return session.getOutputNames().iterator().next();
  }

  private static OnnxTensor tensor(OrtEnvironment environment, OnnxInput input)
      throws OrtException {
    if (input instanceof OnnxInput.Longs longs) {
      return OnnxTensor.createTensor(environment, LongBuffer.wrap(longs.values()), longs.shape());
    }
    if (input instanceof OnnxInput.Ints ints) {
      return OnnxTensor.createTensor(environment, IntBuffer.wrap(ints.values()), ints.shape());
    }
    OnnxInput.Floats floats = (OnnxInput.Floats) input;
    return OnnxTensor.createTensor(environment, FloatBuffer.wrap(floats.values()), floats.shape());
  }

  /** A copy of the model whose outputs are also {@code tensors}. */
  private static ModelProto withOutputs(ModelProto model, List<String> tensors) {
    Set<String> present = new HashSet<>();
    model.getGraph().getOutputList().stream().map(ValueInfoProto::getName).forEach(present::add);
    Set<String> inputs = new HashSet<>();
    model.getGraph().getInputList().stream().map(ValueInfoProto::getName).forEach(inputs::add);
    OnnxGraph graph = OnnxGraph.of(model);
    for (String tensor : tensors) {
      if (graph.initializer(tensor) != null
          || (graph.producer(tensor) == null && !inputs.contains(tensor))) {
        throw new IllegalArgumentException(
            "there is no input and no node with an output " + tensor + " to observe");
      }
      if (!inputs.contains(tensor) && present.add(tensor)) {
        graph.output(tensor, DataType.FLOAT);
      }
    }
    return graph.toModel();
  }

  private static Path temporary() {
    try {
      return Files.createTempFile("espalier-calibration-", ".onnx");
    } catch (IOException unwritable) {
      throw ProblemException.of(
          ProblemKind.ENVIRONMENT,
          "cannot write to the temporary directory: " + unwritable.getMessage(),
          "Point java.io.tmpdir to a directory with room.");
    }
  }

  private static ProblemException problem(Path source, String message) {
    return ProblemException.at(
        ProblemKind.INPUT, Location.ofFile(source.toString()), message, null);
  }
}
