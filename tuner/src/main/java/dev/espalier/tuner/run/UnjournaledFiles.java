package dev.espalier.tuner.run;

import dev.espalier.tuner.directory.DamagedRun;
import dev.espalier.tuner.directory.Journal;
import dev.espalier.tuner.directory.RunDirectory;
import dev.espalier.tuner.directory.Stages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What finished stages left, compared with the journal. A stage writes its record right before its
 * line, so a killed run has at most one record more than lines; more than that, or a report without
 * the stages that it tells of, means that lines were lost. Such a run is not trained again over
 * what it made.
 */
final class UnjournaledFiles {
  private static final String ENDING = ".json";

  /** Files in the folders that no stage's result stands in. */
  private static final Set<String> OTHERS = Set.of("masks.json");

  private UnjournaledFiles() {}

  /**
   * Checks a run that is not finished.
   *
   * @throws DamagedRun when lines of the journal are missing
   */
  static void check(RunDirectory run, List<Journal.Line> lines) {
    Set<String> journaled = new HashSet<>();
    lines.forEach(line -> journaled.add(record(line.trial(), line.stage())));
    List<String> more = new ArrayList<>();
    for (String folder : folders(run)) {
      for (Path file : list(run.resolve(folder))) {
        String record = folder + "/" + file.getFileName();
        if (record.endsWith(ENDING)
            && !OTHERS.contains(file.getFileName().toString())
            && !journaled.contains(record)) {
          more.add(record);
        }
      }
    }
    boolean reported = Files.exists(run.resolve(FinishedRun.REPORT));
    if (more.size() > 1 || (reported && !more.isEmpty())) {
      throw new DamagedRun(
          run.resolve(Journal.FILE).toString(),
          "lines are missing: it has none of the finished stages of " + String.join(", ", more),
          "The journal was edited or damaged. Restore it from a copy, or start the run anew;"
              + " nothing was changed.",
          null);
    }
  }

  private static String record(int trial, String stage) {
    return Stages.folder(trial) + "/" + stage + ENDING;
  }

  private static List<String> folders(RunDirectory run) {
    return list(run.path()).stream()
        .filter(Files::isDirectory)
        .map(folder -> folder.getFileName().toString())
        .filter(name -> name.equals(Stages.folder(0)) || name.matches("trial-[0-9]{1,9}"))
        .toList();
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw DamagedRun.unreadable(folder, e);
    }
  }
}
