package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs of four trials that are killed with SIGKILL and resumed, on the jars of {@code ./espalier}.
 */
class KillIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long SEED = 20261124;
  private static final List<String> FOUR_TRIALS =
      List.of(
          "data.train_examples=240",
          "data.evaluation_examples=40",
          "pruning.train.max_steps=16",
          "pruning.train.batch_size=8",
          "pruning.train.checkpoint_every=6",
          "pruning.approach.weight_compression.final_warmup=2",
          "pruning.approach.weight_compression.pruners=[{prune_type: movement}]",
          "evaluation.performance.warmup=0",
          "evaluation.performance.iteration=2",
          "tuning.baseline.max_steps=8",
          "tuning.baseline.allow_trivial=true",
          "tuning.accuracy_criterion.relative=null",
          "tuning.accuracy_criterion.absolute=1",
          "tuning.objective=density",
          "tuning.strategy.name=exhaustive",
          "tuning.search_space=[{key: pruning.approach.weight_compression.target_sparsity,"
              + " options: [0.5, 0.7, 0.6, 0.4]}]");

  @TempDir Path folder;
  private final Random random = new Random(SEED);

  @Test
  @DisplayName("one run, killed again and again, ends as the one that was not killed")
  void killedAgainAndAgain() throws IOException, InterruptedException {
    Path whole = uninterrupted();
    JsonNode expected = result(whole);
    assertThat(expected.at("/best/trial").asInt()).isEqualTo(2);
    assertThat(expected.path("trials")).hasSize(4);

    Process first = start("killed.log", beginning(folder.resolve("killed")));
    Path run = directoryOf(folder.resolve("killed"));
    kill(first);
    for (int n = 0; n < 4; n++) {
      kill(start("killed-" + n + ".log", resuming(run)));
    }
    resumeToTheEnd(run, "killed-end.log");

    assertThat(result(run)).as("seed %d", SEED).isEqualTo(expected);
    assertThat(stages(run)).isEqualTo(stages(whole));
  }

  @Test
  @Tag("slow")
  @DisplayName("twenty runs, each killed at a random moment, end as the one that was not killed")
  void twentyMoments() throws IOException, InterruptedException {
    long begun = System.nanoTime();
    Path whole = uninterrupted();
    long milliseconds = (System.nanoTime() - begun) / 1_000_000;
    JsonNode expected = result(whole);
    for (int n = 0; n < 20; n++) {
      Path workspace = folder.resolve("run-" + n);
      Process process = start("run-" + n + ".log", beginning(workspace));
      Path run = directoryOf(workspace);
      long moment = (long) (random.nextDouble() * milliseconds * 0.9);
      boolean ended = process.waitFor(moment, TimeUnit.MILLISECONDS);
      process.destroyForcibly().waitFor();
      int lines = stages(run).size();
      resumeToTheEnd(run, "run-" + n + "-resumed.log");
      System.out.printf(
          "kill %d of 20 after %d ms, %d stages finished, ended before: %b%n",
          n + 1, moment, lines, ended);
      assertThat(result(run)).as("seed %d, kill %d", SEED, n).isEqualTo(expected);
      assertThat(stages(run)).as("seed %d, kill %d", SEED, n).isEqualTo(stages(whole));
      delete(workspace);
    }
  }

  @Test
  @DisplayName("a second process on a run directory is refused, and Ctrl-C ends the first with 130")
  void oneAtATime() throws IOException, InterruptedException {
    Path workspace = folder.resolve("busy");
    Process first = start("busy.log", beginning(workspace));
    Path run = directoryOf(workspace);
    String said = Assembled.run(4, folder.resolve("second.log"), List.of(), resuming(run));
    assertThat(said).contains("another process (" + first.pid() + ") works in this run directory");

    first.destroy(); // SIGTERM, which the JVM treats as it does SIGINT
    assertThat(first.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(first.exitValue()).isEqualTo(143); // 128 + 15; it is 130 for SIGINT
    assertThat(Files.readString(folder.resolve("busy.log")))
        .contains("Interrupted. Go on with: espalier resume " + run);
    resumeToTheEnd(run, "busy-resumed.log");
  }

  private Path uninterrupted() throws IOException, InterruptedException {
    Path workspace = folder.resolve("whole");
    Assembled.run(0, folder.resolve("whole.log"), List.of(), beginning(workspace));
    return directoryOf(workspace);
  }

  private void resumeToTheEnd(Path run, String log) throws IOException, InterruptedException {
    Assembled.run(0, folder.resolve(log), List.of(), resuming(run));
  }

  /** Kills a process after two to seven seconds, in which one gets past its start. */
  private void kill(Process process) throws InterruptedException {
    boolean unused = process.waitFor(2_000 + random.nextInt(5_000), TimeUnit.MILLISECONDS);
    process.destroyForcibly().waitFor();
  }

  private Process start(String log, List<String> arguments) throws IOException {
    return Assembled.start(folder.resolve(log), List.of(), arguments);
  }

  private static List<String> beginning(Path workspace) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "../yaml-configs/quickstart.yaml",
                "--no-progress",
                "--set",
                "tuning.workspace.path=" + workspace));
    FOUR_TRIALS.forEach(assignment -> arguments.addAll(List.of("--set", assignment)));
    return arguments;
  }

  private static List<String> resuming(Path run) {
    return List.of("resume", run.toString(), "--no-progress");
  }

  /** The only run in a workspace, once its first stage is in the journal. */
  private static Path directoryOf(Path workspace) throws IOException, InterruptedException {
    for (int n = 0; n < 1_200; n++) {
      Path parent = workspace.resolve("quickstart");
      if (Files.isDirectory(parent)) {
        try (Stream<Path> runs = Files.list(parent)) {
          Path run = runs.findFirst().orElse(null);
          if (run != null && Files.exists(run.resolve("trials.jsonl"))) {
            return run;
          }
        }
      }
      Thread.sleep(100);
    }
    throw new AssertionError("no run began in " + workspace + " within two minutes");
  }

  /** What a run found out, without what is a time. */
  private static JsonNode result(Path run) throws IOException {
    ObjectNode result = (ObjectNode) JSON.readTree(run.resolve("result.json").toFile());
    result.remove(List.of("started", "stages"));
    ((ObjectNode) result.get("baseline")).remove("latency_ms");
    ((ObjectNode) result.get("best")).remove("latency_ms");
    return result;
  }

  private static List<String> stages(Path run) throws IOException {
    List<String> stages = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("trials.jsonl"))) {
      JsonNode node = JSON.readTree(line);
      stages.add(node.path("trial").asInt() + " " + node.path("stage").asText());
    }
    assertThat(new HashSet<>(stages)).as("no line is there twice").hasSameSizeAs(stages);
    return stages;
  }

  private static void delete(Path path) throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
