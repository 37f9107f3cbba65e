package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.run.RunEvent;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.core.data.TaskSource;
import dev.espalier.core.model.BertNames;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.TrainingPlan;
import dev.espalier.djl.DjlFinePruner;
import dev.espalier.onnxruntime.bert.ClasspathModels;
import dev.espalier.pruners.MovementPruner;
import dev.espalier.tasks.TaskLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Trains long on real data while garbage is collected often, since a gradient that reads freed
 * memory shows only now and then.
 */
@Tag("slow")
class SoakTest {
  private static final Path SST2 = Path.of("../../shared/data/sst2");
  private static final int RUNS = 3;
  private static final long STEPS = 3_000;
  private static final int STEPS_BETWEEN_COLLECTIONS = 20;
  private static final long SEED = 1;

  @TempDir Path directory;

  @Test
  @DisplayName("3 runs of 3,000 steps on SST-2 have the same finite losses to the last bit")
  void sameLosses() {
    assumeTrue(Files.isDirectory(SST2), "SST-2 is not at " + SST2);
    PretrainedModel model = new ClasspathModels().load("all-minilm-l6-v2");
    EncodedSet train =
        new TaskLoader()
            .load(
                new TaskSource.Request(
                    "sst-2", SST2.resolve("train.tsv"), SST2.resolve("dev.tsv"), 0, 0, 128, SEED),
                model.tokenizerJson())
            .train();

    List<Double> first = losses(model, train, 1);
    for (int run = 2; run <= RUNS; run++) {
      assertThat(losses(model, train, run)).as("run %d, seed %d", run, SEED).isEqualTo(first);
    }
  }

  private List<Double> losses(PretrainedModel model, EncodedSet train, int run) {
    TrainingPlan training = new TrainingPlan(STEPS, 8, 5e-5, 1e-2, 0, STEPS / 10, 1, 1e-8, SEED, 2);
    PruningPlan pruning =
        PruningPlan.weightByWeight(
            "movement",
            new MovementPruner(),
            model.weights(),
            BertNames.encoderLinears(6).stream().map(prefix -> prefix + ".weight").toList(),
            new CubicSchedule(1, 0.15, STEPS / 10, STEPS * 8 / 10));
    List<Double> losses = new ArrayList<>();
    FinePruner.Outcome outcome =
        new DjlFinePruner(new SafeTensorsStore())
            .run(
                new FinePruner.Request(
                    run, model, train, training, pruning, directory.resolve("last-good")),
                event -> {
                  RunEvent.StepDone step = (RunEvent.StepDone) event;
                  losses.add(step.loss());
                  if (step.step() % STEPS_BETWEEN_COLLECTIONS == 0) {
                    System.gc();
                  }
                });
    System.out.printf(
        "soak run %d: %d steps in %.0f s, last smoothed loss %.6f%n",
        run, losses.size(), outcome.seconds(), losses.get(losses.size() - 1));
    assertThat(losses).allSatisfy(loss -> assertThat(loss).isFinite());
    return losses;
  }
}
