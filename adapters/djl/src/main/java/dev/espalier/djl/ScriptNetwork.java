package dev.espalier.djl;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.checkpoints.BrokenFile;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TorchScript;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A TorchScript model: its program is libtorch's affair, its parameters are ours by name.
 *
 * <p>libtorch's optimizer of such programs rewrites them after their first runs, and what it makes
 * rounds otherwise. It is off, so that a training that goes on computes what it would have.
 */
final class ScriptNetwork implements Network {
  private final TorchScript script;
  private final NDManager manager;
  private final PtSymbolBlock program;
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private boolean optimized;

  private ScriptNetwork(TorchScript script) {
    this.script = script;
    this.manager = Torch.newManager();
    boolean complete = false;
    try {
      this.program =
          JniUtils.loadModule(
              (PtNDManager) manager, script.file(), false, new String[0], new String[0], true);
      findParameters();
      complete = true;
    } catch (EngineException broken) {
      throw problem("libtorch does not load it: " + firstLine(broken), null, broken);
    } finally {
      if (!complete) {
        manager.close();
      }
    }
  }

  /**
   * Loads a file as it is.
   *
   * @throws ProblemException of kind INPUT when libtorch does not, or when a parameter is not of
   *     float32
   */
  static ScriptNetwork open(TorchScript script) {
    return new ScriptNetwork(script);
  }

  /** Loads a file and puts other values into its parameters. */
  static ScriptNetwork trainable(TorchScript script, SortedMap<String, Tensor> values) {
    ScriptNetwork network = open(script);
    values.forEach((name, tensor) -> floats(network.parameter(name)).put(0, tensor.values()));
    return network;
  }

  /** Lets libtorch's optimizer of programs work, as it does where the file is served. */
  ScriptNetwork asServed() {
    optimized = true;
    return this;
  }

  /** A copy of every parameter's values, by name. */
  SortedMap<String, Tensor> tensors() {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    parameters.forEach(
        (name, array) -> {
          int[] shape =
              Arrays.stream(array.getShape().getShape()).mapToInt(Math::toIntExact).toArray();
          tensors.put(name, new Tensor(shape, array.toFloatArray()));
        });
    return tensors;
  }

  /** The rows of the largest embedding, which all ids are below; 1 when none is known. */
  int vocabulary() {
    return parameters.entrySet().stream()
        .filter(
            each -> script.isFrozen(each.getKey()) && each.getValue().getShape().dimension() > 1)
        .mapToInt(each -> Math.toIntExact(each.getValue().getShape().get(0)))
        .max()
        .orElse(1);
  }

  /** Writes program and parameters; the model is in inference mode when it is read again. */
  void write(Path file) {
    JniUtils.enableInferenceMode(program);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      JniUtils.writeModule(program, out, false);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  @Override
  public DataType type() {
    return DataType.FLOAT32;
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public Map<String, NDArray> parameters() {
    return parameters;
  }

  @Override
  public Answer answer(BatchArrays batch, boolean training) {
    if (training) {
      JniUtils.enableTrainingMode(program);
    } else {
      JniUtils.enableInferenceMode(program);
    }
    JniUtils.setGraphExecutorOptimize(optimized);
    NDList inputs = new NDList();
    script.inputs().forEach(input -> inputs.add(array(batch, input)));
    try {
      NDManager step = batch.inputIds().getManager();
      NDList outputs = program.forward(new ParameterStore(step, false), inputs, training);
      return new Answer(output(outputs, batch), List.of());
    } catch (EngineException failed) {
      throw problem(
          "its forward fails: " + firstLine(failed),
          "It is given "
              + script.inputs()
              + ", each int64 of [batch, sequence]; maybe the tokenizer is another model's.",
          failed);
    }
  }

  private static NDArray array(BatchArrays batch, TorchScript.Input input) {
    return switch (input) {
      case INPUT_IDS -> batch.inputIds();
      case ATTENTION_MASK -> batch.attentionMask();
      case TOKEN_TYPE_IDS -> batch.tokenTypeIds();
    };
  }

  /**
   * The logits among the outputs: those of that name in a dictionary, else the first, or the first
   * two where these score every token.
   */
  private static NDArray output(NDList outputs, BatchArrays batch) {
    NDArray start = named(outputs, "start_logits", 0);
    NDArray end = named(outputs, "end_logits", Math.min(1, outputs.size() - 1));
    boolean spans =
        outputs.size() > 1
            && start.getShape().equals(batch.inputIds().getShape())
            && end.getShape().equals(start.getShape());
    return spans ? start.stack(end, 2) : named(outputs, "logits", 0);
  }

  private static NDArray named(NDList outputs, String name, int otherwise) {
    return outputs.stream()
        .filter(each -> name.equals(each.getName()))
        .findFirst()
        .orElse(outputs.get(otherwise));
  }

  private void findParameters() {
    for (NDArray array : JniUtils.moduleGetParams(program, (PtNDManager) manager)) {
      if (array.getDataType() != DataType.FLOAT32) {
        throw problem(
            "its parameter " + array.getName() + " is of " + array.getDataType() + ", not float32",
            "Save the model in float32: model.float().",
            null);
      }
      if (parameters.values().stream().noneMatch(other -> areOne(other, array))) {
        parameters.put(array.getName(), array);
      }
    }
  }

  /** Whether two names stand for one parameter: then a change of one shows in the other. */
  private static boolean areOne(NDArray a, NDArray b) {
    if (a.size() == 0 || !a.getShape().equals(b.getShape())) {
      return false;
    }
    FloatBuffer of = floats(a);
    FloatBuffer other = floats(b);
    float before = of.get(0);
    if (Float.compare(before, other.get(0)) != 0) {
      return false;
    }
    of.put(0, before + 1);
    boolean changed = Float.compare(other.get(0), before) != 0;
    of.put(0, before);
    return changed;
  }

  private static FloatBuffer floats(NDArray array) {
    return array.toByteBuffer(true).asFloatBuffer();
  }

  /** What libtorch says goes on with a trace through its own source. */
  private static String firstLine(EngineException failed) {
    return String.valueOf(failed.getMessage()).strip().lines().findFirst().orElse("");
  }

  private ProblemException problem(
      String message, @Nullable String advice, @Nullable Throwable cause) {
    return BrokenFile.file(script.file(), message, advice, cause);
  }

  @Override
  public void close() {
    program.close();
    manager.close();
  }
}
