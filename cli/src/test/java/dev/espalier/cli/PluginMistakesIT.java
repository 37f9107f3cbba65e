package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.metric.Metric;
import dev.espalier.api.pruning.PrunerProvider;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A stranger's jar that breaks in the middle of a run, on the jars of {@code ./espalier}. */
class PluginMistakesIT {
  private static final String SOURCE =
      """
      import dev.espalier.api.metric.ClassificationMetric;
      import dev.espalier.api.pruning.GradientPruner;
      import dev.espalier.api.pruning.ParameterValues;
      import dev.espalier.api.pruning.Pruner;
      import dev.espalier.api.pruning.PrunerDescriptor;
      import dev.espalier.api.pruning.PrunerProvider;
      import java.util.List;
      import java.util.Locale;
      import java.util.TimeZone;
      import java.util.concurrent.atomic.AtomicInteger;
      import java.util.concurrent.locks.LockSupport;

      public final class Faulty {
        private Faulty() {}

        static PrunerDescriptor named(String name) {
          return new PrunerDescriptor(
              name, "Fails.", "None.", List.of());
        }

        public static final class Exits implements PrunerProvider {
          public Exits() {}

          @Override
          public PrunerDescriptor descriptor() {
            if (System.getenv("EXITS_AT_ONCE") != null) {
              System.exit(0);
            }
            return named("exits");
          }

          @Override
          public Pruner create(ParameterValues parameters) {
            return (GradientPruner) (step, gradient, weights, kept) -> System.exit(0);
          }
        }

        public static final class Overflows implements PrunerProvider {
          public Overflows() {}

          @Override
          public PrunerDescriptor descriptor() {
            return named("overflows");
          }

          @Override
          public Pruner create(ParameterValues parameters) {
            AtomicInteger calls = new AtomicInteger();
            return (GradientPruner) (step, gradient, weights, kept) -> {
              if (calls.incrementAndGet() > CALLS) {
                deeper(1);
              }
              kept[0][0]++;
            };
          }

          private static int deeper(int depth) {
            return deeper(depth + 1) + 1;
          }
        }

        public static final class Nan implements PrunerProvider {
          public Nan() {}

          @Override
          public PrunerDescriptor descriptor() {
            return named("nan");
          }

          @Override
          public Pruner create(ParameterValues parameters) {
            return (GradientPruner) (step, gradient, weights, kept) -> kept[0][3] = Float.NaN;
          }
        }

        public static final class Score implements ClassificationMetric {
          public Score() {}

          @Override
          public String name() {
            return "faulty_score";
          }

          @Override
          public boolean higherIsBetter() {
            return true;
          }

          @Override
          public double compute(float[][] logits, int[] labels) {
            return logits[labels.length][0];
          }
        }

        public static final class Halts implements PrunerProvider {
          public Halts() {}

          @Override
          public PrunerDescriptor descriptor() {
            return named("halts");
          }

          @Override
          public Pruner create(ParameterValues parameters) {
            return (GradientPruner) (step, gradient, weights, kept) ->
                Runtime.getRuntime().halt(0);
          }
        }

        /** Does its work, and whatever else it should not. */
        public static final class Careless implements PrunerProvider {
          public Careless() {}

          @Override
          public PrunerDescriptor descriptor() {
            return named("careless");
          }

          @Override
          public Pruner create(ParameterValues parameters) {
            Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0)));
            Runnable endless =
                () -> {
                  while (true) {
                    LockSupport.park();
                  }
                };
            new Thread(endless).start();
            Runtime.getRuntime().addShutdownHook(new Thread(endless));
            new Thread(() -> System.exit(0)).start();
            return (GradientPruner) (step, gradient, weights, kept) -> {
              for (int i = 0; i < weights.length; i++) {
                kept[0][i] += Math.abs(gradient[i] * weights[i]);
              }
              Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
              TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Apia"));
              System.out.close();
              System.err.close();
              Thread.currentThread().interrupt();
            };
          }
        }

        private static final int CALLS = 60;
      }
      """;

  /** Six steps on a tiny model, without teacher and search. */
  private static final List<String> SHORT =
      List.of(
          "pruning.train.max_steps=6",
          "pruning.train.batch_size=4",
          "pruning.train.warmup=1",
          "pruning.train.score_learning_rate=1e-2",
          "pruning.approach.weight_compression.final_warmup=1",
          "distillation=null",
          "quantization.strategy.name=none",
          "evaluation.performance.warmup=0",
          "evaluation.performance.iteration=2",
          "tuning.baseline.max_steps=2",
          "tuning.strategy.name=basic",
          "tuning.search_space=[]",
          "tuning.accuracy_criterion.absolute=1");

  @TempDir Path directory;
  private Path plugins;
  private Path jar;

