package dev.espalier.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.espalier.checkpoints.Checkpoints;
import dev.espalier.core.data.TaskSource.Columns;
import dev.espalier.tasks.squad.SquadReader;
import dev.espalier.tasks.table.Format;
import dev.espalier.tasks.table.GenericTable;
import dev.espalier.tasks.table.TableReader;
import dev.espalier.tasks.table.TableTask;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.TextFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * What it costs to read a checkpoint, or data: the median of the time on the clock, and the mean of
 * the processor time of all threads, over several reads in one process, the first not counted. Two
 * commits are compared by running it on both in turns.
 */
public final class Loading {
  private static final long SEED = 1;
  private static final int ROWS = 60_000;
  private static final int QUESTIONS = 4_000;
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private Loading() {}

  private interface Read {
    Object run() throws IOException;
  }

  /**
   * Prints one line.
   *
   * @param arguments {@code checkpoint FOLDER READS}, {@code jsonl FILE READS} or {@code squad FILE
   *     READS}; a file that is missing is made up and written first
   */
  public static void main(String[] arguments) throws IOException {
    Path path = Path.of(arguments[1]);
    int reads = Integer.parseInt(arguments[2]);
    switch (arguments[0]) {
      case "checkpoint" -> {
        long bytes = Files.size(path.resolve("model.safetensors"));
        measure("checkpoint", bytes, reads, () -> Checkpoints.load(path));
      }
      case "jsonl" -> {
        if (!Files.exists(path)) {
          writeRows(path);
        }
        Columns columns = new Columns("sentence", null, "label", null);
        TableTask task =
            GenericTable.task(Format.JSONL, columns, List.of("0", "1"), TextFile.read(path));
        measure("jsonl", Files.size(path), reads, () -> TableReader.read(task, path));
      }
      case "squad" -> {
        if (!Files.exists(path)) {
          writeQuestions(path);
        }
        measure(
            "squad",
            Files.size(path),
            reads,
            () -> SquadReader.read(TextFile.read(path), false, Part.ALL));
      }
      default -> throw new IllegalArgumentException("unknown: " + arguments[0]);
    }
  }

  private static void measure(String what, long bytes, int reads, Read read) throws IOException {
    List<Double> wall = new ArrayList<>();
    Object unused = read.run();
    // Linux counts it in hundredths of a second, so it is taken over all reads.
    long before = SYSTEM.getProcessCpuTime();
    for (int i = 0; i < reads; i++) {
      long start = System.nanoTime();
      unused = read.run();
      wall.add((System.nanoTime() - start) / 1e9);
    }
    double cpu = (SYSTEM.getProcessCpuTime() - before) / 1e9 / reads;
    System.out.printf(
        Locale.ROOT,
        "%s %d bytes, median wall %.3f s, mean cpu %.4f s, %.1f MB/s of cpu%n",
        what,
        bytes,
        Ratios.median(wall),
        cpu,
        bytes / 1e6 / cpu);
  }

  private static void writeRows(Path file) throws IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (int i = 0; i < ROWS; i++) {
        out.write(
            "{\"sentence\": \""
                + words(random, 8 + random.nextInt(24))
                + "\", \"label\": "
                + random.nextInt(2)
                + ", \"idx\": "
                + i
                + "}\n");
      }
    }
  }

  private static void writeQuestions(Path file) throws IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      out.write("{\"version\": \"1.1\", \"data\": [{\"title\": \"made up\", \"paragraphs\": [");
      for (int i = 0; i < QUESTIONS; i++) {
        String context = words(random, 120);
        int from = context.indexOf(' ', random.nextInt(context.length() / 2)) + 1;
        String answer = context.substring(from, context.indexOf(' ', from));
        out.write(
            (i == 0 ? "" : ", ")
                + "{\"context\": \""
                + context
                + "\", \"qas\": [{\"id\": \"q"
                + i
                + "\", \"question\": \""
                + words(random, 10)
                + "\", \"answers\": [{\"text\": \""
                + answer
                + "\", \"answer_start\": "
                + from
                + "}]}]}");
      }
      out.write("]}]}");
    }
  }

  private static String words(SplittableRandom random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : " ");
      for (int length = 2 + random.nextInt(7); length > 0; length--) {
        text.append((char) ('a' + random.nextInt(26)));
      }
    }
    return text.toString();
  }
}
