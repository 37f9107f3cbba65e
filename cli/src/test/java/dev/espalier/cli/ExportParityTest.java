package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.data.Batch;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.run.RunListener;
import dev.espalier.djl.BertModel;
import dev.espalier.djl.DjlFinePruner;
import dev.espalier.djl.SafeTensors;
import dev.espalier.onnxruntime.OrtTools;
import dev.espalier.onnxruntime.bert.ClasspathModels;
import dev.espalier.onnxruntime.measure.OrtMeter;
import dev.espalier.pruners.MagnitudePruner;
import dev.espalier.tasks.TaskLoader;
import dev.espalier.tuner.port.BertNames;
import dev.espalier.tuner.port.FinePruner;
import dev.espalier.tuner.port.PretrainedModel;
import dev.espalier.tuner.port.PruningPlan;
import dev.espalier.tuner.port.TrainingPlan;
import dev.espalier.tuner.port.TransformerWeights;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The exported file against the trainer that it came from. */
class ExportParityTest {
  private static final long SEED = 5;

  @TempDir Path directory;

  @Test
  @DisplayName("logits of a fine-pruned MiniLM and of its ONNX file differ by less than 1e-4")
  void sameLogits() {
    PretrainedModel model = new ClasspathModels().load("all-minilm-l6-v2");
    TaskLoader.Loaded data =
        TaskLoader.load(
            new TaskLoader.Request("sentiment-twin", null, null, 64, 64, 128, SEED),
            model.tokenizerJson());
    PruningPlan pruning =
        PruningPlan.weightByWeight(
            "magnitude",
            new MagnitudePruner(),
            model.weights(),
            BertNames.encoderLinears(6).stream().map(prefix -> prefix + ".weight").toList(),
            new CubicSchedule(1, 0.5, 0, 3));
    TransformerWeights weights =
        new DjlFinePruner(new SafeTensors())
            .run(
                new FinePruner.Request(
                    1,
                    model,
                    data.train(),
                    new TrainingPlan(4, 16, 1e-4, 1e-2, 0, 1, 1, 1e-8, SEED, 2),
                    pruning,
                    directory.resolve("last-good")),
                RunListener.SILENT)
            .weights();
    Path file = directory.resolve("model.onnx");
    new OrtTools().export(weights, data.train().labels(), file);

    float[][] exported = new OrtMeter().logits(file, data.evaluation(), 2);
    float[] trained;
    try (BertModel trainer = BertModel.load(weights)) {
      trained = trainer.logits(Batch.of(data.evaluation().examples()));
    }

    float largest = 0;
    for (int row = 0; row < exported.length; row++) {
      for (int label = 0; label < 2; label++) {
        largest = Math.max(largest, Math.abs(exported[row][label] - trained[2 * row + label]));
      }
    }
    assertThat(largest).as("largest difference, seed %d", SEED).isLessThan(1e-4f);
  }
}