  @BeforeEach
  void build() throws IOException {
    plugins = Files.createDirectory(directory.resolve("plugins"));
    jar = directory.resolve("faulty.jar");
    ExamplePlugin.build(
        jar,
        "Faulty",
        SOURCE,
        Map.of(
            PrunerProvider.class,
            "Faulty$Exits\nFaulty$Halts\nFaulty$Careless\nFaulty$Overflows\nFaulty$Nan",
            Metric.class,
            "Faulty$Score"));
    jar = Files.move(jar, plugins.resolve("faulty.jar"));
  }

  @ParameterizedTest
  @CsvSource({"exits, Exits, System.exit(0)", "halts, Halts, Runtime.halt(0)"})
  @DisplayName("a step that ends the process is exit 4, says who called, and loses nothing")
  void exits(String pruner, String type, String call) throws IOException, InterruptedException {
    String said = run(4, pruner);

    assertThat(said)
        .contains(jar + ": at step 1 of 6: pruner \"" + pruner + "\" failed: Faulty$" + type)
        .contains(".update: it called " + call + ", at Faulty$" + type + ".")
        .doesNotContain("bug in Espalier");
    try (Stream<Path> files = Files.walk(directory.resolve("runs"))) {
      Path journal = files.filter(file -> file.endsWith("trials.jsonl")).findFirst().orElseThrow();
      assertThat(Files.readString(journal)).contains("\"fine_tune\"", "\"measure\"");
    }
  }

  @Test
  @DisplayName("System.exit(0) while a plugin is described is exit 4, too")
  void exitsAtOnce() throws IOException, InterruptedException {
    Process process =
        Assembled.start(
            directory.resolve("log"),
            List.of(),
            List.of("pruners", "--plugins", plugins.toString()),
            Map.of("EXITS_AT_ONCE", "1"));

    assertThat(process.waitFor()).isEqualTo(4);
    assertThat(Files.readString(directory.resolve("log")))
        .contains("Faulty$Exits in " + jar + " cannot be described: it called System.exit(0), at")
        .contains("Faulty$Exits.descriptor(Faulty.java:");
  }

  @Test
  @DisplayName("what a plugin does to the process changes neither the result nor its exit code")
  void careless() throws IOException, InterruptedException {
    // The dense model has learned nothing in two steps.
    String said = run(3, "careless");

    assertThat(said)
        .contains("Faulty$Careless")
        .contains("of pruner \"careless\" left the thread interrupted, which was undone")
        .contains("of pruner \"careless\" changed the default locale, which was set back")
        .contains("of pruner \"careless\" changed the default time zone, which was set back")
        .containsPattern("(?m)^.*ExitRefused: System\\.exit\\(0\\)$");
    try (Stream<Path> files = Files.walk(directory.resolve("runs"))) {
      Path summary = files.filter(file -> file.endsWith("summary.txt")).findFirst().orElseThrow();
      assertThat(said).contains(Files.readString(summary).strip());
    }
  }

  @Test
  @DisplayName("an error in a step is exit 4 with jar, class, method and step")
  void overflows() throws IOException, InterruptedException {
    assertThat(run(4, "overflows"))
        .contains(jar + ": at step ")
        .containsPattern("at step [2-6] of 6: pruner \"overflows\" failed: Faulty\\$Overflows")
        .contains(
            "update threw java.lang.StackOverflowError, at Faulty$Overflows.deeper(Faulty.java")
        .contains("docs/errors/plugin.md")
        .doesNotContain("bug in Espalier");
  }

  @Test
  @DisplayName("scores that are no numbers name the plugin")
  void nan() throws IOException, InterruptedException {
    assertThat(run(4, "nan"))
        .contains(jar + ": at step 1 of 6: pruner \"nan\" failed: Faulty$Nan")
        .contains(".update set score 3 to NaN, which is not finite");
  }

  @Test
  @DisplayName("a metric of a plugin is found by name, and named when it fails")
  void metric() throws IOException, InterruptedException {
    assertThat(run(4, "magnitude", "evaluation.accuracy.metric=faulty_score"))
        .contains(jar + ": metric \"faulty_score\" failed: Faulty$Score.compute threw")
        .contains("java.lang.ArrayIndexOutOfBoundsException")
        .doesNotContain("bug in Espalier");
  }

  private String run(int exitCode, String pruner, String... more)
      throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "src/test/resources/tiny/search.yaml",
                "--plugins",
                plugins.toString(),
                "--no-progress",
                "--set",
                "pruning.approach.weight_compression.pruners=[{prune_type: " + pruner + "}]",
                "--set",
                "tuning.workspace.path=" + directory.resolve("runs")));
    Stream.concat(SHORT.stream(), Stream.of(more))
        .forEach(assignment -> arguments.addAll(List.of("--set", assignment)));
    return Assembled.run(exitCode, directory.resolve("log"), List.of(), arguments);
  }
}
