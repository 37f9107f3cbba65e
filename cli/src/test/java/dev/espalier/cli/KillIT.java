package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.core.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Searches on a tiny model, in processes of their own on the jars of {@code ./espalier}, that are
 * ended by signals and resumed.
 */
class KillIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long SEED = Long.getLong("espalier.kill.seed", 20261128);

  /** How many kills the slow test makes. */
  private static final int KILLS = Integer.getInteger("espalier.kills", 20);

  /** The tiny JVM of a tiny run: it starts fast and leaves the second core alone. */
  private static final List<String> JVM =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m");

  @TempDir Path folder;
  private final Random random = new Random(SEED);
  private long milliseconds;

  @Test
  @DisplayName("a search that is killed ends as the one that was not")
  void killed() throws IOException, InterruptedException {
    Path whole = uninterrupted();
    assertThat(result(whole).path("trials")).hasSize(3);
    Path workspace = folder.resolve("killed");
    Path run = kill(start("killed.log", beginning(workspace)), workspace, null);
    assertEndsAs(whole, workspace, run, "killed-end.log");
  }

  @Test
  @Tag("slow")
  @DisplayName("searches, killed at random moments, end as the one that was not killed")
  void manyMoments() throws IOException, InterruptedException {
    Path whole = uninterrupted();
    int kills = 0;
    int rounds = 0;
    while (kills < KILLS) {
      Path workspace = folder.resolve("run-" + rounds);
      Path run = null;
      List<Integer> stages = new ArrayList<>();
      do { // a resume may be killed, too
        Path seen = kill(start("kill-" + kills + ".log", next(workspace, run)), workspace, run);
        run = seen == null ? run : seen;
        stages.add(run == null ? 0 : stages(run).size());
        kills++;
      } while (kills < KILLS && random.nextBoolean());
      assertEndsAs(whole, workspace, run, "end-" + rounds + ".log");
      System.out.printf("%d kills of %d, after stages %s: equal%n", kills, KILLS, stages);
      delete(workspace);
      rounds++;
    }
    System.out.printf("%d kills, %d searches, seed %d%n", kills, rounds, SEED);
  }

  @Test
  @DisplayName("Ctrl-C ends a run with 130 and the line that resumes it")
  void interrupt() throws IOException, InterruptedException {
    endsWithTheLineThatResumes("INT");
  }

  @ParameterizedTest
  @Tag("slow")
  @ValueSource(strings = {"TERM", "HUP"})
  @DisplayName("so does every other signal that asks for an end")
  void signals(String signal) throws IOException, InterruptedException {
    endsWithTheLineThatResumes(signal);
  }

  private void endsWithTheLineThatResumes(String signal) throws IOException, InterruptedException {
    assumeThat(isIgnored(signal)).as("%s is ignored since before this test", signal).isFalse();
    Path workspace = folder.resolve("busy");
    Process first = start("busy.log", beginning(workspace));
    Path run = directoryOf(workspace, first);
    String said = Assembled.run(4, folder.resolve("second.log"), JVM, resuming(run));
    assertThat(said).contains("another process (" + first.pid() + ") works in this run directory");

    send(signal, first);
    int ended = first.waitFor();
    String printed = Files.readString(folder.resolve("busy.log"));
    assertThat(ended).as(printed).isEqualTo(130);
    assertThat(printed.lines()).contains("Interrupted. Resume with: espalier resume " + run);
    Assembled.run(0, folder.resolve("resumed.log"), JVM, resuming(run));
  }

  @Test
  @Tag("slow")
  @DisplayName("a signal at any moment, in any stage, ends with 130 and without a native abort")
  void signalsAtAnyMoment() throws IOException, InterruptedException {
    Path whole = uninterrupted();
    Path workspace = folder.resolve("any");
    Path run = null;
    for (int n = 0; n < 6; n++) {
      String log = "any-" + n + ".log";
      Process process = start(log, next(workspace, run));
      boolean ended = process.waitFor(moment(), TimeUnit.MILLISECONDS);
      if (!ended) {
        send("TERM", process);
        int unused = process.waitFor();
      }
      String printed = Files.readString(folder.resolve(log));
      // Before main there is nobody to take the signal: the system's own exit code.
      assertThat(process.exitValue()).as(printed).isIn(ended ? List.of(0) : List.of(0, 130, 143));
      assertThat(printed).doesNotContain("Shutdown in progress").doesNotContain("SIGABRT");
      run = run == null ? find(workspace) : run;
    }
    assertEndsAs(whole, workspace, run, "any-end.log");
  }

  /** Once an attempt of the fall-back, not judged yet, stood at the target. */
  @Test
  @DisplayName("quantize that is killed in its work leaves nothing at -o")
  void quantizeIsKilled() throws IOException, InterruptedException {
    leavesNothing("KILL");
  }

  @ParameterizedTest
  @Tag("slow")
  @ValueSource(strings = {"INT", "TERM"})
  @DisplayName("quantize that is asked to end leaves no hidden folder either")
  void quantizeIsAskedToEnd(String signal) throws IOException, InterruptedException {
    leavesNothing(signal);
  }

  private void leavesNothing(String signal) throws IOException, InterruptedException {
    assumeThat(isIgnored(signal)).as("%s is ignored since before this test", signal).isFalse();
    Path model = Files.createDirectory(folder.resolve("model"));
    Path best = uninterrupted().resolve("best");
    for (String name : List.of("model.onnx", "tokenizer.json", "config.json")) {
      Files.copy(best.resolve(name), model.resolve(name));
    }
    Path output = Files.createDirectory(folder.resolve("out"));
    Process process =
        start(
            "quantize.log",
            List.of(
                "quantize",
                model.resolve("model.onnx").toString(),
                "-o",
                output.resolve("int8.onnx").toString(),
                "--config",
                "src/test/resources/tiny/search.yaml",
                "--set",
                "evaluation.performance.iteration=1000000"));
    while (process.isAlive() && output.toFile().list().length == 0) {
      Thread.sleep(10);
    }

    send(signal, process);

    int ended = process.waitFor();
    String printed = Files.readString(folder.resolve("quantize.log"));
    assertThat(ended).as(printed).isEqualTo(signal.equals("KILL") ? 137 : 130);
    assertThat(output.resolve("int8.onnx")).doesNotExist();
    if (!signal.equals("KILL")) {
      assertThat(output).isEmptyDirectory();
    }
  }

  // ------------------------------------------------------------------ helpers

  private Path uninterrupted() throws IOException, InterruptedException {
    Path workspace = folder.resolve("whole");
    long begun = System.nanoTime();
    Assembled.run(0, folder.resolve("whole.log"), JVM, beginning(workspace));
    milliseconds = (System.nanoTime() - begun) / 1_000_000;
    return find(workspace);
  }

  /** Ends what was begun, without a kill, and compares; what was not begun is run. */
  private void assertEndsAs(Path whole, Path workspace, Path run, String log)
      throws IOException, InterruptedException {
    String printed = Assembled.run(0, folder.resolve(log), JVM, next(workspace, run));
    Path ended = run == null ? find(workspace) : run;
    assertThat(result(ended)).as("seed %d, %s", SEED, printed).isEqualTo(result(whole));
    assertThat(stages(ended)).as("seed %d", SEED).isEqualTo(stages(whole));
    assertThat(files(ended)).as("seed %d, %s", SEED, printed).isEqualTo(files(whole));
  }

  /** Kills a process at a random moment of a whole run; returns the run that is there then. */
  private Path kill(Process process, Path workspace, Path run)
      throws IOException, InterruptedException {
    boolean unused = process.waitFor(moment(), TimeUnit.MILLISECONDS);
    process.destroyForcibly().waitFor();
    return run == null ? find(workspace) : run;
  }

  private long moment() {
    return (long) (random.nextDouble() * milliseconds);
  }

  /**
   * Whether processes started from here ignore a signal, because this one does: a shell has its
   * background jobs ignore INT, and nohup has them ignore HUP.
   */
  private static boolean isIgnored(String signal) throws IOException {
    Path status = Path.of("/proc/self/status");
    int number = Map.of("HUP", 1, "INT", 2, "KILL", 9, "TERM", 15).get(signal);
    return Files.exists(status)
        && Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
            .anyMatch(mask -> (mask >> (number - 1) & 1) == 1);
  }

  private static void send(String signal, Process process)
      throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
  }

  private Process start(String log, List<String> arguments) throws IOException {
    return Assembled.start(folder.resolve(log), JVM, arguments);
  }

  private static List<String> beginning(Path workspace) {
    return List.of(
        "run",
        "src/test/resources/tiny/search.yaml",
        "--no-progress",
        "--set",
        "tuning.workspace.path=" + workspace);
  }

  private static List<String> resuming(Path run) {
    return List.of("resume", run.toString(), "--no-progress");
  }

  private static List<String> next(Path workspace, Path run) {
    return run == null ? beginning(workspace) : resuming(run);
  }

  /**
   * The only run in a workspace that can be resumed, or null. One that was killed before it had a
   * journal is taken away, as its user would.
   */
  private static Path find(Path workspace) throws IOException {
    Path parent = workspace.resolve("tiny");
    if (!Files.isDirectory(parent)) {
      return null;
    }
    try (Stream<Path> runs = Files.list(parent)) {
      Path run = runs.findFirst().orElse(null);
      boolean begun = run != null;
      for (String file : List.of("trials.jsonl", "environment.json", "config.resolved.yaml")) {
        begun = begun && Files.exists(run.resolve(file));
      }
      if (run != null && !begun) {
        delete(run);
      }
      return begun ? run : null;
    }
  }

  /** The run in a workspace, once its first stage is in the journal. */
  private static Path directoryOf(Path workspace, Process process)
      throws IOException, InterruptedException {
    while (process.isAlive()) {
      Path parent = workspace.resolve("tiny");
      if (Files.isDirectory(parent)) {
        try (Stream<Path> runs = Files.list(parent)) {
          Path run = runs.findFirst().orElse(null);
          if (run != null && Files.exists(run.resolve("trials.jsonl"))) {
            return run;
          }
        }
      }
      Thread.sleep(50);
    }
    throw new AssertionError("the run ended before it had begun");
  }

  /** What a run found out, without what is a time or a place. */
  private static JsonNode result(Path run) throws IOException {
    ObjectNode result = (ObjectNode) JSON.readTree(run.resolve("result.json").toFile());
    result.remove(List.of("started", "stages", "command"));
    ((ObjectNode) result.get("baseline")).remove("latency_ms");
    ((ObjectNode) result.get("best")).remove("latency_ms");
    return result;
  }

  /** The hash of every model and of what the stages found out, by name; times differ. */
  private static Map<String, String> files(Path run) throws IOException {
    Map<String, String> hashes = new TreeMap<>();
    try (Stream<Path> all = Files.walk(run)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = run.relativize(file).toString();
        boolean timed =
            name.matches("[^/]*|best/README\\.md|.*/(measure|fine_tune|fine_prune)\\.json");
        hashes.put(name, timed ? "times" : Sha256.of(file));
      }
    }
    return hashes;
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
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
