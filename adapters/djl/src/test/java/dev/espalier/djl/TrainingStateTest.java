package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.core.model.BertNames;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.FinePruner.Checkpointing;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.StopSignal;
import dev.espalier.core.training.Stopped;
import dev.espalier.core.training.TrainingPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A training that was cut off goes on to the last bit as if it had not been. */
class TrainingStateTest {
  private static final long SEED = 11;
  private static final int STEPS = 40;
  private static final EncodedSet TRAIN = RandomBert.parity(200, SEED);
  private static final List<String> LINEARS =
      BertNames.encoderLinears(2).stream().map(prefix -> prefix + ".weight").toList();

  @TempDir Path directory;

  /** Every kind of state: none, moments alone, statistics of gradients, scores, λ, gates. */
  static Stream<Arguments> trainings() {
    return Stream.of(
        Arguments.of("dense", null),
        Arguments.of("magnitude", density("magnitude")),
        Arguments.of("group_lasso", density("group_lasso")),
        Arguments.of("snip_momentum", density("snip_momentum")),
        Arguments.of("movement", density("movement")),
        Arguments.of("soft_movement, fixed λ", threshold("soft_movement", 0, 0.1)),
        Arguments.of("soft_movement, steered λ", steered("soft_movement", 0, 0.1)),
        Arguments.of("l0, steered λ", steered("l0", 1, 1)),
        Arguments.of("constant_mask", threshold("constant_mask", 1, 1)),
        Arguments.of("two statistics", density("explorer", new Strangers.Explorer())),
        Arguments.of("from magnitude", density("from_magnitude", new Strangers.FromMagnitude())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("trainings")
  @DisplayName("cut off at three random steps, a training ends as the one that was not")
  void goesOn(String name, @Nullable PruningPlan pruning) {
    FinePruner.Outcome whole = train(pruning, null, RunListener.SILENT);
    Random random = new Random(SEED);
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 7);
    List<Long> steps = new ArrayList<>();
    for (int cut = 0; cut < 3; cut++) {
      long last = 1L + random.nextInt(STEPS - 1);
      Path left = directory.resolve("left-by-a-kill-" + cut);
      StopSignal stop = new StopSignal();
      RunListener cutter =
          event -> {
            if (event instanceof RunEvent.StepDone done) {
              steps.add(done.step());
              if (done.step() >= last) {
                copy(kept.folder(), left);
                stop.request();
              }
            }
          };
      assertThatThrownBy(() -> train(pruning, kept, cutter, stop)).isInstanceOf(Stopped.class);
      if (random.nextBoolean()) {
        // A kill leaves no state of the last step: what was there before is all that there is.
        copy(left, kept.folder());
      }
    }
    FinePruner.Outcome resumed = train(pruning, kept, RunListener.SILENT);

    assertThat(resumed.weights().tensors().keySet()).isEqualTo(whole.weights().tensors().keySet());
    whole
        .weights()
        .tensors()
        .forEach(
            (parameter, tensor) ->
                assertThat(resumed.weights().get(parameter).values())
                    .as("seed %d, %s, steps %s", SEED, parameter, steps)
                    .isEqualTo(tensor.values()));
    assertThat(resumed.scores().keySet()).isEqualTo(whole.scores().keySet());
    whole
        .scores()
        .forEach(
            (ranked, tensor) ->
                assertThat(resumed.scores().get(ranked).values())
                    .as("scores of %s", ranked)
                    .isEqualTo(tensor.values()));
    assertThat(resumed.densities()).isEqualTo(whole.densities());
    assertThat(resumed.curve()).isEqualTo(whole.curve());
  }

  @Test
  @DisplayName("at most one interval is trained again, and nothing after a stop")
  void repeatsLittle() {
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 6);
    PruningPlan pruning = density("movement");
    cutOff(pruning, kept, 20);
    List<Long> steps = new ArrayList<>();
    train(
        pruning,
        kept,
        event -> {
          if (event instanceof RunEvent.StepDone done) {
            steps.add(done.step());
          }
        });

    assertThat(steps).hasSize(STEPS - 20).startsWith(21L).endsWith((long) STEPS);
  }

  @Test
  @DisplayName("one state is on the disk, whatever was there before")
  void oneState() throws IOException {
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 6);
    cutOff(density("movement"), kept, 20);

    assertThat(names(kept.folder())).containsExactly("step-20.json", "step-20.safetensors");
  }

