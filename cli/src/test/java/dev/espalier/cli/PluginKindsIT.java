package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.run.RunListener;
import dev.espalier.api.tuning.TuningStrategyProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Jars with a tuning strategy, a metric and run listeners, built as a stranger would, in a run on
 * the jars of {@code ./espalier}.
 */
class PluginKindsIT {
  private static final String STRATEGY =
      """
      import dev.espalier.api.pruning.ParameterValues;
      import dev.espalier.api.tuning.Proposal;
      import dev.espalier.api.tuning.StrategyDescriptor;
      import dev.espalier.api.tuning.TuningStrategy;
      import dev.espalier.api.tuning.TuningStrategyProvider;
      import java.util.List;
      import java.util.Map;
      import java.util.Optional;

      /** Tries 0.25, then 0.5. */
      public final class Ladder implements TuningStrategyProvider {
        public Ladder() {}

        @Override
        public StrategyDescriptor descriptor() {
          return new StrategyDescriptor("ladder", "Climbs.", "None.", List.of());
        }

        @Override
        public TuningStrategy create(ParameterValues parameters) {
          return (space, history, seed) ->
              history.size() == 2
                  ? Optional.empty()
                  : Optional.of(
                      Proposal.of(
                          Map.of(
                              space.dimensions().get(0).name(), 0.25 * (1 + history.size()))));
        }
      }
      """;

  private static final String METRIC =
      """
      import dev.espalier.api.metric.ClassificationMetric;

      public final class Seven implements ClassificationMetric {
        public Seven() {}

        @Override
        public String name() {
          return "seven";
        }

        @Override
        public boolean higherIsBetter() {
          return true;
        }

        @Override
        public double compute(float[][] logits, int[] labels) {
          return 0.75;
        }
      }
      """;

  private static final String LISTENERS =
      """
      import dev.espalier.api.run.RunEvent;
      import dev.espalier.api.run.RunListener;
      import java.io.IOException;
      import java.io.UncheckedIOException;
      import java.nio.file.Files;
      import java.nio.file.Path;
      import java.nio.file.StandardOpenOption;

      public final class Trackers {
        private Trackers() {}

        /** Keeps the types of all events, and the numbers of some, beside the run's files. */
        public static final class Recorder implements RunListener {
          private final StringBuilder told = new StringBuilder();
          private Path file;

          public Recorder() {}

          @Override
          public void on(RunEvent event) {
            told.append(event.getClass().getSimpleName());
            if (event instanceof RunEvent.RunStarted start) {
              file = start.directory().resolve("told.txt");
              told.append(" " + start.name() + " " + start.resumed() + " " + start.mostTrials());
            } else if (event instanceof RunEvent.StepDone step) {
              told.append(" " + step.trial() + " " + step.learningRate());
            } else if (event instanceof RunEvent.StageFinished stage) {
              stage
                  .findings()
                  .forEach(each -> each.value().ifPresent(v -> told.append("|" + each.name())));
            } else if (event instanceof RunEvent.RunEnded end) {
              told.append(" " + end.outcome());
            }
            told.append("\\n");
            if (event instanceof RunEvent.RunEnded) {
              try {
                Files.writeString(file, told);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          }
        }

        public static final class Faulty implements RunListener {
          public Faulty() {}

          @Override
          public void on(RunEvent event) {
            if (event instanceof RunEvent.StepDone step && step.step() == 2) {
              throw new NoSuchMethodError("com.example.Client.send");
            }
          }
        }

        public static final class Exits implements RunListener {
          public Exits() {}

          @Override
          public void on(RunEvent event) {
            if (event instanceof RunEvent.RunEnded) {
              System.exit(0);
            }
          }
        }
      }
      """;

  private static final List<String> SHORT =
      List.of(
          "pruning.train.max_steps=6",
          "pruning.train.batch_size=4",
          "pruning.train.warmup=1",
          "pruning.approach.weight_compression.pruners=[{prune_type: movement}]",
          "pruning.approach.weight_compression.final_warmup=1",
          "distillation=null",
          "quantization.strategy.name=none",
          "evaluation.performance.warmup=0",
          "evaluation.performance.iteration=2",
          "evaluation.accuracy.metric=seven",
          "tuning.baseline.max_steps=2",
          "tuning.baseline.allow_trivial=true",
          "tuning.strategy.name=ladder",
          "tuning.search_space=[{key: pruning.approach.weight_compression.target_sparsity, low: 0.1,"
              + " high: 0.9}]",
          "tuning.accuracy_criterion.absolute=1");

  @TempDir Path directory;
  private Path plugins;
  private Path listeners;

