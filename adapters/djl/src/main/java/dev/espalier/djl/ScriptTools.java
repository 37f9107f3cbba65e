package dev.espalier.djl;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.espalier.api.data.Batch;
import dev.espalier.api.data.Batching;
import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.checkpoints.BrokenFile;
import dev.espalier.core.export.ExportedModels;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.export.OnnxTools.LatencySettings;
import dev.espalier.core.export.OnnxTools.Request;
import dev.espalier.core.model.TorchScript;
import dev.espalier.core.model.TransformerWeights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Writes TorchScript models with pruned weights, and measures them through libtorch. */
public final class ScriptTools implements ExportedModels {
  private static final int EVALUATION_BATCH = 32;
  private static final long SEED = 20_261_123;

  /** Ids that a request draws from; every vocabulary has as many but a toy's. */
  private static final int SMALL_VOCABULARY = 100;

  /** Tools that keep nothing between two calls. */
  public ScriptTools() {}

  @Override
  public void export(TransformerWeights weights, Head head, Path file) {
    try (ScriptNetwork network = network(weights)) {
      network.write(file);
    }
  }

  @Override
  public void check(TransformerWeights weights, Head head) {
    EncodedExample example = new EncodedExample(new int[3], new int[3], 0);
    try (ScriptNetwork network = network(weights);
        NDManager step = network.manager().newSubManager()) {
      Batch batch = Batch.of(List.of(example, example));
      Shape found =
          network.answer(BatchArrays.of(batch, step, network.type()), false).output().getShape();
      Shape wanted =
          head instanceof Head.Spans
              ? new Shape(batch.rows(), batch.columns(), 2)
              : new Shape(batch.rows(), head.outputs());
      if (!found.equals(wanted)) {
        throw wrong(((TorchScript) weights.architecture()).file(), found, wanted, head.outputs());
      }
    }
  }

  private static ProblemException wrong(Path file, Shape found, Shape wanted, int outputs) {
    return BrokenFile.file(
        file,
        "answers 2 examples of 3 tokens with "
            + found
            + ", the task asks for "
            + wanted
            + ": "
            + outputs
            + " values each",
        "Trace a model with a head for this task: a TorchScript model keeps its own.",
        null);
  }

  @Override
  public List<float[][]> outputs(Path file, EncodedSet set, int threads) {
    boolean spans = set.head() instanceof Head.Spans;
    List<float[][]> outputs = new ArrayList<>();
    for (int i = 0; i < (spans ? 2 : 1); i++) {
      outputs.add(new float[set.size()][]);
    }
    Torch.useThreads(threads);
    try (ScriptNetwork network = open(file)) {
      for (int[] indices : Batching.byLength(set, EVALUATION_BATCH)) {
        float[] values = network.logits(Batching.pad(set, indices));
        int width = values.length / indices.length / outputs.size();
        for (int row = 0; row < indices.length; row++) {
          for (int output = 0; output < outputs.size(); output++) {
            float[] of = new float[width];
            for (int i = 0; i < width; i++) {
              of[i] = values[(row * width + i) * outputs.size() + output];
            }
            outputs.get(output)[indices[row]] = of;
          }
        }
      }
    }
    return outputs;
  }

  @Override
  public Map<String, Latency> measureLatency(Map<String, Path> files, LatencySettings settings) {
    Torch.useThreads(settings.threads());
    Map<String, ScriptNetwork> networks = new LinkedHashMap<>();
    try {
      files.forEach((name, file) -> networks.put(name, open(file).asServed()));
      int vocabulary =
          networks.values().stream().mapToInt(ScriptNetwork::vocabulary).min().orElse(1);
      Batch batch = request(settings, Math.min(vocabulary, SMALL_VOCABULARY));
      Map<String, Request<RuntimeException>> requests = new LinkedHashMap<>();
      networks.forEach(
          (name, network) ->
              requests.put(
                  name,
                  () -> {
                    float[] unused = network.logits(batch);
                  }));
      return Latency.inTurn(requests, settings);
    } finally {
      networks.values().forEach(ScriptNetwork::close);
    }
  }

  private static Batch request(LatencySettings settings, int vocabulary) {
    Random random = new Random(SEED);
    EncodedExample[] examples = new EncodedExample[settings.batchSize()];
    for (int row = 0; row < examples.length; row++) {
      int[] ids = random.ints(settings.sequenceLength(), 0, vocabulary).toArray();
      examples[row] = new EncodedExample(ids, new int[ids.length], 0);
    }
    return Batch.of(List.of(examples));
  }

  private static ScriptNetwork network(TransformerWeights weights) {
    return ScriptNetwork.trainable((TorchScript) weights.architecture(), weights.tensors());
  }

  private static ScriptNetwork open(Path file) {
    return ScriptNetwork.open(new TorchScript(file, ScriptSignature.inputs(file)));
  }
}