  @Test
  @DisplayName("arrays without their JSON were cut off while they were written: they do not count")
  void halfAState() throws IOException {
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 6);
    PruningPlan pruning = density("movement");
    FinePruner.Outcome whole = train(pruning, null, RunListener.SILENT);
    cutOff(pruning, kept, 20);
    Files.write(kept.folder().resolve("step-24.safetensors"), new byte[100]);

    FinePruner.Outcome resumed = train(pruning, kept, RunListener.SILENT);

    assertThat(resumed.curve()).isEqualTo(whole.curve());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "step-20.json | {} | something is missing in it",
        "step-20.json | {\"step\": | JsonSyntaxException",
        "step-20.safetensors | oops | it was damaged after it was written"
      })
  @DisplayName("a broken state is refused with its name, and what to do")
  void broken(String file, String content, String message) throws IOException {
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 6);
    cutOff(density("movement"), kept, 20);
    Files.writeString(kept.folder().resolve(file), content);

    assertThatThrownBy(() -> train(density("movement"), kept, RunListener.SILENT))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(file)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"step-20.json", "step-20.safetensors"})
  @DisplayName("a state with a flipped bit is refused with its name, unless it means the same")
  void flipped(String file) throws IOException {
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 6);
    FinePruner.Outcome whole = train(density("movement"), null, RunListener.SILENT);
    cutOff(density("movement"), kept, 20);
    Map<String, byte[]> state = new HashMap<>();
    for (String name : names(kept.folder())) {
      state.put(name, Files.readAllBytes(kept.folder().resolve(name)));
    }
    byte[] content = state.get(file);
    int refused = 0;
    for (int i = 0; i < 20; i++) {
      // A flip that means the same is resumed from, and leaves a newer state behind.
      for (String name : names(kept.folder())) {
        Files.delete(kept.folder().resolve(name));
      }
      for (Map.Entry<String, byte[]> each : state.entrySet()) {
        Files.write(kept.folder().resolve(each.getKey()), each.getValue());
      }
      byte[] flipped = content.clone();
      flipped[(int) ((long) i * content.length / 20)] ^= 1;
      Files.write(kept.folder().resolve(file), flipped);
      try {
        // Gson takes a semicolon for a comma.
        assertThat(train(density("movement"), kept, RunListener.SILENT).curve())
            .isEqualTo(whole.curve());
      } catch (ProblemException e) {
        assertThat(e).hasMessageContaining("step-20.");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(15);
  }

  @Test
  @DisplayName("a state with a number that is none is refused with its name")
  void noNumber() throws IOException {
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 6);
    cutOff(density("movement"), kept, 20);
    Path json = kept.folder().resolve("step-20.json");
    Files.writeString(json, Files.readString(json).replaceFirst("(\\d\\.\\d+)", "$1|"));

    assertThatThrownBy(() -> train(density("movement"), kept, RunListener.SILENT))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("step-20.json");
  }

  @Test
  @DisplayName("a state of an earlier build, without checksums, is resumed")
  void withoutChecksums() throws IOException {
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 6);
    PruningPlan pruning = density("movement");
    FinePruner.Outcome whole = train(pruning, null, RunListener.SILENT);
    cutOff(pruning, kept, 20);
    Path json = kept.folder().resolve("step-20.json");
    JsonObject wrapped = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
    Files.writeString(json, wrapped.get("scalars").toString());

    FinePruner.Outcome resumed = train(pruning, kept, RunListener.SILENT);

    assertThat(resumed.curve()).isEqualTo(whole.curve());
  }

  @Test
  @DisplayName("the state of another training is refused, and both are named")
  void another() {
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 6);
    cutOff(density("movement"), kept, 20);

    assertThatThrownBy(() -> train(density("magnitude"), kept, RunListener.SILENT))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("this is the state of another training")
        .hasMessageContaining("movement")
        .hasMessageContaining("magnitude")
        .hasMessageContaining("Remove the folder " + kept.folder());
  }

  @Test
  @DisplayName("a training that is stopped at its last step keeps its result, and no state")
  void stoppedAtTheLastStep() {
    Checkpointing kept = new Checkpointing(directory.resolve("state"), STEPS + 1);
    PruningPlan pruning = density("movement");
    FinePruner.Outcome whole = train(pruning, null, RunListener.SILENT);
    StopSignal stop = new StopSignal();

    FinePruner.Outcome stopped = train(pruning, kept, stoppingAt(STEPS, stop), stop);

    assertThat(stop.isRequested()).isTrue();
    assertThat(stopped.curve()).isEqualTo(whole.curve());
    assertThat(kept.folder()).doesNotExist();
  }

  private void cutOff(PruningPlan pruning, Checkpointing kept, long step) {
    StopSignal stop = new StopSignal();
    assertThatThrownBy(() -> train(pruning, kept, stoppingAt(step, stop), stop))
        .isInstanceOf(Stopped.class);
  }

  private static RunListener stoppingAt(long step, StopSignal stop) {
    return event -> {
      if (event instanceof RunEvent.StepDone done && done.step() == step) {
        stop.request();
      }
    };
  }

  private FinePruner.Outcome train(
      @Nullable PruningPlan pruning, @Nullable Checkpointing kept, RunListener listener) {
    return train(pruning, kept, listener, new StopSignal());
  }

  private FinePruner.Outcome train(
      @Nullable PruningPlan pruning,
      @Nullable Checkpointing kept,
      RunListener listener,
      StopSignal stop) {
    TrainingPlan training = new TrainingPlan(STEPS, 16, 3e-3, 5e-2, 0.01, 4, 1, 1e-8, SEED, 1);
    return new DjlFinePruner(new SafeTensorsStore())
        .run(
            new FinePruner.Request(
                1,
                RandomBert.pretrained(SEED),
                TRAIN,
                training,
                pruning,
                directory.resolve("last-good.safetensors"),
                kept,
                null),
            listener,
            stop);
  }

  private static PruningPlan density(String name) {
    return plan(name, new CubicSchedule(1, 0.3, 4, 28));
  }

  private static PruningPlan density(String name, Pruner pruner) {
    return plan(name, pruner, new CubicSchedule(1, 0.3, 4, 28));
  }

  private static PruningPlan threshold(String name, double from, double to) {
    return plan(name, new CubicSchedule(from, to, 4, 28));
  }

  private static PruningPlan steered(String name, double from, double to) {
    PruningPlan plan = threshold(name, from, to);
    return new PruningPlan(
        name, plan.pruner(), plan.scopes(), null, plan.schedule(), plan.schedule().between(1, 0.3));
  }

  private static PruningPlan plan(String name, CubicSchedule schedule) {
    return plan(name, Pruners.named(name, Map.of()), schedule);
  }

  private static PruningPlan plan(String name, Pruner pruner, CubicSchedule schedule) {
    return PruningPlan.weightByWeight(
        name, pruner, RandomBert.pretrained(SEED).weights(), LINEARS, schedule);
  }

  /** Makes {@code to} a copy of {@code from}; an empty folder when that is not there. */
  private static void copy(Path from, Path to) {
    try {
      Files.createDirectories(to);
      for (String name : names(to)) {
        Files.delete(to.resolve(name));
      }
      if (Files.exists(from)) {
        for (String name : names(from)) {
          Files.copy(from.resolve(name), to.resolve(name));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
