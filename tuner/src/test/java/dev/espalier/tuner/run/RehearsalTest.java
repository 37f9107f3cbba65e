package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.run.RunEvent;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.training.FinePruner;
import dev.espalier.tuner.directory.Interruption;
import dev.espalier.tuner.prepare.RunServices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be learnt before the real run: by a dry run, and by a smoke test. */
class RehearsalTest {
  private static final long STEP_NANOS = 50_000_000;

  @TempDir Path folder;
  private final Fakes fakes = new Fakes();
  private final List<FinePruner.Request> trainings = new ArrayList<>();
  private long nanos;

  @Test
  @DisplayName("a dry run tells the plan, time and memory, and leaves nothing behind")
  void dryRun() throws IOException {
    String said = new DryRun(load(), steppingServices(), () -> nanos).rehearse();

    assertThat(said)
        .contains("fine-pruning", "A step took 0.050 s", "Nothing was written.")
        // 100 examples in batches of 16: 7 steps an epoch, 3 epochs, baseline and pruned.
        .containsPattern("training would take less than a minute: 42 steps");
    assertThat(folder.resolve("runs")).doesNotExist();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("tiny.yaml"));
    }
  }

  @Test
  @DisplayName("a dry run does not count the steps of a baseline that is given")
  void givenBaseline() {
    String said =
        new DryRun(
                load("tuning.baseline.metrics={accuracy: 0.9}", "tuning.objective=density"),
                steppingServices(),
                () -> nanos)
            .rehearse();

    assertThat(said).contains(": 21 steps. Export").containsPattern("starts from +given");
  }

  @Test
  @DisplayName("the last step of a dry run is on the longest batch, where memory peaks")
  void longestBatch() {
    String unused = new DryRun(load(), steppingServices(), () -> nanos).rehearse();

    FinePruner.Request last = trainings.get(trainings.size() - 1);
    assertThat(last.training().totalSteps()).isEqualTo(1);
    assertThat(last.train().examples()).hasSize(16);
    assertThat(last.train().examples().get(0).length()).isEqualTo(9);
  }

  @Test
  @DisplayName("a dry run fails as the run would")
  void dryRunFails() {
    ResolvedConfiguration wrong =
        load("pruning.approach.weight_compression.pruners=[{prune_type: movement, names: [none]}]");

    assertThatThrownBy(() -> new DryRun(wrong, steppingServices(), () -> nanos).rehearse())
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("\"none\" matches none");
  }

  @Test
  @DisplayName("the peak of memory is read where Linux says it, and unknown elsewhere")
  void peak() throws IOException {
    Path status = folder.resolve("status");
    Files.writeString(status, "Name:\tjava\nVmHWM:\t  2048 kB\nVmRSS:\t 1 kB\n");

    assertThat(DryRun.peakBytes(status)).hasValue(2_097_152);
    assertThat(DryRun.peakBytes(folder.resolve("nowhere"))).isEmpty();
  }

  @Test
  @DisplayName("a smoke test sees two layers at most, few examples and a few steps")
  void smoke() {
    RunServices services = SmokeRun.services(fakes.services());
    PretrainedModel model = services.models().load("all-minilm-l6-v2");
    ResolvedConfiguration smoke =
        load(SmokeRun.assignments(load("model.name=" + "n".repeat(100))).toArray(String[]::new));

    assertThat(model.weights().bert().layers()).isLessThanOrEqualTo(2);
    assertThat(model.weights().tensors().keySet()).noneMatch(name -> name.contains("layer.2."));
    assertThat(smoke.configuration().model().name()).endsWith("n-smoke");
    assertThat(smoke.configuration().pruning().train().maxSteps()).isEqualTo(8);
  }

  @Test
  @DisplayName("a smoke test goes through every stage")
  void smokeRuns() throws IOException {
    RunResult result =
        Run.execute(
            load(SmokeRun.assignments(load()).toArray(String[]::new)),
            SmokeRun.services(fakes.services()),
            Invocation.BY_PROGRAM,
            event -> {},
            new Interruption());

    assertThat(result.exitCode()).isZero();
    assertThat(result.directory().getParent().getFileName()).hasToString("tiny-smoke");
    assertThat(result.summary()).contains("any loss is accepted").doesNotContain("threshold");
    assertThat(result.directory().resolve("report.html"))
        .content()
        .contains("any loss is accepted")
        .doesNotContain("<td>threshold");
    JsonNode criterion =
        new ObjectMapper()
            .readTree(result.directory().resolve("result.json").toFile())
            .path("criterion");
    assertThat(criterion.path("kind").asText()).isEqualTo("absolute");
    assertThat(criterion.path("value").isNull()).isTrue();
    assertThat(criterion.path("threshold").isNull()).isTrue();
  }

  /** Fakes whose trainer takes its time, on examples of which one is long. */
  private RunServices steppingServices() {
    RunServices plain = fakes.services();
    FinePruner trainer =
        (request, listener, stop) -> {
          trainings.add(request);
          for (long step = 1; step <= request.training().totalSteps(); step++) {
            nanos += step <= 3 ? 10 * STEP_NANOS : STEP_NANOS; // The first ones warm up.
            listener.on(
                new RunEvent.StepDone(
                    1,
                    step,
                    request.training().totalSteps(),
                    0.5,
                    0,
                    1e-3,
                    1,
                    OptionalDouble.empty(),
                    10,
                    Duration.ZERO));
          }
          return new FinePruner.Outcome(
              request.model().weights(), Map.of(), Map.of(), List.of(), 1);
        };
    return new RunServices(
        plain.models(),
        (request, tokenizer) -> {
          TaskData data = plain.tasks().load(request, tokenizer);
          List<EncodedExample> examples = new ArrayList<>(data.train().examples());
          Collections.fill(examples.subList(50, 51), new EncodedExample(new int[9], new int[9], 0));
          EncodedSet train = data.train();
          return new TaskData(train.with(examples), null, data.evaluations(), data.metrics());
        },
        trainer,
        plain.checkpoints(),
        plain.onnx(),
        plain.scripts(),
        plain.archives(),
        plain.pruners(),
        plain.strategies(),
        plain.metrics(),
        plain.libraryVersions());
  }

  private ResolvedConfiguration load(String... assignments) {
    return Fakes.configuration(folder, assignments);
  }
}
