package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TorchScript;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.FinePruner.Checkpointing;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.StopSignal;
import dev.espalier.core.training.Stopped;
import dev.espalier.core.training.TrainingPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fine-pruning knows a TorchScript model by the names of its parameters alone. */
class ScriptPruningTest {
  private static final long SEED = 9;
  private static final EncodedSet TRAIN = RandomBert.parity(640, SEED);
  private static final EncodedSet JUDGED = RandomBert.parity(400, SEED + 100);
  private static final String KERNEL = "conv.weight";
  private static final String MATRIX = "out.weight";

  @TempDir Path directory;
  private PretrainedModel model;

  @BeforeEach
  void write() {
    model = read(TinyScript.classifier(directory.resolve("tiny.pt"), 2, SEED));
  }

  private static PretrainedModel read(Path file) {
    TorchScript script = new TorchScript(file, ScriptSignature.inputs(file));
    try (ScriptNetwork network = ScriptNetwork.open(script)) {
      TransformerWeights weights = new TransformerWeights(script, network.tensors());
      return new PretrainedModel("tiny", weights, new byte[0], "none");
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"magnitude", "movement", "snip_momentum", "group_lasso"})
  @DisplayName("the model learns at exactly the density asked for, a convolution's kernels, too")
  void learnsAtDensity(String name) {
    FinePruner.Outcome outcome = train(density(name, 0.5), null, RunListener.SILENT);

    for (String parameter : List.of(KERNEL, MATRIX)) {
      Tensor tensor = outcome.weights().get(parameter);
      int size = tensor.values().length;
      assertThat(size - tensor.zeros()).as(parameter).isEqualTo(TopShare.count(0.5, size));
    }
    assertThat(outcome.weights().get("embeddings.weight").values())
        .as("embeddings are frozen")
        .isEqualTo(model.weights().get("embeddings.weight").values());
    assertThat(accuracy(outcome.weights())).as("seed %d", SEED).isGreaterThan(0.74);
    assertThat(accuracy(model.weights())).as("before, seed %d", SEED).isLessThan(0.65);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"magnitude", "movement"})
  @DisplayName("cut off and gone on with, a training ends to the last bit as the whole one")
  void goesOn(String name) {
    SortedMap<String, Tensor> whole =
        train(density(name, 0.4), null, RunListener.SILENT).weights().tensors();
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 7);
    StopSignal stop = new StopSignal();
    RunListener stopping =
        event -> {
          if (event instanceof RunEvent.StepDone done && done.step() == 31) {
            stop.request();
          }
        };
    assertThatThrownBy(() -> train(density(name, 0.4), kept, stopping, stop))
        .isInstanceOf(Stopped.class);
    SortedMap<String, Tensor> gone =
        train(density(name, 0.4), kept, RunListener.SILENT).weights().tensors();

    whole.forEach(
        (parameter, tensor) ->
            assertThat(gone.get(parameter).values()).as(parameter).isEqualTo(tensor.values()));
  }

  @Test
  @DisplayName("a parameter that the program does not use stays as it is")
  void unused() {
    SortedMap<String, Tensor> tensors = TinyScript.parameters(2, SEED);
    tensors.put("pooler.weight", Tensor.matrix(2, 2, new float[] {1, 2, 3, 4}));
    model =
        read(
            TinyScript.write(
                directory.resolve("unused.pt"),
                tensors,
                Map.of(),
                TinyScript.forward("input_ids", "attention_mask")));

    FinePruner.Outcome outcome = train(density("movement", 0.5), null, RunListener.SILENT);

    assertThat(outcome.weights().get("pooler.weight").values()).containsExactly(1, 2, 3, 4);
    assertThat(accuracy(outcome.weights())).as("seed %d", SEED).isGreaterThan(0.74);
  }

  private PruningPlan density(String name, double density) {
    Pruner pruner = Pruners.named(name, Map.of());
    return PruningPlan.weightByWeight(
        name,
        pruner,
        model.weights(),
        List.of(KERNEL, MATRIX),
        new CubicSchedule(1, density, 10, 100));
  }

  private FinePruner.Outcome train(
      PruningPlan pruning, @Nullable Checkpointing checkpointing, RunListener listener) {
    return train(pruning, checkpointing, listener, new StopSignal());
  }

  private FinePruner.Outcome train(
      PruningPlan pruning,
      @Nullable Checkpointing checkpointing,
      RunListener listener,
      StopSignal stop) {
    TrainingPlan plan = new TrainingPlan(150, 16, 1e-2, 1e-2, 0, 10, 1, 1e-8, SEED, 1);
    return new DjlFinePruner(new SafeTensorsStore())
        .run(
            new FinePruner.Request(
                1,
                model,
                TRAIN,
                plan,
                pruning,
                directory.resolve("last-good.safetensors"),
                checkpointing,
                null),
            listener,
            stop);
  }

  private double accuracy(TransformerWeights weights) {
    Path file = directory.resolve("judged.pt");
    ScriptTools tools = new ScriptTools();
    tools.export(weights, JUDGED.head(), file);
    float[][] logits = tools.outputs(file, JUDGED, 1).get(0);
    int right = 0;
    for (int i = 0; i < logits.length; i++) {
      int answer = logits[i][0] >= logits[i][1] ? 0 : 1;
      right += answer == JUDGED.examples().get(i).label() ? 1 : 0;
    }
    return (double) right / logits.length;
  }
}
