package dev.espalier.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Long work in a process of its own needs no more memory, open files and native arrays at its end
 * than in its middle. The heap has one size from the start, so that what grows is native memory.
 *
 * <p>Arrays and sessions are counted in the process's heap, after a collection, by the objects that
 * hold them: whatever is not closed stays with its manager.
 */
@Tag("slow")
class SteadyIT {
  private static final List<String> JVM =
      List.of("-XX:+UseSerialGC", "-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch");

  /** What malloc keeps for later differs by a few pages; a leak of 1 kB a step is 1.5 MB. */
  private static final double MOST_GROWTH_MIB = 24;

  /**
   * A step's own arrays, about a hundred, are counted or not as a count happens to find them; one
   * that each step left behind would make several hundred more between the two quarters.
   */
  private static final long MOST_NEW_ARRAYS = 150;

  /** Counting makes the process collect its garbage, so it isn't done with every look. */
  private static final int LOOKS_PER_COUNT = 4;

  /** The classes of what has native memory behind it: DJL's arrays and modules, ONNX Runtime's. */
  private static final Pattern NATIVE =
      Pattern.compile(
          "\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+(ai\\.djl\\.pytorch\\.engine\\.Pt(NDArray|SymbolBlock)"
              + "|ai\\.onnxruntime\\.(OrtSession|OnnxTensor))\\b.*");

  @TempDir Path folder;

  /** A look at a process: resident memory in MiB, and its open files. */
  private record Look(double mebibytes, long files) {}

  @Test
  @DisplayName("1,500 steps of fine-pruning with a teacher")
  void steps() throws IOException, InterruptedException {
    watched(
        "steps",
        "pruning.train.max_steps=1500",
        "tuning.strategy.name=basic",
        "tuning.search_space=[]");
  }

  @Test
  @DisplayName("a search of ten trials")
  void trials() throws IOException, InterruptedException {
    watched(
        "trials",
        "pruning.train.max_steps=100",
        "tuning.search_space=[{key: pruning.approach.weight_compression.target_sparsity,"
            + " options: [0.3, 0.32, 0.34, 0.36, 0.38, 0.4, 0.42, 0.44, 0.46, 0.48]}]");
  }

  private void watched(String what, String... assignments)
      throws IOException, InterruptedException {
    assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "there is no /proc");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "src/test/resources/tiny/search.yaml",
                "--no-progress",
                "--set",
                "tuning.workspace.path=" + folder.resolve("runs")));
    Stream.of(assignments).forEach(each -> arguments.addAll(List.of("--set", each)));
    Process process = Assembled.start(folder.resolve("log"), JVM, arguments);
    List<Look> looks = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    while (!process.waitFor(200, TimeUnit.MILLISECONDS)) {
      look(process.pid(), looks);
      if (looks.size() % LOOKS_PER_COUNT == 0) {
        count(process.pid(), counts);
      }
    }
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("log"))).isIn(0, 3);
    assertThat(looks).hasSizeGreaterThan(20);

    Look middle = most(looks.subList(looks.size() / 4, looks.size() / 2));
    Look end = most(looks.subList(looks.size() * 3 / 4, looks.size()));
    assertThat(counts).hasSizeGreaterThan(8);
    long arraysInTheMiddle = mostOf(counts.subList(counts.size() / 4, counts.size() / 2));
    long arraysAtTheEnd = mostOf(counts.subList(counts.size() * 3 / 4, counts.size()));
    System.out.printf(
        "%s: %d looks; second quarter %.0f MiB, %d files, %d native arrays;"
            + " last quarter %.0f MiB, %d files, %d native arrays; all counts %s%n",
        what,
        looks.size(),
        middle.mebibytes(),
        middle.files(),
        arraysInTheMiddle,
        end.mebibytes(),
        end.files(),
        arraysAtTheEnd,
        counts);
    assertThat(counts).as("arrays are found at all").anyMatch(count -> count > 0);
    assertThat(arraysAtTheEnd).isLessThanOrEqualTo(arraysInTheMiddle + MOST_NEW_ARRAYS);
    assertThat(end.mebibytes()).isLessThan(middle.mebibytes() + MOST_GROWTH_MIB);
    assertThat(end.files()).isLessThanOrEqualTo(middle.files() + 2);
  }

  private static long mostOf(List<Long> counts) {
    return counts.stream().mapToLong(Long::longValue).max().orElseThrow();
  }

  /** Adds the number of native arrays and sessions, unless the process ends meanwhile. */
  private static void count(long pid, List<Long> counts) throws IOException, InterruptedException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Process histogram =
        new ProcessBuilder(jcmd, Long.toString(pid), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String printed = new String(histogram.getInputStream().readAllBytes(), UTF_8);
    if (histogram.waitFor() == 0) {
      counts.add(
          printed
              .lines()
              .map(NATIVE::matcher)
              .filter(Matcher::matches)
              .mapToLong(found -> Long.parseLong(found.group(1)))
              .sum());
    }
  }

  private static Look most(List<Look> looks) {
    return new Look(
        looks.stream().mapToDouble(Look::mebibytes).max().orElseThrow(),
        looks.stream().mapToLong(Look::files).max().orElseThrow());
  }

  /** Adds a look, unless the process ends meanwhile. */
  private static void look(long pid, List<Look> looks) {
    Path of = Path.of("/proc", Long.toString(pid));
    try (Stream<Path> files = Files.list(of.resolve("fd"))) {
      long open = files.count();
      double kibibytes =
          Files.readAllLines(of.resolve("status")).stream()
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")))
              .findFirst()
              .orElse(0);
      if (kibibytes > 0) {
        looks.add(new Look(kibibytes / 1024, open));
      }
    } catch (IOException ended) {
      // It is looked at no more.
    }
  }
}
