package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.data.Batch;
import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.run.RunListener;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.core.data.TaskSource;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.core.model.BertNames;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.TrainingPlan;
import dev.espalier.djl.BertModel;
import dev.espalier.djl.DjlFinePruner;
import dev.espalier.onnxruntime.OrtTools;
import dev.espalier.onnxruntime.bert.ClasspathModels;
import dev.espalier.onnxruntime.measure.OrtMeter;
import dev.espalier.pruners.MagnitudePruner;
import dev.espalier.tasks.TaskLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The exported file against the trainer that it came from. */
class ExportParityTest {
  private static final long SEED = 5;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"classes", "a value", "spans"})
  @DisplayName("outputs of a fine-pruned MiniLM and of its ONNX file differ by less than 1e-4")
  void sameOutputs(String kind) {
    PretrainedModel model = new ClasspathModels().load("all-minilm-l6-v2");
    TaskData data =
        new TaskLoader()
            .load(
                new TaskSource.Request("sentiment-twin", null, null, 64, 64, 128, SEED),
                model.tokenizerJson());
    EncodedSet train = withTargets(data.train(), kind);
    PruningPlan pruning =
        PruningPlan.weightByWeight(
            "magnitude",
            new MagnitudePruner(),
            model.weights(),
            BertNames.encoderLinears(6).stream().map(prefix -> prefix + ".weight").toList(),
            new CubicSchedule(1, 0.5, 0, 3));
    TransformerWeights weights =
        new DjlFinePruner(new SafeTensorsStore())
            .run(
                new FinePruner.Request(
                    1,
                    model,
                    train,
                    new TrainingPlan(4, 16, 1e-4, 1e-2, 0, 1, 1, 1e-8, SEED, 2),
                    pruning,
                    directory.resolve("last-good")),
                RunListener.SILENT)
            .weights();
    Path file = directory.resolve("model.onnx");
    new OrtTools().export(weights, train.head(), file);

    EncodedSet evaluation = withTargets(data.evaluations().get(0).set(), kind);
    List<float[][]> exported = new OrtMeter().outputs(file, evaluation, 2);
    float[] trained;
    Batch batch = Batch.of(evaluation.examples());
    try (BertModel trainer = BertModel.load(weights)) {
      trained = trainer.logits(batch);
    }

    float largest = 0;
    int compared = 0;
    for (int row = 0; row < batch.rows(); row++) {
      int columns =
          kind.equals("spans") ? evaluation.examples().get(row).length() : train.head().outputs();
      for (int column = 0; column < columns; column++) {
        for (int output = 0; output < exported.size(); output++) {
          int at =
              kind.equals("spans")
                  ? 2 * (row * batch.columns() + column) + output
                  : row * columns + column;
          float difference = exported.get(output)[row][column] - trained[at];
          largest = Math.max(largest, Math.abs(difference));
          compared++;
        }
      }
    }
    assertThat(compared).isGreaterThanOrEqualTo(64);
    assertThat(largest).as("largest difference, seed %d", SEED).isLessThan(1e-4f);
  }

  private static EncodedSet withTargets(EncodedSet set, String kind) {
    Head head =
        switch (kind) {
          case "spans" -> new Head.Spans();
          case "a value" -> new Head.Regression();
          default -> set.head();
        };
    List<EncodedExample> examples = new ArrayList<>();
    for (EncodedExample each : set.examples()) {
      Target target =
          switch (kind) {
            case "spans" -> new Target.Span(1, each.length() - 2);
            case "a value" -> new Target.Value(each.length() / 10.0);
            default -> each.target();
          };
      examples.add(new EncodedExample(each.inputIds(), each.tokenTypeIds(), target));
    }
    return new EncodedSet(set.name(), set.source(), set.sha256(), head, examples);
  }
}