  @BeforeEach
  void build() throws IOException {
    plugins = Files.createDirectory(directory.resolve("plugins"));
    listeners = Files.createDirectory(directory.resolve("with-listeners"));
    Path strategy =
        ExamplePlugin.build(
            directory.resolve("ladder.jar"),
            "Ladder",
            STRATEGY,
            Map.of(TuningStrategyProvider.class, "Ladder"));
    Path metric =
        ExamplePlugin.build(
            directory.resolve("seven.jar"), "Seven", METRIC, Map.of(Metric.class, "Seven"));
    for (Path folder : List.of(plugins, listeners)) {
      Files.copy(strategy, folder.resolve("ladder.jar"));
      Files.copy(metric, folder.resolve("seven.jar"));
    }
    Path trackers =
        ExamplePlugin.build(
            directory.resolve("trackers.jar"),
            "Trackers",
            LISTENERS,
            Map.of(RunListener.class, "Trackers$Recorder\nTrackers$Faulty\nTrackers$Exits"));
    Files.move(trackers, listeners.resolve("trackers.jar"));
  }

  @Test
  @DisplayName(
      "a strategy, a metric and listeners of jars take part in a run, which a listener"
          + " neither ends nor changes")
  void takePart() throws IOException, InterruptedException {
    String plain = run("plain", plugins);
    Path without = directoryOf("plain");
    String watched = run("watched", listeners);
    Path with = directoryOf("watched");

    JsonNode result = json(with.resolve("result.json"));
    assertThat(result.at("/trials/0/target_sparsity").asDouble()).isEqualTo(0.25);
    assertThat(result.at("/trials/1/target_sparsity").asDouble()).isEqualTo(0.5);
    assertThat(result.path("trials")).hasSize(2);
    assertThat(result.toString()).contains("\"seven\":0.75");
    assertThat(facts(with)).isEqualTo(facts(without));
    List<String> told = Files.readAllLines(with.resolve("told.txt"));
    assertThat(told)
        .startsWith("StageStarted")
        .contains("RunStarted tiny false 100")
        .endsWith("RunEnded MET");
    assertThat(told).filteredOn(line -> line.startsWith("StepDone")).hasSize(2 + 2 * 6);
    assertThat(told).anyMatch(line -> line.contains("|int8 seven"));

    Path jar = listeners.resolve("trackers.jar");
    assertThat(watched.lines().filter(line -> line.contains("Trackers$Faulty")))
        .singleElement()
        .asString()
        .startsWith(jar + ": run listener \"Trackers$Faulty\" failed: Trackers$Faulty.on threw")
        .contains("NoSuchMethodError", "StepDone of trial 0 at step 2", "the run goes on");
    assertThat(watched.lines().filter(line -> line.contains("Trackers$Exits.on")))
        .singleElement()
        .asString()
        .contains("it called System.exit(0)", "RunEnded");
    assertThat(watched + plain).doesNotContain("bug in Espalier");

    // Listeners decide nothing, so a run goes on without them, and with others.
    Files.delete(with.resolve("report.html"));
    Assembled.run(
        0,
        directory.resolve("resumed.log"),
        List.of(),
        List.of("resume", with.toString(), "--plugins", plugins.toString(), "--no-progress"));
    assertThat(with.resolve("report.html")).exists();
  }

  private String run(String workspace, Path folder) throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "src/test/resources/tiny/search.yaml",
                "--plugins",
                folder.toString(),
                "--no-progress",
                "--set",
                "tuning.workspace.path=" + directory.resolve(workspace)));
    SHORT.forEach(assignment -> arguments.addAll(List.of("--set", assignment)));
    return Assembled.run(0, directory.resolve(workspace + ".log"), List.of(), arguments);
  }

  private Path directoryOf(String workspace) throws IOException {
    try (Stream<Path> runs = Files.list(directory.resolve(workspace).resolve("tiny"))) {
      return runs.findFirst().orElseThrow();
    }
  }

  /** What a run found out, apart from what is measured by the clock. */
  private static String facts(Path run) throws IOException {
    JsonNode result = json(run.resolve("result.json"));
    List<JsonNode> facts = new ArrayList<>();
    facts.add(result.path("status"));
    facts.add(result.path("exit_code"));
    for (JsonNode trial : result.path("trials")) {
      facts.add(trial.path("target_sparsity"));
      facts.add(trial.path("sparsity"));
    }
    facts.add(result.at("/best/metrics"));
    facts.add(result.at("/best/sparsity"));
    facts.add(result.at("/best/masks_sha256"));
    return facts.toString();
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }
}
